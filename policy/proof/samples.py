"""What a new release is believed to be: the labels it was not trained on, as a fair sample of the traffic.

They choose what is to be tested, and at most a provisional certificate rests on them. They prove nothing:
they were there before the release was, and some of them taught its sisters (ADR 0053). Full standing comes
only from draws made after the release was frozen (`policy.proof.live_tests`).

Once a model decides, who gets a label depends on the score: people see the uncertain cases and a few audits.
Pooled as they are, such labels refuse good cutoffs and let bad ones pass. Two kinds of sample are fair:

* complete: labels of cases that were to get one whatever their score was, imported ones among them;
* thinned: all blind labels, each kept with the smallest chance over its chance, so that all count alike. The
  smallest is that of the sample, which earlier answers may have moved: a belief may lean on it, a proof not.

The larger one is taken. Chances decide that, not answers, so the choice favours no cutoff (ADR 0017). Cases
that people were asked about and that have no label count as wrong: a dispute is one because somebody
contradicted the model. After an alarm only cases that came in since may speak.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q

from cases.models import Label
from cases.types import Purpose
from hitl.shared.canonical import sha256
from hitl.shared.words import Words, figure
from models_store.models import Release
from models_store.selectors import Evaluation, evaluation_of
from policy.models import Decision
from policy.proof.proofs import Sample
from science.decision_terms import Reason

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
    judged = _judged(evaluation)
    is_labelled = np.arange(len(judged)) < len(evaluation)
    return _sample(judged, is_labelled, Words("all labels"), {})


def believed(release: Release, *, since: datetime | None = None) -> Sample | None:
    """Return the larger fair sample of those cases, unsettled ones included; None if there is none.

    Of cases that came in before `since`, the last alarm, none is taken.
    """
    evaluation = evaluation_of(release.id)
    if evaluation is None:
        return None
    judged, chances = _judged(evaluation), _chances_of(evaluation, since)
    complete = np.array([one in chances.complete for one in judged.ids], dtype=bool)
    inclusion_probability = np.array([chances.inclusion_probability.get(one, np.nan) for one in judged.ids])
    floor = np.nanmin(inclusion_probability, initial=1.0)
    if np.nansum(floor / inclusion_probability) <= complete.sum():
        return _sample(judged, complete, Words("complete"), chances.given)
    kept = np.array([_draw(one) for one in judged.ids]) * inclusion_probability < floor
    return _sample(
        judged,
        kept,
        Words("blind labels, thinned to a chance of %(chance)s", chance=figure(floor)),
        chances.given,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """Labelled and unsettled cases one behind the other; every array has shape (n_cases,).

    `ids` are those of labels, and of the cases that have none.
    """

    ids: list[UUID]
    scores: np.ndarray
    predicted: np.ndarray
    truth: np.ndarray
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def _judged(evaluation: Evaluation) -> _Judged:
    unsettled = evaluation.unsettled
    return _Judged(
        ids=[*evaluation.label_ids, *unsettled.case_ids],
        scores=np.concatenate([evaluation.scores, unsettled.scores]),
        predicted=np.concatenate([evaluation.predicted, unsettled.predicted]),
        truth=np.concatenate([_truth_now(evaluation), _settled_since(evaluation)]),
        groups=np.concatenate([evaluation.groups, unsettled.groups]),
    )


@dataclass(frozen=True, slots=True)
class _Chances:
    """Which labels were to be collected whatever the score was, the chances of the blind ones, and dates."""

    complete: frozenset[UUID]
    inclusion_probability: dict[UUID, float]
    given: dict[UUID, datetime]


def _chances_of(evaluation: Evaluation, since: datetime | None) -> _Chances:
    labels = Label.objects.filter(pk__in=evaluation.label_ids).exclude(purpose=Purpose.KNOWN_ANSWER)
    asked = Decision.objects.filter(case_id__in=evaluation.unsettled.case_ids, sequence=0, epoch=1)
    if since is not None:
        labels = labels.filter(case__received_at__gte=since)
        asked = asked.filter(case__received_at__gte=since)
    routed = Decision.objects.filter(
        case_id=OuterRef("case_id"),
        epoch=OuterRef("case__epoch"),  # one that was looked at again is no longer asked whatever the score
        sequence=0,
        reason__in=REGARDLESS_OF_SCORE,
    )
    complete = labels.filter(Q(purpose=Purpose.IMPORT) | (Q(is_blind=True) & Exists(routed)))
    drawn = labels.filter(is_blind=True, inclusion_probability__isnull=False).exclude(purpose=Purpose.IMPORT)
    given = dict(complete.values_list("id", "at"))
    regardless = asked.filter(reason__in=REGARDLESS_OF_SCORE).values_list("case_id", flat=True)
    is_complete = frozenset(given).union(regardless)
    asked_for = asked.filter(inclusion_probability__isnull=False)
    rows: Any = asked_for.values_list("case_id", "inclusion_probability")  # not NULL, which types do not say
    chances: dict[UUID, float] = dict(rows)
    of_drawn: Any = drawn.values_list("id", "inclusion_probability", "at")
    for one, chance, at in of_drawn:
        chances[one], given[one] = chance, at
    return _Chances(is_complete, chances, given)


def _draw(one: UUID) -> float:
    """A number in [0, 1) that belongs to the label: the same labels are the same sample, every time."""
    return int.from_bytes(hashlib.sha256(b"thin|" + one.bytes).digest()[:6], "big") * 2.0**-48


def _sample(judged: _Judged, kept: np.ndarray, drawn: str, given: Mapping[UUID, datetime]) -> Sample | None:
    """Return the chosen cases, without those that could not be scored: no cutoff accepts them."""
    kept = kept & np.isfinite(judged.scores)
    if not kept.any():
        return None
    truth = judged.truth[kept]
    ids = np.array(judged.ids, dtype=object)[kept]
    named = sorted(f"{one}:{column}" for one, column in zip(ids, truth, strict=True))
    dates = [given[one] for one in ids if one in given]
    return Sample(
        scores=judged.scores[kept],
        predicted=judged.predicted[kept],
        wrong=judged.predicted[kept] != truth,
        groups=judged.groups[kept],
        digest=sha256("\n".join(named).encode()).hex(),
        drawn=drawn,
        given=(min(dates), max(dates)) if dates else None,
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


def _settled_since(evaluation: Evaluation) -> np.ndarray:
    """Column of the blind label that each unsettled case has by now; `NO_TRUTH` where it has none."""
    case_ids = evaluation.unsettled.case_ids
    truth = np.full(len(case_ids), NO_TRUTH)
    if not case_ids:
        return truth
    column = {label: i for i, label in enumerate(evaluation.labels)}
    current = Label.objects.filter(case_id__in=case_ids, superseded_at=None, is_blind=True)
    settled = dict(current.values_list("case_id", "label"))
    for i, case_id in enumerate(case_ids):
        truth[i] = column.get(settled.get(case_id, ""), NO_TRUTH)
    return truth
