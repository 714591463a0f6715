"""What a submitter is told about a case: the same in the first answer, on a replay and by `GET`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from science.decision_terms import Reason, Route

AnswerBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """The decision as far as a submitter may know it. Of a case that waits for a person nothing of the model
    is told: not its label, not its confidence, not whether it is audited.
    """

    route: str
    reason: str
    label: str | None
    confidence: float | None
    release: str | None
    cutoff_set: UUID | None
    certificate: UUID | None
    decided_at: datetime | None

    def body(self) -> AnswerBody:
        """Return the decision as JSON values."""
        is_auto = self.route == "auto"
        return {
            "route": self.route,
            "reason": self.reason,
            "label": self.label,
            "confidence": self.confidence if is_auto else None,
            "release": self.release if is_auto else None,
            "cutoff_set": str(self.cutoff_set) if is_auto and self.cutoff_set else None,
            "certificate": str(self.certificate) if is_auto and self.certificate else None,
            "decided_at": self.decided_at if self.label is not None else None,
        }


SCORING = DecisionFacts(
    route=Route.REVIEW.value,
    reason=Reason.SCORING.value,
    label=None,
    confidence=None,
    release=None,
    cutoff_set=None,
    certificate=None,
    decided_at=None,
)
"""Of a case that waits for the score of a model elsewhere: nothing is decided yet."""


def case_body(
    *,
    case_id: UUID,
    workflow: str,
    reference: str | None,
    status: str,
    answer: str | None,
    received_at: datetime,
    changed_at: datetime,
    decision: DecisionFacts,
    now: datetime,
) -> AnswerBody:
    """Return a case as the API shows it."""
    return {
        "id": str(case_id),
        "workflow": workflow,
        "reference": reference,
        "status": status,
        "answer": answer,
        "is_final": is_final(status=status, route=decision.route, changed_at=changed_at, now=now),
        "received_at": received_at,
        "decision": decision.body(),
    }


def is_final(*, status: str, route: str, changed_at: datetime, now: datetime) -> bool:
    """Tell whether the answer may be acted on: a person's answer may be taken back inside the undo window."""
    if status == "waiting":
        return False
    return (
        status == "withdrawn"
        or route == "auto"
        or now >= changed_at + timedelta(seconds=settings.UNDO_SECONDS)
    )
