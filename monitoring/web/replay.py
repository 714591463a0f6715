"""The page of the time machine: choose a window and a setting, see what would have been."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases.access import watched_workflow
from cases.models import Workflow
from hitl.audit.changes import marks
from hitl.shared import clock
from hitl.shared.errors import Conflict, Invalid, beside_its_field
from hitl.shared.numbers import number
from hitl.web.charts import Plot, Series
from hitl.web.fields import MOMENT, MomentField
from hitl.web.format import local
from hitl.web.links import cases_between
from hitl.web.views import actor_of
from models_store.models import Release
from models_store.selectors import releases_of
from monitoring.models import ReplayRun
from monitoring.replay.asked import ask_replay, end_replay, latest_replays, replay_of
from monitoring.replay.run import Tried, in_force, labels_of, scored_in_shadow
from monitoring.replay.table import lines
from policy.types import Degree

MAX_SHOWN = 10
WEEK = timedelta(days=7)


class ReplayForm(forms.Form):
    """A window and a setting; an empty part is as it is in force now, or as it was."""

    since = MomentField(label=gettext_lazy("From (%(zone)s)"))
    until = MomentField(label=gettext_lazy("Until (%(zone)s)"))
    release = forms.ChoiceField(label=gettext_lazy("Scored by"), required=False)
    degree = forms.ChoiceField(
        label=gettext_lazy("Degree"),
        required=False,
        choices=[("", gettext_lazy("as it is now")), *Degree.choices],
    )
    audit_rate = forms.FloatField(
        label=gettext_lazy("Audited, in per cent"), required=False, min_value=0, max_value=100
    )
    answers_a_day = forms.FloatField(
        label=gettext_lazy("Answers a day"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("By all reviewers; empty: as they gave."),
    )

    def __init__(self, data: Any, *, workflow: Workflow, releases: list[Release]) -> None:
        super().__init__(data)
        self.labels = labels_of(workflow)
        present = in_force(workflow).cutoffs
        choices = [(str(one.pk), one.name) for one in releases]
        self.fields["release"].choices = [("", gettext("the models that decided then")), *choices]  # type: ignore[attr-defined]
        for place, label in enumerate(self.labels):
            now = present[place]
            self.fields[f"cutoff_{place}"] = forms.FloatField(
                label=gettext("Cutoff for %(label)s") % {"label": label},
                required=False,
                min_value=0,
                max_value=1,
                help_text=gettext("In force: %(cutoff)s") % {"cutoff": number(now, ".6g")}
                if now == now
                else gettext("None in force"),
            )

    @property
    def cutoff_fields(self) -> list[forms.BoundField]:
        """The fields of the cutoffs."""
        return [self[f"cutoff_{place}"] for place in range(len(self.labels))]

    def tried(self) -> Tried:
        """Return what is asked."""
        given = self.cleaned_data
        cutoffs = {
            label: given[f"cutoff_{place}"]
            for place, label in enumerate(self.labels)
            if given[f"cutoff_{place}"] is not None
        }
        rate = given["audit_rate"]
        return Tried(
            since=given["since"],
            until=given["until"],
            cutoffs=cutoffs or None,
            release_id=UUID(given["release"]) if given["release"] else None,
            degree=given["degree"],
            audit_rate=None if rate is None else rate / 100,
            answers_a_day=given["answers_a_day"],
        )

    def refuse(self, refused: Invalid) -> None:
        """Show beside each field why it does not fit."""
        for error in refused.facts["errors"]:
            name = error["field"] if error["field"] in self.fields else None
            self.add_error(name, beside_its_field(error))


@login_required
@require_http_methods(["GET", "POST"])
def replays(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what would have been; the address may say what the form begins with."""
    actor, now = actor_of(request), clock.now()
    workflow = watched_workflow(actor, slug)
    usual = {"since": local(now - WEEK).strftime(MOMENT), "until": local(now).strftime(MOMENT)}
    data = request.POST if request.method == "POST" else {**usual, **request.GET.dict()}
    since, until = _window(data, now)
    form = ReplayForm(data, workflow=workflow, releases=scored_in_shadow(workflow, since, until))
    active = None
    if request.method == "POST" and form.is_valid():
        try:
            asked = ask_replay(workflow=workflow, tried=form.tried(), actor=actor, now=now)
            return redirect("replay-run", slug=slug, replay_id=asked.pk)
        except Invalid as refused:
            form.refuse(refused)
        except Conflict as refused:
            active = refused
    status = active.status if active else 422 if form.errors else 200
    page = {"workflow": workflow, "form": form, "active": active}
    page |= {"replays": latest_replays(workflow.pk, limit=MAX_SHOWN)}
    return render(request, "monitoring/replays.html", page, status=status)


@login_required
@require_GET
def replay_run(request: HttpRequest, slug: str, replay_id: UUID) -> HttpResponse:
    """Show one replay: how far it is, then what would have been."""
    return render(request, "monitoring/replay.html", _shown(request, slug, replay_id))


