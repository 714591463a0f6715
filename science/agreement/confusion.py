"""Confusion table of one person's answers: counts, and a share with an interval in each cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts and shares, rows by true label, columns by what was said; shape (n_classes, n_classes).

    A row without a case has NaN as shares and the interval from 0 to 1.
    """

    counts: np.ndarray
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def n(self) -> int:
        """How many answers there are in the table."""
        return int(self.counts.sum())

    @property
    def right(self) -> int:
        """How many of them are right."""
        return int(np.trace(self.counts))


Interval = Callable[[float, float, float], tuple[float, float]]


def clopper_pearson(value: float, n: float, confidence: float) -> tuple[float, float]:
    """Two-sided exact interval of a share (Clopper and Pearson 1934); wider than Wilson's, never too narrow.

    >>> low, high = clopper_pearson(0.1, 20, 0.95)
    >>> round(low, 4), round(high, 4)
    (0.0123, 0.317)
    """
    from science.guarantee.exact import lower_bound, upper_bound  # imports SciPy

    if n <= 0:
        return 0.0, 1.0
    hits, tail = round(value * n), (1 - confidence) / 2
    return float(lower_bound(hits, int(n), tail)), float(upper_bound(hits, int(n), tail))


def confusion(
    truth: np.ndarray,
    said: np.ndarray,
    *,
    n_classes: int,
    confidence: float = 0.95,
    interval: Interval = wilson_interval,
) -> Confusion:
    """Table what was said against what is true.

    Assumes independent cases. Intervals are for each cell alone, not for the table at once.

    Parameters
    ----------
    truth, said: (n_answers,) int, labels by column.
    interval: `wilson_interval` (the default) or `clopper_pearson`.

    >>> table = confusion(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), n_classes=2)
    >>> table.counts.tolist(), table.right, round(float(table.shares[0, 1]), 3)
    ([[2, 1], [0, 1]], 3, 0.333)
    """
    flat = np.asarray(truth, dtype=np.int64) * n_classes + np.asarray(said, dtype=np.int64)
    counts = np.bincount(flat, minlength=n_classes**2).reshape(n_classes, n_classes)
    return confusion_of(counts, confidence=confidence, interval=interval)


def confusion_of(
    counts: np.ndarray, *, confidence: float = 0.95, interval: Interval = wilson_interval
) -> Confusion:
    """Return shares and intervals of a table that is counted already; see `confusion`."""
    counts = np.asarray(counts, dtype=np.int64)
    rows = counts.sum(axis=1)
    shares, low, high = (np.full(counts.shape, fill) for fill in (np.nan, 0.0, 1.0))
    for row in np.flatnonzero(rows):
        for column in range(counts.shape[1]):
            value = counts[row, column] / rows[row]
            shares[row, column] = value
            low[row, column], high[row, column] = interval(float(value), float(rows[row]), confidence)
    return Confusion(counts, shares, low, high)
