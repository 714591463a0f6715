"""Which labels may speak for a release before it has decided anything: a fair sample of the traffic.

Once a model decides, who gets a label depends on the score: people see the uncertain cases and a few audits.
Pooled as they are, such labels refuse good cutoffs and certify bad ones. Two kinds of sample are fair:

* complete: labels of cases that were to get one whatever their score was, imported ones among them;
* thinned: all blind labels, each kept with its smallest chance over its chance, so that all count alike.

The larger one is taken. Chances decide that, not answers, so the choice favours no cutoff.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q

from cases.models import Label
from cases.types import Purpose
from hitl.shared.canonical import sha256
from models_store.models import Release
from models_store.selectors import Evaluation, evaluation_of
from policy.models import Decision
from policy.proofs import Sample
from science.decide import Reason

# Routings that closed a whole workflow, whatever the score of a case was.
REGARDLESS_OF_SCORE = (
    Reason.NO_RULE,
    Reason.HUMAN_ONLY,
    Reason.SHADOW,
    Reason.ASSIST,
    Reason.NO_MODEL,
    Reason.SCHEMA_MISMATCH,
    Reason.NOT_CERTIFIED,
    Reason.CERTIFICATE_EXPIRED,
    Reason.BREAKER,
)


def all_labels(release: Release) -> Sample | None:
    """Return every labelled case that the release was evaluated on; None if there are none."""
    evaluation = evaluation_of(release.id)
    if evaluation is None:
        return None
    return _sample(evaluation, np.ones(len(evaluation.label_ids), dtype=bool), "all labels")


def fair_labels(release: Release) -> Sample | None:
    """Return the larger fair sample of those labels; None if there is none."""
    evaluation = evaluation_of(release.id)
    if evaluation is None:
        return None
    chances = _chances_of(release.workflow_id)
    complete = np.array([label_id in chances.complete for label_id in evaluation.label_ids], dtype=bool)
    pi = np.array([chances.pi.get(label_id, np.nan) for label_id in evaluation.label_ids])
    floor = np.nanmin(pi, initial=1.0)
    if np.nansum(floor / pi) <= complete.sum():
        return _sample(evaluation, complete, "complete")
    kept = np.array([_lot(label_id) for label_id in evaluation.label_ids]) * pi < floor
    return _sample(evaluation, kept, f"blind labels, thinned to a chance of {floor:g}")


@dataclass(frozen=True, slots=True)
class _Chances:
    """Which labels were to be collected whatever the score was, and the chances of the blind ones."""

    complete: frozenset[UUID]
    pi: dict[UUID, float]


def _chances_of(workflow_id: UUID) -> _Chances:
    labels = Label.objects.filter(workflow_id=workflow_id).exclude(purpose=Purpose.GOLD)
    routed = Decision.objects.filter(case_id=OuterRef("case_id"), sequence=0, reason__in=REGARDLESS_OF_SCORE)
    complete = labels.filter(Q(purpose=Purpose.IMPORT) | (Q(is_blind=True) & Exists(routed)))
    drawn = labels.filter(is_blind=True, inclusion_probability__isnull=False).exclude(purpose=Purpose.IMPORT)
    return _Chances(
        frozenset(complete.values_list("id", flat=True)),
        {label_id: pi for label_id, pi in drawn.values_list("id", "inclusion_probability") if pi is not None},
    )


def _lot(label_id: UUID) -> float:
    """A number in [0, 1) that belongs to the label: the same labels are the same sample, every time."""
    return int.from_bytes(hashlib.sha256(b"thin|" + label_id.bytes).digest()[:6], "big") * 2.0**-48


def _sample(evaluation: Evaluation, kept: np.ndarray, drawn: str) -> Sample | None:
    """Return the chosen cases, without those that could not be scored: no cutoff accepts them."""
    scores = np.asarray(evaluation.scores, dtype=np.float64)
    kept = kept & np.isfinite(scores)
    if not kept.any():
        return None
    predicted, truth = np.asarray(evaluation.predicted), np.asarray(evaluation.truth)
    ids = np.array(evaluation.label_ids, dtype=object)[kept]
    named = sorted(f"{label_id}:{column}" for label_id, column in zip(ids, truth[kept], strict=True))
    return Sample(
        scores=scores[kept],
        predicted=predicted[kept],
        wrong=predicted[kept] != truth[kept],
        digest=sha256("\n".join(named).encode()).hex(),
        source=evaluation.source,
        drawn=drawn,
    )
