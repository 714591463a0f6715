"""The terms of a test: target and doubt, after allowing for reviewers' misses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F

from cases.models import SchemaVersion, Workflow
from policy.models import KnownAnswer, Policy
from policy.proof.proofs import Terms
from policy.types import LossKind

NO_KNOWN_ANSWERS = (
    "Reviewers' misses are to be allowed for, and nobody has answered a known-answer case that the model gets"
    " wrong yet. Mark known-answer cases, or promise without allowing for misses."
)


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

        missed, known = misses(policy.workflow_id)
        if not known:
            raise NothingKnown(NO_KNOWN_ANSWERS)
        corrected = correct_for_misses(missed, known, target=target, delta=delta)
        target, delta = corrected.target, corrected.delta
        why["misses"] = {"missed": missed, "known_wrong": known, "bound": corrected.miss_bound}
    return Terms(target, delta, costs_of(policy, labels), why)


def misses(workflow_id: UUID) -> tuple[int, int]:
    """Return how many blind known-answer cases that the model gets wrong were missed, and of how many."""
    wrong = KnownAnswer.objects.filter(workflow_id=workflow_id, is_blind=True, predicted__isnull=False)
    wrong = wrong.exclude(predicted=F("truth"))
    return wrong.filter(answer=F("predicted")).count(), wrong.count()


def costs_of(policy: Policy, labels: Sequence[str]) -> tuple[float, ...]:
    """Return what deciding each label wrongly counts, as a share of the highest; 1 where all are alike."""
    if policy.loss == LossKind.ERRORS:
        return (1.0,) * len(labels)
    workflow = Workflow.objects.get(pk=policy.workflow_id)
    version = SchemaVersion.objects.get(workflow=workflow, number=workflow.schema_version)
    cost: dict[str, Any] = {label["name"]: float(label.get("cost", 1.0)) for label in version.labels}
    dearest = max(cost.values())
    return tuple(cost.get(label, dearest) / dearest for label in labels)
