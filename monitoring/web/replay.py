"""The page of the time machine: choose a window and a setting, see what would have been."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases.access import watched_workflow
from cases.models import Workflow
from hitl.audit.changes import marks
from hitl.shared import clock
from hitl.shared.errors import Invalid, beside_its_field
from hitl.web.charts import Plot, Series
from hitl.web.links import cases_between
from hitl.web.views import actor_of
from models_store.models import Release
from monitoring.replay.run import Answer, Tried, in_force, labels_of, replay, scored_in_shadow
from policy.types import Degree

MOST = 200_000  # cases a page waits for: its web process answers nobody else meanwhile
WEEK = timedelta(days=7)
_MOMENT = "%Y-%m-%dT%H:%M"


def _moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        input_formats=[_MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT),
    )


class ReplayForm(forms.Form):
    """A window and a setting; an empty part is as it is in force now, or as it was."""

    since = _moment("From (UTC)")
    until = _moment("Until (UTC)")
    release = forms.ChoiceField(label="Scored by", required=False)
    degree = forms.ChoiceField(
        label="Degree", required=False, choices=[("", "as it is now"), *Degree.choices]
    )
    audit_rate = forms.FloatField(label="Audited, in per cent", required=False, min_value=0, max_value=100)
    answers_a_day = forms.FloatField(
        label="Answers a day", required=False, min_value=0, help_text="By all reviewers; empty: as they gave."
    )

    def __init__(self, data: Any, *, workflow: Workflow, releases: list[Release]) -> None:
        super().__init__(data)
        self.labels = labels_of(workflow)
        present = in_force(workflow).cutoffs
        choices = [(str(one.pk), one.name) for one in releases]
        self.fields["release"].choices = [("", "the models that decided then"), *choices]  # type: ignore[attr-defined]
        for place, label in enumerate(self.labels):
            now = present[place]
            self.fields[f"cutoff_{place}"] = forms.FloatField(
                label=f"Cutoff for {label}",
                required=False,
                min_value=0,
                max_value=1,
                help_text=f"In force: {now:.6g}" if now == now else "None in force",
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
@require_GET
def replay_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what would have been; the address says what was asked, so that it can be sent to somebody."""
    workflow, now = watched_workflow(actor_of(request), slug), clock.now()
    data = request.GET if "since" in request.GET else None
    shown = {"since": (now - WEEK).strftime(_MOMENT), "until": now.strftime(_MOMENT)}
    since, until = _window(data or shown, now)
    form = ReplayForm(data or shown, workflow=workflow, releases=scored_in_shadow(workflow, since, until))
    answer = None
    if form.is_valid() and data is not None:
        try:
            answer = replay(workflow, form.tried(), now=now, most=MOST)
        except Invalid as refused:
            form.refuse(refused)
    status = 422 if data is not None and form.errors else 200
    page = {"workflow": workflow, "form": form, "most": MOST, "answer": answer, "columns": _columns(answer)}
    return render(request, "monitoring/replay.html", page | {"plot": _plot(answer, workflow)}, status=status)


def _window(data: Any, now: datetime) -> tuple[datetime, datetime]:
    """Return the window as far as it can be read, for the choice of models."""
    found = []
    for name, usual in (("since", now - WEEK), ("until", now)):
        try:
            found.append(datetime.strptime(data.get(name, "")[:16], _MOMENT).replace(tzinfo=now.tzinfo))
        except ValueError:
            found.append(usual)
    return found[0], found[1]


def _columns(answer: Answer | None) -> list[dict[str, Any]]:
    if answer is None:
        return []
    return [
        {"replayed": one, "error": one.error(), "hours": answer.hours(one), "name": name, "pace": pace}
        for name, one, pace in (
            ("As it was", answer.was, answer.people.a_day),
            ("Replayed", answer.would_be, answer.staff.per_hour * 24),
        )
    ]


def _plot(answer: Answer | None, workflow: Workflow) -> Plot | None:
    if answer is None or len(answer.was.by_day) < 2:
        return None
    days = answer.was.by_day
    dates = [datetime.fromtimestamp(float(day) * 86_400, UTC) for day in days[:, 0]]
    return Plot(
        title="Automatic decisions a day",
        marks=marks(since=dates[0], until=dates[-1] + timedelta(days=1), workflow_id=workflow.pk),
        row_hrefs=[cases_between(workflow.slug, date, date) for date in dates],
        x_name="Day",
        x=[date.timestamp() for date in dates],
        is_time=True,
        y_name="decisions",
        series=[
            Series("As it was", [float(n) for n in days[:, 2]]),
            Series("Replayed", [float(n) for n in answer.would_be.by_day[:, 2]]),
        ],
    )
