"""For leads, on the page of a case: mark its answer as known, or stop asking it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from cases.access import case_for
from cases.models import Case
from cases.types import CaseStatus
from hitl.flow.doors.pages.guards import tell
from hitl.flow.settling.known_answers import MAY_MARK, end_known_answer, mark_known_answer
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError
from hitl.shared.given_reason import MAX_REASON
from hitl.web.views import person
from reviews.models import KnownAnswerCase, ReviewRules


class KnownAnswerForm(forms.Form):
    """What the answer is, and how that is known."""

    truth = forms.ChoiceField(label=gettext_lazy("The answer is"))
    reason = forms.CharField(
        label=gettext_lazy("How it is known"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, labels: list[str], answer: str | None) -> None:
        super().__init__(data, initial={"truth": answer})
        self.fields["truth"].choices = [(label, label) for label in labels]  # type: ignore[attr-defined]


def known_answer_of(case: Case, actor: Actor, labels: list[str]) -> dict[str, Any]:
    """Return what the case's page shows about it; nothing to whoever may not mark cases."""
    if not actor.has(*MAY_MARK) or case.status != CaseStatus.DECIDED:
        return {}
    known = KnownAnswerCase.objects.select_related("marked_by").filter(case=case).first()
    rate = (
        ReviewRules.objects.filter(workflow_id=case.workflow_id)
        .values_list("known_answer_rate", flat=True)
        .first()
    )
    return {
        "known_answer": known,
        "known_answer_form": KnownAnswerForm(labels=labels, answer=case.answer),
        "known_answers_are_asked": bool(rate),
    }


@login_required
@require_POST
def known_answer(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Mark a case, or end it."""
    actor, now = person(request).as_actor(), clock.now()
    case = case_for(actor, case_id)
    said = request.POST
    try:
        if said.get("do") == "end":
            end_known_answer(case_id=case.pk, actor=actor, now=now)
            messages.success(request, gettext("It is no longer asked. Answers so far are kept."))
        else:
            truth, reason = said.get("truth", ""), said.get("reason", "")
            mark_known_answer(case_id=case.pk, truth=truth, reason=reason, actor=actor, now=now)
            words = gettext("Marked as known: %(label)s. It is asked again among the blind cases.")
            messages.success(request, words % {"label": truth})
    except HitlError as refused:
        tell(request, refused)
    return redirect("case", case.pk)
