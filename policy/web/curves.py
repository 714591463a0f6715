"""What a change of cutoff would do, on labelled cases: the numbers behind the plots and the slider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext

from policy.proof.proofs import Sample
from policy.types import Scope

POINTS = 120


@dataclass(frozen=True, slots=True)
class Point:
    """One cutoff, and what it would have done."""

    cutoff: float
    n: int
    wrong: int
    automation: float
    error: float | None
    low: float | None
    high: float | None
    is_covered: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the promise (all labels, or one) with its labelled cases, strict to loose.

    `in_force` is the cutoff in use, None where there is none.
    """

    label: str | None
    field: str
    n_labels: int
    points: Sequence[Point]
    in_force: float | None

    @property
    def words(self) -> str:
        """What people call the unit."""
        return gettext("All labels") if self.label is None else self.label

    @property
    def at(self) -> Point | None:
        """The point in force."""
        return next((point for point in self.points if point.cutoff == self.in_force), None)

    @property
    def in_force_text(self) -> str:
        """The cutoff in force as the exact number, for a field that sends it back."""
        return "" if self.in_force is None else repr(self.in_force)

    def to_json(self) -> dict[str, Any]:
        """What `cutoffs.js` reads; columns, because they are half the size of rows."""
        return {
            "nLabels": self.n_labels,
            "inForce": self.in_force,
            "cutoff": [point.cutoff for point in self.points],
            "n": [point.n for point in self.points],
            "wrong": [point.wrong for point in self.points],
            "error": [point.error for point in self.points],
            "low": [point.low for point in self.points],
            "high": [point.high for point in self.points],
            "isCovered": [point.is_covered for point in self.points],
        }


def units(
    sample: Sample,
    *,
    labels: Sequence[str],
    scope: str,
    in_force: dict[str, float],
    passed: dict[str | None, Sequence[float]],
) -> list[Unit]:
    """Return the units of the promise.

    `passed` holds the cutoffs that a live certificate covers; they and those in force are always among the
    points, so that what is shown for them is exact.
    """
    if scope == Scope.OVERALL:
        cutoff = next(iter(in_force.values()), None)
        return [_unit(sample, None, None, cutoff, passed.get(None, ()))]
    return [
        _unit(sample, column, label, in_force.get(label), passed.get(label, ()))
        for column, label in enumerate(labels)
    ]


def total(sample: Sample, *, labels: Sequence[str], cutoffs: dict[str, float]) -> Point:
    """Return what cutoffs do to all labels together, each label at its own."""
    each = np.array([cutoffs.get(label, np.inf) for label in labels])
    accepted = sample.scores >= each[sample.predicted]
    return _points(np.where(accepted, 1.0, 0.0), sample.wrong, [1.0], ())[0]


def by_label(sample: Sample, *, labels: Sequence[str], cutoff: float) -> list[tuple[str, Point, int]]:
    """Return what one cutoff does to each label: label, point, labelled cases predicted so."""
    rows = []
    for column, label in enumerate(labels):
        scores, wrong = sample.of(column)
        if len(scores):
            rows.append((label, _points(scores, wrong, [cutoff], ())[0], len(scores)))
    return rows


def _unit(
    sample: Sample, column: int | None, label: str | None, in_force: float | None, passed: Sequence[float]
) -> Unit:
    scores, wrong = sample.of(column)
    cutoffs = _cutoffs(scores, passed, in_force)
    field = "cutoff" if column is None else f"cutoff-{column}"
    return Unit(label, field, len(scores), _points(scores, wrong, cutoffs, passed), in_force)


def _cutoffs(scores: np.ndarray, passed: Sequence[float], in_force: float | None) -> np.ndarray:
    """Return cutoffs at equally spaced coverages, with the ones that must be there, strict to loose.

    Between the first and the last point that passed there are only points that passed: whoever slides there
    finds cutoffs that keep the promise, and none beside them.
    """
    ordered = np.sort(scores)[::-1]
    places = np.linspace(0, max(ordered.size - 1, 0), min(POINTS, max(ordered.size, 1)))
    spread = ordered[np.unique(places.astype(int))] if ordered.size else ordered
    if passed:
        spread = spread[(spread < min(passed)) | (spread > max(passed))]
    always = [*passed, 0.0] if in_force is None else [*passed, 0.0, in_force]
    return np.unique(np.concatenate([spread, np.asarray(always, dtype=np.float64)]))[::-1]


def _points(
    scores: np.ndarray, wrong: np.ndarray, cutoffs: Sequence[float] | np.ndarray, passed: Sequence[float]
) -> list[Point]:
    # Imported here: a web process that only takes in cases never pays for SciPy.
    from science.guarantee.curve import curve
    from science.guarantee.grid import accepted_sums

    grid = np.asarray(cutoffs, dtype=np.float64)
    seen = curve(scores, wrong.astype(np.float64), grid)
    counts = accepted_sums(scores, wrong.astype(np.float64), grid)
    covered = set(passed)
    return [
        Point(
            cutoff=float(grid[i]),
            n=int(seen.n[i]),
            wrong=int(counts[i]),
            automation=float(seen.automation[i]),
            error=_number(seen.error[i]),
            low=_number(seen.low[i]) if seen.n[i] else None,
            high=_number(seen.high[i]) if seen.n[i] else None,
            is_covered=float(grid[i]) in covered,
        )
        for i in range(grid.size)
    ]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
