"""The learning curve: what fewer labels would have cost, and so what twice as many may buy.

The chosen candidate is cross-validated again on halves and quarters of the labels, in the folds and by the
rules of `train`: each is judged on the same cases. What the last doubling bought is measured, paired case by
case. What the next will buy is not: it is said under one assumption, that *each doubling buys at least half
of what the one before bought, and no more than it*. That is so where the error falls towards a floor as a
power of the number of labels between 0 and 1, as learning curves mostly do (Viering and Loog, "The shape of
learning curves: a review", 2023, table 1); the error of a linear model falls as the power 1, whose doublings
halve. The estimate takes the power 1/2 in the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from science.calibration import fit_bcts, probabilities
from science.fields import Schema
from science.intervals import wilson_interval
from science.paired import paired_difference
from science.pipelines.candidates import Candidate, candidates_for
from science.pipelines.data import Data
from science.pipelines.fitting import fit
from science.pipelines.folds import assign_folds
from science.pipelines.train import N_FOLDS, TrainedModel, prepared

PARTS = 4  # the labels are cut into so many, each label's spread evenly and every group in one
SHARES: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...] = ((1, ((0,), (2,))), (2, ((0, 1), (2, 3))))
LEAST, USUAL, MOST = 0.5, 0.5**0.5, 1.0  # of what the last doubling bought, that the next buys
MIN_LABELS = 60  # below, a quarter teaches nothing


@dataclass(frozen=True, slots=True)
class Point:
    """The share of wrong answers with so many labels, at 95 %."""

    labels: int
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Errors by number of labels, fewest first, and what doublings buy, in shares of all answers.

    `last` is what the last doubling bought, measured; `next` what the next may buy. Each is the estimate with
    a lower and an upper end; below 0 it costs. Where the lower ends are not above 0, nothing is shown.
    """

    points: tuple[Point, ...]
    last: tuple[float, float, float]
    next: tuple[float, float, float]

    def to_json(self) -> dict[str, Any]:
        """As the model's report keeps it."""
        return asdict(self)


def learning_curve(
    model: TrainedModel,
    rows: Sequence[Mapping[str, object]],
    labels: Sequence[str],
    schema: Schema,
    *,
    weights: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    extras: Collection[str] = (),
    budget_seconds: float = 60.0,
    progress: Callable[[str], None] | None = None,
) -> LearningCurve | str:
    """Measure the curve of a model on what it was trained on; where it cannot be, say why.

    Parameters
    ----------
    rows, labels, schema, weights, groups, extras: as `train` had them. budget_seconds: CPU seconds that it
        may cost, judged beforehand from sizes, as there.
    """
    data = prepared(rows, labels, schema, weights, tuple(model.report["unread"]), groups=groups)
    name = model.report["chosen"]
    candidate = next((one for one in candidates_for(data, list(extras)) if one.name == name), None)
    if candidate is None:
        return "Its kind of model is not known here."
    if len(data.rows) < MIN_LABELS:
        return f"There are fewer than {MIN_LABELS} labels."
    if 1.5 * candidate.cost(data) > budget_seconds:
        return "It would have taken too long."
    seed = model.report["seed"]
    rng = np.random.default_rng(seed)
    folds = assign_folds(data.groups, data.y, N_FOLDS, rng)
    part = assign_folds(data.groups, data.y, PARTS, rng)
    usable = ~data.unreadable
    whole = _wrong(model.oof_proba, data)[usable]
    sizes: list[tuple[int, list[np.ndarray]]] = []
    with threadpool_limits(limits=1):
        for quarters, subsets in SHARES:
            if progress:
                progress(f"Learning from {quarters} quarter{'s' if quarters > 1 else ''} of the labels")
            found = [_judged(candidate, data, folds, np.isin(part, subset), seed) for subset in subsets]
            judged = [_wrong(proba, data)[usable] for proba in found if proba is not None]
            if judged:
                sizes.append((round(len(data.rows) * quarters / PARTS), judged))
    if not sizes or sizes[-1][0] != round(len(data.rows) / 2):
        return "Half of the labels do not have an example of each label in every fold."
    w = data.weights[usable]
    return _curve(whole, sizes, len(data.rows), np.where(w > 0, w, 1e-12))


def _judged(
    candidate: Candidate, data: Data, folds: np.ndarray, taught: np.ndarray, seed: int
) -> np.ndarray | None:
    """Out-of-fold probabilities of models that learnt what is taught alone; None where a label is missing."""
    outputs = np.empty((len(data.rows), data.n_outputs))
    for fold in range(N_FOLDS):
        on = np.flatnonzero((folds != fold) & taught)
        if len(np.unique(data.y[data.to_learn(on)])) < len(data.labels):
            return None
        outputs[folds == fold] = fit(candidate, data, on, seed).outputs[folds == fold]
    proba = np.empty((len(data.rows), len(data.labels)))
    for fold in range(N_FOLDS):
        others = data.to_learn(np.flatnonzero((folds != fold) & taught))
        calibration = fit_bcts(outputs[others], data.y[others], data.weights[others])
        proba[folds == fold] = probabilities(calibration.apply(outputs[folds == fold]))
    return proba


def _wrong(proba: np.ndarray, data: Data) -> np.ndarray:
    wrong: np.ndarray = np.nan_to_num(proba).argmax(axis=1) != data.y
    return wrong


def _curve(
    whole: np.ndarray, sizes: Sequence[tuple[int, list[np.ndarray]]], n: int, w: np.ndarray
) -> LearningCurve:
    n_effective = float(w.sum() ** 2 / (w**2).sum())
    points = []
    for labels, judged in [*sizes, (n, [whole])]:
        error = float(np.mean([np.average(wrong, weights=w) for wrong in judged]))
        points.append(Point(labels, error, *wilson_interval(error, n_effective)))
    pairs = [paired_difference(half, whole, weights=w) for half in sizes[-1][1]]
    ends = ("difference", "low", "high")
    gain, low, high = (float(np.mean([getattr(pair, end) for pair in pairs])) for end in ends)
    # A half's own luck: what the two halves differ by, beyond the cases that both are judged on.
    luck = 1.96 * abs(pairs[0].difference - pairs[-1].difference) / 2
    low, high = min(low, gain - luck), max(high, gain + luck)
    ahead = (USUAL * gain, min(LEAST * low, MOST * low), max(LEAST * high, MOST * high))
    return LearningCurve(tuple(points), (gain, low, high), ahead)
