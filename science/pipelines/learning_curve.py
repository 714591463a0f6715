"""The learning curve: what fewer labels would have cost, and so what twice as many may buy (ADR 0083).

The chosen candidate is cross-validated again on halves and quarters of the labels, in the folds and by the
rules of `train`: each is judged on the same cases. Folds teach two thirds of the n labels there are, so the
points are errors with n/6, n/3 and 2n/3 labels, and the last doubling is that from n/3 to 2n/3. What it
bought is measured, paired case by case.

What the doubling from n to 2n will buy is not measured. Two kinds of curves bound it. Mostly the error falls
towards a floor as a power of the labels between 0 and 1 (Viering and Loog, "The shape of learning curves: a
review", 2023): each doubling then buys q times what the one before bought, 1/2 <= q <= 1, and this one
``q ** log2(3)`` times what the last did. Where everything there is to learn is soon met, as words of a small
vocabulary, it falls exponentially. With A = exp(-k n / 3) the last doubling bought A - A^2 and the one before
A^(1/2) - A, so that q = A^(1/2) + A; the next buys A^2 (1 + A + A^2) times as much as the last, which is at
least 3/16 q^4. So the lower end takes the smaller of 1/3 and 3/16 q^4, with the least q that the
measurements allow; the upper end takes 1, and never more than is wrong at all. A curve that goes down in
steps is beyond both.
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
from science.told import Told

PARTS = 4  # the labels are cut into so many, each label's spread evenly and every group in one
SHARES: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...] = ((1, ((0,), (2,))), (2, ((0, 1), (2, 3))))
USUAL, MIN_Q, MAX_Q = 0.5**0.5, 0.25, 0.85  # of what a doubling bought, that the one after it buys
TAUGHT = (N_FOLDS - 1) / N_FOLDS  # of the labels, to each model of a fold
MIN_LABELS = 60  # below, a quarter teaches nothing


Ends = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """The share of wrong answers of models that learnt from so many labels, at 95 %."""

    labels: int
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Errors by number of labels, fewest first, and what doublings buy, in shares of all answers.

    `last` is what the last measured doubling bought, `next` what twice all `labels` may buy. Each is the
    estimate with a lower and an upper end; below 0 it costs.
    """

    labels: int
    points: tuple[Point, ...]
    last: Ends
    next: Ends

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
        return Told("Its kind of model is not known here.")
    if len(data.rows) < MIN_LABELS:
        return Told("There are fewer than %(least)s labels.", least=MIN_LABELS)
    costs = [
        candidate.cost(data, fits=N_FOLDS * len(subsets), share=TAUGHT * quarters / PARTS)
        for quarters, subsets in SHARES
    ]
    if sum(costs) > budget_seconds:
        return Told("It would have taken too long.")
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
                progress(
                    Told("Learning from %(share)s of the labels", share=f"{100 * quarters / PARTS:.0f} %")
                )
            found = [_judged(candidate, data, folds, np.isin(part, subset), seed) for subset in subsets]
            judged = [_wrong(proba, data)[usable] for proba in found if proba is not None]
            if judged:
                sizes.append((quarters, judged))
    if not sizes or sizes[-1][0] != PARTS // 2:
        return Told("Half of the labels do not have an example of each label in every fold.")
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
    for quarters, judged in [*sizes, (PARTS, [whole])]:
        error = float(np.mean([np.average(wrong, weights=w) for wrong in judged]))
        labels = round(n * TAUGHT * quarters / PARTS)
        points.append(Point(labels, error, *wilson_interval(error, n_effective)))
    last = _bought(sizes[-1][1], whole, w)
    before = None
    if len(sizes) > 1:
        before = _mean([_bought(sizes[0][1], half, w) for half in sizes[-1][1]])
    return LearningCurve(n, tuple(points), last, _ahead(last, before, points[-1]))


def _bought(fewer: Sequence[np.ndarray], more: np.ndarray, w: np.ndarray) -> Ends:
    """What models that learnt more mended, as a mean over those that learnt less."""
    pairs = [paired_difference(one, more, weights=w) for one in fewer]
    gain, low, high = _mean([(pair.difference, pair.low, pair.high) for pair in pairs])
    # A part's own luck: what the parts differ by, beyond the cases that all are judged on.
    luck = 1.96 * abs(pairs[0].difference - pairs[-1].difference) / 2
    return gain, min(low, gain - luck), max(high, gain + luck)


def _ahead(last: Ends, before: Ends | None, now: Point) -> Ends:
    """What twice all labels may buy, of what the last two doublings bought."""
    gain, low, high = last
    q, least = USUAL, MIN_Q
    if before is not None and before[0] > 0:
        q, least = float(np.clip(gain / before[0], MIN_Q, MAX_Q)), max(low, 0.0) / before[2]
    further = float(np.log2(1 / (TAUGHT / 2)))
    smallest = min(2.0**-further, 3 / 16 * least**4)
    return min(gain * q**further, now.error), low * (smallest if low > 0 else 1.0), min(high, now.high)


def _mean(ends: Sequence[Ends]) -> Ends:
    gain, low, high = np.mean(ends, axis=0).tolist()
    return gain, low, high
