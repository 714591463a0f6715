"""The terms of a test: target and doubt, after allowing for earlier tests and for reviewers' misses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F

from cases.models import SchemaVersion, Workflow
from policy.models import Certificate, HandoverTrial, KnownAnswer, Policy, Trial
from policy.proof.proofs import Terms
from policy.types import Doubt, LossKind

NO_KNOWN_ANSWERS = (
    "Reviewers' misses are to be allowed for, and nobody has answered a known-answer case that the model gets"
    " wrong yet. Mark known-answer cases, or promise without allowing for misses."
)


class NothingKnown(Exception):
    """Reviewers' misses are to be allowed for, but cannot be estimated yet."""


def terms_of(policy: Policy, *, labels: Sequence[str], tried: int | None = None) -> Terms:
    """Return target, delta and costs of the next attempt at a certificate.

    Testing one model after another on the same labels until one passes would be false far more often than
    each test is. `tried` is how many tests these labels have been through (None: they are fresh, and will
    be tested once): this one gets its part of the permitted doubt, so that all of them together keep it.

    Raises:
        NothingKnown: misses are to be allowed for, and there is no known answer to bound them by.
    """
    target, delta = policy.target, 1 - policy.confidence
    why: dict[str, Any] = {}
    if policy.doubt == Doubt.LIFETIME:
        from science.guarantee.ledger import lifetime_delta

        why["attempt_of_workflow"] = attempt = attempts(policy.workflow_id) + 1
        delta = lifetime_delta(delta, attempt)
    elif tried is not None:
        from science.guarantee.ledger import lifetime_delta

        why["test_of_these_labels"] = tried + 1
        delta = lifetime_delta(delta, tried + 1)
    if policy.corrects_misses:
        from science.guarantee.misses import correct_for_misses

        missed, known = misses(policy.workflow_id)
        if not known:
            raise NothingKnown(NO_KNOWN_ANSWERS)
        corrected = correct_for_misses(missed, known, target=target, delta=delta)
        target, delta = corrected.target, corrected.delta
        why["misses"] = {"missed": missed, "known_wrong": known, "bound": corrected.miss_bound}
    return Terms(target, delta, costs_of(policy, labels), why)


def attempts(workflow_id: UUID) -> int:
    """Count the tests that have spent some of the permitted doubt: an anytime test of one plan is one."""
    tested = Certificate.objects.filter(workflow_id=workflow_id, trial=None, handover=None).count()
    live = Trial.objects.filter(workflow_id=workflow_id).count()
    return tested + live + HandoverTrial.objects.filter(workflow_id=workflow_id).count()


def tests_of(policy: Policy, *, source: str, n_labels: int) -> int:
    """Count the earlier tests that took at least half of as many labels, in the same way, since the alarm.

    Fewer would be a sample that is mostly new by now. Labels judged out of fold are counted apart from those
    held out: the former certify for a trial period only.
    """
    earlier = Certificate.objects.filter(
        workflow_id=policy.workflow_id, trial=None, evidence__source=source, seen__n_labels__gt=n_labels / 2
    )
    if policy.evidence_from is not None:
        earlier = earlier.filter(valid_from__gte=policy.evidence_from)
    return earlier.count()


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
