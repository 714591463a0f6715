"""The terms of a test: target and doubt, after allowing for reviewers' misses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from cases.models import Workflow
from cases.selectors import schema_in_force
from hitl.shared.words import Words
from policy.models import Decision, KnownAnswer, Policy
from policy.proof.proofs import Terms
from policy.types import LossKind
from science.decision_terms import Reason

_ACCEPTED = (Reason.ABOVE_CUTOFF, Reason.RAMP)

NO_KNOWN_ANSWERS = Words(
    "Reviewers' misses are to be allowed for, and too few known-answer cases that the model would get wrong"
    " by itself have been answered to say that people see any. Mark known-answer cases, or promise without"
    " allowing for misses."
)


@dataclass(frozen=True, slots=True)
class Misses:
    """What people miss, one outcome a case: that of the first person who answered it.

    Attributes:
        missed, known: blind known-answer cases on which the model, sure enough to decide, is wrong: answered
            as it did, and all.
        found: of them, those whose truth other reviewers found. They bound mistakes that people can find.
    """

    missed: int
    known: int
    found: int = 0

    def to_json(self) -> dict[str, int]:
        """As evidence."""
        return {"missed": self.missed, "known_wrong": self.known, "found_by_reviewers": self.found}


class NothingKnown(Exception):
    """Reviewers' misses are to be allowed for, but cannot be estimated yet."""


def terms_of(policy: Policy, *, labels: Sequence[str], delta: float | None = None) -> Terms:
    """Return target, delta and costs of a test.

    `delta` is what the test may spend, of a plan that is frozen (`policy.proof.doubt`); None for a belief,
    which may at most become a provisional certificate and spends nothing.

    Raises:
        NothingKnown: misses are to be allowed for, and there is no known answer to bound them by.
    """
    target, delta = policy.target, 1 - policy.confidence if delta is None else delta
    why: dict[str, Any] = {}
    if policy.corrects_misses:
        from science.guarantee.misses import correct_for_misses

        seen = misses(policy.workflow_id)
        try:
            corrected = correct_for_misses(seen.missed, seen.known, target=target, delta=delta)
        except ValueError:
            raise NothingKnown(NO_KNOWN_ANSWERS) from None
        target, delta = corrected.target, corrected.delta
        why["misses"] = {**seen.to_json(), "bound": corrected.miss_bound}
    return Terms(target, delta, costs_of(policy, labels), why)


def misses(workflow_id: UUID) -> Misses:
    """Return what people missed of the mistakes that a certificate speaks of: those above the cutoff.

    Below it people look at every case, and whether they see a mistake that the model was unsure of says
    little of those that it is sure of.
    """
    wrong = KnownAnswer.objects.filter(workflow_id=workflow_id, is_blind=True, predicted__isnull=False)
    accepted = Decision.objects.filter(case_id=OuterRef("case_id"), sequence=0, reason__in=_ACCEPTED)
    wrong = wrong.exclude(predicted=F("truth")).filter(Exists(accepted)).order_by("case_id", "at", "id")
    first = list(wrong.distinct("case_id").values_list("answer", "predicted", "is_found"))
    return Misses(
        missed=sum(answer == predicted for answer, predicted, _ in first),
        known=len(first),
        found=sum(is_found for *_, is_found in first),
    )


def costs_of(policy: Policy, labels: Sequence[str]) -> tuple[float, ...]:
    """Return what deciding each label wrongly counts, as a share of the highest; 1 where all are alike."""
    if policy.loss == LossKind.ERRORS:
        return (1.0,) * len(labels)
    workflow = Workflow.objects.get(pk=policy.workflow_id)
    version = schema_in_force(workflow)
    cost: dict[str, Any] = {label["name"]: float(label.get("cost", 1.0)) for label in version.labels}
    dearest = max(cost.values())
    return tuple(cost.get(label, dearest) / dearest for label in labels)
