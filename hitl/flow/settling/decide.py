"""Give cases the answers that people decided on: decision, status and news. A batch of any size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from cases.models import Case
from cases.services.status import move_cases
from cases.types import CaseStatus
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict
from policy.services.decisions import NewDecision, append_decisions
from policy.types import DecisionReason


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """The answer that a locked case gets, and why; `review_id` is the review that led to it, if any."""

    case: Case
    label: str
    reason: DecisionReason
    is_blind: bool = False
    review_id: UUID | None = None


def decide(answers: Sequence[NewAnswer], *, actor: Actor, now: datetime) -> None:
    """Append a person's decisions, give the cases their answers, and tell subscribers when no undo is left.

    Raises:
        Conflict: a case cannot be decided any more; the caller must roll back.
    """
    if not answers:
        return
    append_decisions(
        [
            NewDecision(
                one.case.pk,
                one.case.epoch,
                one.reason,
                one.label,
                is_blind=one.is_blind,
                review_id=one.review_id,
            )
            for one in answers
        ],
        actor=actor,
        now=now,
    )
    set_status({one.case: one.label for one in answers}, CaseStatus.DECIDED, now=now)
    emit(
        news_about(
            one.case,
            "decision.amended" if one.reason is DecisionReason.AMENDED else "case.decided",
            review_id=one.review_id,
            now=now,
        )
        for one in answers
    )


def set_status(answers: Mapping[Case, str | None], status: CaseStatus, *, now: datetime) -> None:
    """Move locked cases along their transitions, each with its answer.

    Raises:
        Conflict: a case is no longer in a status that leads there; the caller must roll back.
    """
    move_cases({case.pk: answer for case, answer in answers.items()}, to=status, now=now)
    for case, answer in answers.items():
        case.status, case.answer, case.changed_at = status, answer, now


def tell(case: Case, kind: str, *, now: datetime) -> None:
    """Write the news about a case, to go out when the undo window has closed."""
    emit([news_about(case, kind, now=now)])


def news_about(case: Case, kind: str, *, now: datetime, review_id: UUID | None = None) -> News:
    """Return that news, unwritten."""
    thin = {
        "id": str(case.pk),
        "workflow": case.workflow.slug,
        "reference": case.reference,
        "status": case.status,
        "answer": case.answer,
    }
    not_before = now + timedelta(seconds=settings.UNDO_SECONDS)
    return News(kind, case.pk, case.workflow_id, now, thin, not_before, review_id)


def require_decided(case: Case) -> None:
    """Refuse what only makes sense once there is an answer.

    Raises:
        Conflict: the case waits, or was withdrawn.
    """
    if case.status != CaseStatus.DECIDED:
        raise Conflict("This case has no answer to change: it waits for one, or was withdrawn.")
