"""Record answers to known-answer cases: they show how many mistakes reviewers miss."""

from datetime import datetime
from uuid import UUID

from policy.models import KnownAnswer


def record_known_answer(
    *,
    workflow_id: UUID,
    case_id: UUID,
    reviewer_id: int,
    truth: str,
    predicted: str | None,
    answer: str,
    is_blind: bool,
    is_found: bool,
    now: datetime,
) -> KnownAnswer:
    """Record one answer; a person who answers the same case again changes the answer they gave.

    `is_found`: the truth is what other reviewers had answered: such cases hold mistakes that people find.
    """
    given, _ = KnownAnswer.objects.update_or_create(
        case_id=case_id,
        reviewer_id=reviewer_id,
        defaults={
            "workflow_id": workflow_id,
            "truth": truth,
            "predicted": predicted,
            "answer": answer,
            "is_blind": is_blind,
            "is_found": is_found,
            "at": now,
        },
    )
    return given