@login_required
@require_GET
def replay_live(request: HttpRequest, slug: str, replay_id: UUID) -> HttpResponse:
    """Return the part of its page that changes; it asks again until the replay is over."""
    return render(request, "monitoring/replay_live.html", _shown(request, slug, replay_id))


@login_required
@require_POST
def replay_end(request: HttpRequest, slug: str, replay_id: UUID) -> HttpResponse:
    """Stop a replay."""
    actor = actor_of(request)
    run = replay_of(watched_workflow(actor, slug).pk, replay_id)
    try:
        end_replay(run=run, actor=actor, now=clock.now())
    except Conflict:
        messages.info(request, gettext("This replay is over already."))
    return redirect("replay-run", slug=slug, replay_id=replay_id)


def _shown(request: HttpRequest, slug: str, replay_id: UUID) -> dict[str, Any]:
    workflow = watched_workflow(actor_of(request), slug)
    run = replay_of(workflow.pk, replay_id)
    answer = run.answer or None
    return {
        "workflow": workflow,
        "run": run,
        "answer": answer,
        "lines": list(lines(answer)) if answer else [],
        "plot": _plot(answer, workflow) if answer else None,
        "again": _again(workflow, run.tried),
        "window": [datetime.fromisoformat(run.tried[name]) for name in ("since", "until")],
        "named": _named(workflow, run),
        "read": gettext("%(part)s of %(whole)s")
        % {"part": number(run.done), "whole": number(run.total or 0)},
        "change": _change(answer["changed"]) if answer else "",
    }


def _change(n: int) -> str:
    if not n:
        return gettext("No case changes hands between model and people.")
    return ngettext(
        "1 case changes hands: automatic in one of the two, and not in the other.",
        "%(n)s cases change hands: automatic in one of the two, and not in the other.",
        n,
    ) % {"n": number(n)}


def _named(workflow: Workflow, run: ReplayRun) -> list[tuple[str, str]]:
    """Return what is tried, as its page names it: only what was named."""
    tried = run.tried
    release = next((one for one in releases_of(workflow.pk) if str(one.pk) == tried["release"]), None)
    facts = [
        (gettext("Scored by"), release.name if release else ""),
        *(
            (gettext("Cutoff for %(label)s") % {"label": label}, number(cutoff, "g"))
            for label, cutoff in (tried["cutoffs"] or {}).items()
        ),
        (gettext("Degree"), str(Degree(tried["degree"]).label) if tried["degree"] else ""),
        (
            gettext("Audited"),
            "" if tried["audit_rate"] is None else f"{number(100 * tried['audit_rate'], '.3f')}%",
        ),
        (
            gettext("Answers a day"),
            "" if tried["answers_a_day"] is None else number(tried["answers_a_day"], "g"),
        ),
    ]
    return [(name, value) for name, value in facts if value]


def _again(workflow: Workflow, tried: Mapping[str, Any]) -> str:
    """Return what the form begins with to ask the same again, as the end of its address."""
    given = {name: local(datetime.fromisoformat(tried[name])).strftime(MOMENT) for name in ("since", "until")}
    place = {label: i for i, label in enumerate(labels_of(workflow))}
    for label, cutoff in (tried["cutoffs"] or {}).items():
        if label in place:
            given[f"cutoff_{place[label]}"] = repr(cutoff)
    given |= {name: tried[name] for name in ("release", "degree") if tried[name]}
    if tried["audit_rate"] is not None:
        given["audit_rate"] = repr(100 * tried["audit_rate"])
    if tried["answers_a_day"] is not None:
        given["answers_a_day"] = repr(tried["answers_a_day"])
    return urlencode(given)


def _window(data: Any, now: datetime) -> tuple[datetime, datetime]:
    """Return the window as far as it can be read, for the choice of models."""
    found, zone = [], get_current_timezone()
    for name, usual in (("since", now - WEEK), ("until", now)):
        try:
            found.append(datetime.strptime(data.get(name, "")[:16], MOMENT).replace(tzinfo=zone))
        except ValueError:
            found.append(usual)
    return found[0], found[1]


def _plot(answer: Mapping[str, Any], workflow: Workflow) -> Plot | None:
    days = answer["was"]["by_day"]
    if len(days) < 2:
        return None
    dates = [datetime.fromtimestamp(float(day) * 86_400, UTC) for day, _, _ in days]
    return Plot(
        title=gettext("Automatic decisions a day"),
        marks=marks(since=dates[0], until=dates[-1] + timedelta(days=1), workflow_id=workflow.pk),
        row_hrefs=[cases_between(workflow.slug, date, date) for date in dates],
        x_name=gettext("Day"),
        x=[date.timestamp() for date in dates],
        is_time=True,
        y_name=gettext("decisions"),
        series=[
            Series(gettext("As it was"), [float(n) for _, _, n in days]),
            Series(gettext("Replayed"), [float(n) for _, _, n in answer["would_be"]["by_day"]]),
        ],
    )
