"""Pages of recalls: what has been recalled, a new one with its preview, and one with its report."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases.access import watched_workflow
from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.accounts.automation import LOWERERS
from hitl.flow.doors.pages.guards import for_readers, tell
from hitl.flow.settling.recall import allowed_now, end_recall
from hitl.shared import clock
from hitl.shared.errors import HitlError, Invalid, beside_its_field
from hitl.shared.numbers import number
from hitl.web.fields import MomentField
from hitl.web.format import exact_time
from hitl.web.views import actor_of
from models_store.selectors import releases_of
from monitoring.watch.recalled import report_of
from policy.models import Recall
from policy.selectors import recall_of, recalls_of
from policy.services.recalls import (
    MAX_PER_DAY,
    MAX_REASON,
    Taken,
    begin_recall,
    change_budget,
    preview,
)


class RecallForm(forms.Form):
    """What to recall, how many cases a day, and why."""

    release = forms.ChoiceField(label=gettext_lazy("Decided by"), required=False)
    label = forms.ChoiceField(label=gettext_lazy("Decided as"), required=False)
    since = MomentField(label=gettext_lazy("From (%(zone)s)"), required=False)
    until = MomentField(label=gettext_lazy("Until (%(zone)s)"), required=False)
    field = forms.ChoiceField(label=gettext_lazy("Where this field"), required=False)
    value = forms.CharField(
        label=pgettext_lazy("a field has this value", "Is"), max_length=200, required=False
    )
    entity = forms.CharField(
        label=gettext_lazy("Entity"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What cases belong to, as it was submitted."),
    )
    per_day = forms.IntegerField(
        label=gettext_lazy("Cases a day"),
        min_value=1,
        max_value=MAX_PER_DAY,
        initial=50,
        help_text=gettext_lazy("People are asked about as many in 24 hours, the most harmful first."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any, *, workflow: Workflow, initial: dict[str, str]) -> None:
        super().__init__(data, initial=initial)
        schema = schema_in_force(workflow)
        choices = {
            "release": (gettext("any model"), [(str(one.pk), one.name) for one in releases_of(workflow.pk)]),
            "label": (
                pgettext("no matter which", "any label"),
                [(name, name) for name in schema.label_names],
            ),
            "field": (gettext("any value"), [(field["name"], field["name"]) for field in schema.fields]),
        }
        for name, (empty, some) in choices.items():
            self.fields[name].choices = [("", empty), *some]  # type: ignore[attr-defined]

    def taken(self) -> Taken:
        """Return what the form names."""
        given = self.cleaned_data
        return Taken(
            release_id=UUID(given["release"]) if given["release"] else None,
            label=given["label"],
            since=given["since"],
            until=given["until"],
            field=given["field"],
            value=given["value"],
            entity=given["entity"],
        )

    def refuse(self, refused: Invalid) -> None:
        """Show beside each field why it does not fit."""
        for error in refused.facts["errors"]:
            self.add_error(error["field"], beside_its_field(error))


def in_words(recall: Recall) -> list[tuple[str, str]]:
    """Return what a recall takes, as its page names it: only what was named."""
    facts = [
        (gettext("Model"), recall.release.name if recall.release else ""),
        (gettext("Decided as"), recall.label),
        (pgettext("start of a time", "From"), exact_time(recall.since) if recall.since else ""),
        (gettext("Until"), exact_time(recall.until) if recall.until else ""),
        (gettext("Field %(field)s") % {"field": recall.field}, recall.value if recall.field else ""),
        (gettext("Entity"), recall.entity),
    ]
    return [(name, value) for name, value in facts if value]


@for_readers
@require_GET
def recalls(request: HttpRequest, slug: str) -> HttpResponse:
    """List a workflow's recalls, the newest first."""
    workflow, now = watched_workflow(actor_of(request), slug), clock.now()
    rows = [(one, report_of(one, now=now), in_words(one)) for one in recalls_of(workflow.pk)]
    may = actor_of(request).has(*LOWERERS)
    return render(request, "recalls/list.html", {"workflow": workflow, "rows": rows, "may_recall": may})


@for_readers
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a recall would take, and begin it."""
    actor = actor_of(request)
    workflow, now = watched_workflow(actor, slug), clock.now()
    begun = {name: request.GET[name] for name in ("release", "label", "entity") if name in request.GET}
    form = RecallForm(request.POST or None, workflow=workflow, initial=begun)
    shown: dict[str, Any] = {"workflow": workflow, "form": form, "may_recall": actor.has(*LOWERERS)}
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "recall":
                made = begin_recall(
                    workflow_id=workflow.pk,
                    taken=form.taken(),
                    per_day=form.cleaned_data["per_day"],
                    reason=form.cleaned_data["reason"],
                    actor=actor,
                    now=now,
                )
                messages.success(request, gettext("Recalled. The first cases are in the queue in a moment."))
                return redirect("recall", slug=slug, recall_id=made.pk)
            seen = preview(workflow=workflow, taken=form.taken(), now=now)
            shown |= {"preview": seen, "days": seen.days(form.cleaned_data["per_day"])}
        except Invalid as refused:
            form.refuse(refused)
    return render(request, "recalls/new.html", shown, status=422 if form.errors else 200)


@for_readers
@require_GET
def recall(request: HttpRequest, slug: str, recall_id: UUID) -> HttpResponse:
    """Show one recall: how far it is, what it found, and what it leaves behind."""
    workflow, now = watched_workflow(actor_of(request), slug), clock.now()
    found = recall_of(workflow.pk, recall_id)
    report = report_of(found, now=now)
    shown = {
        "workflow": workflow,
        "recall": found,
        "report": report,
        "named": in_words(found),
        "left_today": allowed_now(found, now),
        "days": -(-report.waiting // found.per_day),
        "may_recall": actor_of(request).has(*LOWERERS),
    }
    return render(request, "recalls/recall.html", shown)


@for_readers
@require_POST
def change(request: HttpRequest, slug: str, recall_id: UUID) -> HttpResponse:
    """Change the budget of a recall, or end it."""
    actor, now = actor_of(request), clock.now()
    found = recall_of(watched_workflow(actor, slug).pk, recall_id)
    try:
        if request.POST.get("do") == "end":
            end_recall(recall_id=found.pk, actor=actor, now=now)
            said = gettext("Nobody is asked about further cases. Those in the queue stay in it.")
            messages.success(request, said)
        else:
            text = request.POST.get("per_day", "")
            per_day = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
            change_budget(recall_id=found.pk, per_day=per_day, actor=actor, now=now)
            said = gettext("People are asked about %(per_day)s cases a day from now on.")
            messages.success(request, said % {"per_day": number(per_day)})
    except HitlError as refused:
        tell(request, refused)
    return redirect("recall", slug=slug, recall_id=recall_id)
