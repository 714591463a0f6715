"""Which labels may prove a promise before the model has decided anything: a fair sample of the traffic.

Once a model decides, who gets a label depends on the score: people see the uncertain cases and a few audits.
Pooled as they are, such labels refuse good cutoffs and certify bad ones. Two kinds of sample are fair:

* complete: labels of cases that were to get one whatever their score was, imported ones among them;
* thinned: all blind labels, each kept with its smallest chance over its chance, so that all count alike.

The larger one is taken. Chances decide that, not answers, so the choice favours no cutoff. After an alarm
only cases that came in since may speak.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q

from cases.models import Label
from cases.types import Purpose
from hitl.shared.canonical import sha256
from models_store.models import Release
from models_store.selectors import Evaluation, evaluation_of
from policy.models import Decision
from policy.proof.proofs import Sample
from science.decide import Reason

NO_TRUTH = -2  # the column of nobody's answer

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


def fair_labels(release: Release, *, since: datetime | None = None) -> Sample | None:
    """Return the larger fair sample of those labels; None if there is none.

    Of cases that came in before `since`, the last alarm, none is taken.
    """
    evaluation = evaluation_of(release.id)
    if evaluation is None:
        return None
    chances = _chances_of(evaluation.label_ids, since)
    complete = np.array([label_id in chances.complete for label_id in evaluation.label_ids], dtype=bool)
    inclusion_probability = np.array(
        [chances.inclusion_probability.get(label_id, np.nan) for label_id in evaluation.label_ids]
    )
    floor = np.nanmin(inclusion_probability, initial=1.0)
    if np.nansum(floor / inclusion_probability) <= complete.sum():
        return _sample(evaluation, complete, "complete")
    kept = np.array([_lot(label_id) for label_id in evaluation.label_ids]) * inclusion_probability < floor
    return _sample(evaluation, kept, f"blind labels, thinned to a chance of {floor:g}")


@dataclass(frozen=True, slots=True)
class _Chances:
    """Which labels were to be collected whatever the score was, and the chances of the blind ones."""

    complete: frozenset[UUID]
    inclusion_probability: dict[UUID, float]


def _chances_of(label_ids: Sequence[UUID], since: datetime | None) -> _Chances:
    labels = Label.objects.filter(pk__in=label_ids).exclude(purpose=Purpose.KNOWN_ANSWER)
    if since is not None:
        labels = labels.filter(case__received_at__gte=since)
    routed = Decision.objects.filter(case_id=OuterRef("case_id"), sequence=0, reason__in=REGARDLESS_OF_SCORE)
    complete = labels.filter(Q(purpose=Purpose.IMPORT) | (Q(is_blind=True) & Exists(routed)))
    drawn = labels.filter(is_blind=True, inclusion_probability__isnull=False).exclude(purpose=Purpose.IMPORT)
    return _Chances(
        frozenset(complete.values_list("id", flat=True)),
        {
            label_id: inclusion_probability
            for label_id, inclusion_probability in drawn.values_list("id", "inclusion_probability")
            if inclusion_probability is not None
        },
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
    predicted, truth = np.asarray(evaluation.predicted), _truth_now(evaluation)
    ids = np.array(evaluation.label_ids, dtype=object)[kept]
    named = sorted(f"{label_id}:{column}" for label_id, column in zip(ids, truth[kept], strict=True))
    tuned = np.isfinite(evaluation.tune_scores)
    return Sample(
        scores=scores[kept],
        predicted=predicted[kept],
        wrong=predicted[kept] != truth[kept],
        digest=sha256("\n".join(named).encode()).hex(),
        source=evaluation.source,
        drawn=drawn,
        tune_scores=evaluation.tune_scores[tuned],
        tune_predicted=evaluation.tune_predicted[tuned],
        tune_wrong=evaluation.tune_wrong[tuned],
    )


def _truth_now(evaluation: Evaluation) -> np.ndarray:
    """Column of each case's current label, amendments included.

    A label that was taken back or voided, with no blind one in its place, counts as wrong: never as missing.
    """
    truth = np.array(evaluation.truth)
    place = {label_id: i for i, label_id in enumerate(evaluation.label_ids)}
    ended = Label.objects.filter(superseded_at__isnull=False, pk__in=evaluation.label_ids)
    changed = {case_id: place[pk] for pk, case_id in ended.values_list("pk", "case_id") if pk in place}
    if not changed:
        return truth
    column = {label: i for i, label in enumerate(evaluation.labels)}
    truth[list(changed.values())] = NO_TRUTH
    current = Label.objects.filter(case_id__in=changed, superseded_at=None)
    for case_id, label, is_blind, purpose in current.values_list("case_id", "label", "is_blind", "purpose"):
        is_absolved = not is_blind and column.get(label) == evaluation.predicted[changed[case_id]]
        if purpose == Purpose.IMPORT or not is_absolved:
            truth[changed[case_id]] = column.get(label, NO_TRUTH)
    return truth
