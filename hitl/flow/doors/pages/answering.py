"""Requests of the desk that need several apps: answer a case, take an answer back, change it later."""

import math
from typing import Any
from uuid import UUID

import orjson
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cases.access import case_for
from cases.models import Case
from cases.selectors import assets_of, schemas_of
from cases.web.content import blocks, shown_fields
from hitl.flow.reading.personal import note_personal_seen
from hitl.flow.settling.amend import MAY_AMEND, amend_answer
from hitl.flow.settling.answer import Answered, submit_review
from hitl.flow.settling.undo import undo_review
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.web.views import person
from reviews.desk.guards import choice_of, desk_door, is_script, lease_of
from reviews.desk.stage import or_stay, stage
from reviews.models import Review
from reviews.selectors import label_names_of, leased_task_of
from reviews.services.answers import Answer
from reviews.types import MAX_COMMENT

EVIDENCE_SEEN = ("shown", "quoted", "hidden", "weak", "unavailable", "none")


@require_POST
@desk_door
def answer(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Record the answer and show the next case, in one round trip.

    With `stay` no case is claimed: the page has painted the next one from memory already (`next`).
    """
    now, choice = clock.now(), choice_of(request)
    answered = submit_review(
        lease_token=lease_of(request),
        answer=Answer(
            label=request.POST.get("label", ""),
            comment=request.POST.get("comment", "").strip(),
            reason_code=request.POST.get("reason_code", ""),
            seconds=seconds_of(request.POST.get("seconds", "")),
            shown=_shown(request),
            marks=listed(request, "marks"),
            flags=listed(request, "flags"),
        ),
        actor=actor,
        now=now,
    )
    if not is_script(request):
        messages.success(request, gettext("Saved: %(label)s") % {"label": answered.review.label})
        return redirect(choice.url)
    workflow, ids = choice
    return _with_outcome(or_stay(request, actor, workflow=workflow, ids=ids, now=clock.now()), answered)


def _with_outcome(response: HttpResponse, answered: Answered) -> HttpResponse:
    """Say in headers what became of the answer: the body is the next case."""
    response["X-Desk-Answer"] = "replayed" if answered.is_replay else "saved"
    return response


def seconds_of(text: str) -> float:
    try:
        seconds = float(text or 0)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise Invalid(
            [Problem(field="seconds", error="is not a number", fix="Send the active seconds as a number.")]
        )
    return seconds


def listed(request: HttpRequest, name: str) -> list[Any]:
    """Read a list that the desk's script sends as JSON; what is in it is checked by the service."""
    try:
        found = orjson.loads(request.POST.get(name) or "[]")
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise Invalid([Problem(field=name, error="is not a list", fix="Send it as a JSON list.")])
    return found


def _shown(request: HttpRequest) -> dict[str, Any]:
    seen = request.POST.get("evidence", "none")
    return {
        "suggestion": request.POST.get("suggestion_seen") == "yes",
        "evidence": seen if seen in EVIDENCE_SEEN else "none",
    }


@require_POST
@desk_door
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take the answer back and show its case again; the case on the page meanwhile goes back to the queue."""
    now, choice = clock.now(), choice_of(request)
    holding = lease_of(request, "holding") if request.POST.get("holding") else None
    lease = undo_review(lease_token=lease_of(request), holding=holding, actor=actor, now=now)
    if not is_script(request):
        return redirect(choice.url)
    leased = leased_task_of(actor, now=now, lease_token=lease)
    return stage(request, actor, leased, workflow=choice.workflow, ids=choice.ids, now=now)


class AmendForm(forms.Form):
    """Another label for a decided case, and why."""

    label = forms.ChoiceField(label=gettext_lazy("The answer should be"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Why it changes"), max_length=MAX_COMMENT, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any, *, labels: list[str]) -> None:
        super().__init__(data)
        self.fields["label"].choices = [(label, label) for label in labels]  # type: ignore[attr-defined]
        if len(labels) == 1:
            self.fields["label"].initial = labels[0]


@login_required
@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Change the answer of a decided case: leads and operators any, reviewers their own."""
    actor = person(request).as_actor()
    case = case_for(actor, case_id)
    present = _present_answer(case, actor)
    known = label_names_of(case.workflow_id, case.schema_version)
    labels = [label for label in known if label != present]
    form = AmendForm(request.POST or None, labels=labels)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        amend_answer(
            case_id=case.pk, label=said["label"], reason=said["reason"], actor=actor, now=clock.now()
        )
        messages.success(request, gettext("Changed to %(label)s.") % {"label": said["label"]})
        return redirect("case", case.pk)
    schema = schemas_of([case])[case.workflow_id, case.schema_version]
    note_personal_seen(case, schema, actor=actor, now=clock.now())
    context = {
        "case": case,
        "present": present,
        "form": form,
        "is_own": not actor.has(*MAY_AMEND),
        "blocks": blocks(shown_fields(case, schema, assets_of([case]))),
    }
    return render(request, "desk/amend.html", context)


def _present_answer(case: Case, actor: Actor) -> str | None:
    """What the actor sees as the answer: their own, unless they watch over the service.

    Raises:
        NotFound: they have no say in it.
    """
    if actor.has(*MAY_AMEND):
        return case.answer
    own = Review.objects.filter(case=case, epoch=case.epoch, reviewer_id=actor.user_id, undone_at=None)
    label = own.values_list("label", flat=True).first()
    if label is None:
        raise NotFound("There is no answer of yours to change here.")
    return label
