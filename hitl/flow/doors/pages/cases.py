"""The case list and the case page. They read several apps, so they are part of the flow."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from cases.access import case_for, workflows_for
from cases.models import Case, Label, Workflow
from cases.selectors import assets_of, related_to, schemas_of
from cases.web.content import blocks, shown_fields
from hitl.accounts.models import User
from hitl.flow.doors.pages.filters import DATES
from hitl.flow.doors.pages.known_answers import known_answer_of
from hitl.flow.reading.case_list import ANSWERED, UNANSWERED, Wanted, cases_page
from hitl.flow.reading.personal import note_personal_seen
from hitl.flow.reading.timeline import history_for_reviewer, whole_history
from hitl.flow.reading.visibility import is_kept_blind, own_answers
from hitl.outbox.models import Event
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.words import Words
from hitl.web.views import person
from reviews.models import Task
from reviews.types import TaskReason

OWN_STATUS = [
    ("", pgettext_lazy("status", "Any")),
    (ANSWERED, gettext_lazy("Answered by you")),
    (UNANSWERED, gettext_lazy("Not answered by you")),
]


class FilterForm(forms.Form):
    """The filters that a URL may have, and no others."""

    workflow = forms.ModelChoiceField(
        Workflow.objects.none(),
        label=gettext_lazy("Workflow"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("All workflows"),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[
            ("", gettext_lazy("Any status")),
            ("waiting", gettext_lazy("Waiting")),
            ("decided", gettext_lazy("Decided")),
            ("withdrawn", gettext_lazy("Withdrawn")),
        ],
        required=False,
    )
    decided_by = forms.ChoiceField(
        label=gettext_lazy("Decided by"),
        choices=[
            ("", gettext_lazy("Anyone")),
            ("model", gettext_lazy("The model")),
            ("person", gettext_lazy("A person")),
        ],
        required=False,
    )
    answer = forms.CharField(label=gettext_lazy("Answer"), max_length=100, required=False)
    received_from = forms.DateField(
        label=pgettext_lazy("start of a time", "From"),
        required=False,
        validators=DATES,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    received_to = forms.DateField(
        label=pgettext_lazy("end of a time", "To"),
        required=False,
        validators=DATES,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    search = forms.CharField(label=gettext_lazy("Reference or id"), max_length=200, required=False)
    reviewer = forms.ModelChoiceField(
        User.objects.all(), to_field_name="username", required=False, widget=forms.HiddenInput()
    )
    said = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput())
    also_said = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput())
    disagreement = forms.ChoiceField(
        choices=[("", ""), ("yes", gettext_lazy("People disagree"))],
        required=False,
        widget=forms.HiddenInput(),
    )
    before = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, data: Any, *, workflows: Any, shows_answers: bool) -> None:
        super().__init__(data)
        self.fields["workflow"].queryset = workflows  # type: ignore[attr-defined]
        if not shows_answers:  # what became of cases would tell a reviewer more than the desk does
            for name in ("decided_by", "reviewer", "said", "also_said", "disagreement"):
                del self.fields[name]
            self.fields["status"].choices = OWN_STATUS  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """Return the filters.

        Raises:
            Invalid: a parameter is unknown or holds what it cannot.
        """
        unknown = [name for name in self.data if name not in self.fields]
        problems = [
            Problem(
                field=name,
                error="is not a filter",
                fix=Words("Use: %(known)s.", known=", ".join(self.fields)),
            )
            for name in unknown[:5]
        ]
        for name, errors in self.errors.items():
            problems.append(
                Problem(
                    field=name,
                    error=" ".join(map(str, errors)),
                    fix="Choose from the list, or leave it out.",
                )
            )
        if problems:
            raise Invalid(problems, "The address of this list contains a filter that cannot be used.")
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value is not None})


@login_required
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """Show the cases the person may see, newest first."""
    actor = person(request).as_actor()
    workflows = workflows_for(actor)
    form = FilterForm(request.GET, workflows=workflows, shows_answers=not is_kept_blind(actor))
    wanted = form.wanted()
    page = cases_page(wanted, workflows=list(workflows), actor=actor)
    context = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "answers": _answers(wanted.workflow),
        "exports": [] if page.is_blind else _exports(wanted.workflow),
        "has_workflows": workflows.exists(),
        "is_live": not (wanted.before or wanted.search),
    }
    return render(request, "cases/rows.html" if request.htmx else "cases/list.html", context)  # type: ignore[attr-defined]


def _answers(workflow: Workflow | None) -> list[str]:
    if workflow is None:
        return []
    schema = workflow.schemas.filter(number=workflow.schema_version).first()
    return schema.label_names if schema else []


def _exports(workflow: Workflow | None) -> list[tuple[str, str]]:
    """Return the addresses of the downloads of one workflow."""
    if workflow is None:
        return []
    try:
        address = reverse("export", args=[workflow.slug])
    except NoReverseMatch:
        return []
    formats = ((gettext("CSV"), "csv"), (gettext("JSON lines"), "jsonl"), (gettext("Parquet"), "parquet"))
    return [(words, f"{address}?{urlencode({'what': 'cases', 'format': name})}") for words, name in formats]


@login_required
@require_GET
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case: its content, its status, and as much of its history as the person may see."""
    actor = person(request).as_actor()
    case = case_for(actor, case_id)
    schema = schemas_of([case])[case.workflow_id, case.schema_version]
    note_personal_seen(case, schema, actor=actor, now=clock.now())
    context = {
        "case": case,
        "blocks": blocks(shown_fields(case, schema, assets_of([case]))),
        "labels_of_workflow": schema.labels,
    }
    if is_kept_blind(actor):
        context |= _for_reviewer(case, actor)
    else:
        context |= _for_watcher(case) | known_answer_of(case, actor, list(schema.labels))
        context["related"] = related_to(case)
    return render(request, "cases/case.html", context)


def _for_reviewer(case: Case, actor: Actor) -> dict[str, Any]:
    own = own_answers([case], actor).get(case.pk)
    return {
        "status": ANSWERED if own else UNANSWERED,
        "answer": own.label if own else None,
        "is_blind": True,
        "history": history_for_reviewer(case, own),
    }


def _for_watcher(case: Case) -> dict[str, Any]:
    tasks = Task.objects.filter(case=case).select_related("leased_to").order_by("created_at", "slot")
    return {
        "status": case.status,
        "answer": case.answer,
        "history": whole_history(case),
        "labels": Label.objects.filter(case=case).select_related("labelled_by").order_by("-at"),
        "tasks": [(task, [TaskReason(r).label for r in task.reasons]) for task in tasks],
        "events": Event.objects.filter(subject_id=case.pk)
        .prefetch_related("deliveries__endpoint")
        .order_by("at"),
    }
