"""Two sets of counts over the same cells: are they draws from one distribution, and how far apart are they?

The test is conditional on how many cases fell into each cell in all: if nothing changed, every way of dealing
them out to "then" and "now" was as likely as any other. So it is exact for the sizes at hand, however small
or uneven; a threshold such as "PSI above 0.1" fires on 42 to 84 % of clean batches of 100 and never at 1,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

MIN_CASES = 50  # on either side; below, there is not enough to say anything
_ENOUGH = 20  # dealt-out differences as large as the real one, after which the p-value is known well enough
_ROUNDS = (100, 400, 1_500, 8_000)
_BEYOND_DOUBT = 1e-3
_SMALLEST = 1e-300  # no p-value is zero


@dataclass(frozen=True, slots=True)
class Difference:
    """How one measure differs.

    Attributes:
        p_value: chance of so large a difference if nothing changed; NaN where there are too few cases.
        effect: in [0, 1]. Of ordered cells, the largest difference of the share at or below a cell
            (Kolmogorov and Smirnov); else the share of cases that would have to fall elsewhere (total
            variation).
        cell: where it is largest: the last cell of the lower part, or the cell itself.
        then, now: the share there: at or below that cell, or in it.
        n_then, n_now: cases counted.
        statistic: of the test, not divided by the dispersion: Kolmogorov's scaled difference squared, or
            Pearson's.
    """

    p_value: float
    effect: float
    cell: int
    then: float
    now: float
    n_then: int
    n_now: int
    statistic: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there are enough cases to say anything: what is not known is not calm."""
        return not np.isnan(self.p_value)


def compare(
    then: np.ndarray,
    now: np.ndarray,
    *,
    is_ordered: bool,
    rng: np.random.Generator,
    dispersion: float = 1.0,
    min_cases: int = MIN_CASES,
) -> Difference:
    """Test whether two counts come from one distribution.

    Args:
        then, now: how many cases fell into each cell, both (n_cells,).
        is_ordered: whether neighbouring cells hold neighbouring values.
        dispersion: how much more the counts of this installation vary from one clean window to the next than
            dealing out explains, at least 1 (see `science.drift.dispersion`).

    Raises:
        ValueError: the shapes differ, a count is negative, or the dispersion is below 1.

    Notes:
        The number of ways dealt out grows until the answer is clear (Besag and Clifford, "Sequential Monte
        Carlo p-values", Biometrika 78, 1991); the p-value is valid whatever the stopping. A difference beyond
        doubt by the limit of Kolmogorov's distribution, which is never smaller on cells, is not dealt out.
    """
    before, after = np.asarray(then, dtype=np.int64), np.asarray(now, dtype=np.int64)
    if before.shape != after.shape or before.ndim != 1 or (before < 0).any() or (after < 0).any():
        raise ValueError("two counts of the same cells are needed, none negative")
    if not dispersion >= 1:
        raise ValueError(f"dispersion is at least 1, not {dispersion}")
    n, m = int(before.sum()), int(after.sum())
    statistic = _ordered if is_ordered else _unordered
    effect, cell, share_then, share_now = _effect(before, after, is_ordered)
    if min(n, m) < min_cases:
        return Difference(float("nan"), effect, cell, share_then, share_now, n, m)
    seen = (before + after) > 0
    total, second = (before + after)[seen], after[seen]
    if len(total) < 2:
        return Difference(1.0, effect, cell, share_then, share_now, n, m)
    whole = float(statistic(total, second[None, :])[0])
    real = whole / dispersion
    if is_ordered and (bound := 2 * exp(-2 * real)) < _BEYOND_DOUBT:
        p = max(bound, _SMALLEST)
    else:
        p = _p_value(total, m, real, statistic, rng)
    return Difference(p, effect, cell, share_then, share_now, n, m, whole)


def _p_value(total: np.ndarray, m: int, real: float, statistic: object, rng: np.random.Generator) -> float:
    dealt, as_large = 0, 0
    for size in _ROUNDS:
        values = statistic(total, deal(total, m, size, rng))  # type: ignore[operator]
        # One by one: the stopping rule counts draws, not rounds.
        reached = np.cumsum(values >= real * (1 - 1e-12)) + as_large
        if reached[-1] >= _ENOUGH:
            return float(_ENOUGH / (dealt + int(np.argmax(reached >= _ENOUGH)) + 1))
        dealt, as_large = dealt + size, int(reached[-1])
    return (as_large + 1) / (dealt + 1)


def deal(total: np.ndarray, m: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Deal out cases to "now" at random: (size, n_cells), each row sums to `m`."""
    return rng.multivariate_hypergeometric(total, m, size=size, method="marginals")


def _ordered(total: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Squared, scaled largest difference of the distribution functions, shape (n_rows,)."""
    n_all, m = int(total.sum()), int(now[0].sum())
    n = n_all - m
    below_now = np.cumsum(now, axis=1)
    below_then = np.cumsum(total)[None, :] - below_now
    largest = np.abs(below_now / m - below_then / n).max(axis=1)
    return np.asarray(largest**2 * (n * m / n_all))


def _unordered(total: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Pearson's statistic of the table of two rows, shape (n_rows,)."""
    n_all, m = int(total.sum()), int(now[0].sum())
    expected = total * (m / n_all)
    return np.asarray(((now - expected) ** 2 / expected).sum(axis=1) * (n_all / (n_all - m)))


def _effect(then: np.ndarray, now: np.ndarray, is_ordered: bool) -> tuple[float, int, float, float]:
    n, m = int(then.sum()), int(now.sum())
    if not n or not m:
        return 0.0, 0, 0.0, 0.0
    before, after = then / n, now / m
    size = float(np.abs(before - after).sum() / 2)
    if is_ordered:
        before, after = np.cumsum(before), np.cumsum(after)
    gap = np.abs(before - after)
    cell = int(np.argmax(gap))
    effect = float(gap[cell]) if is_ordered else size
    return effect, cell, float(before[cell]), float(after[cell])


def population_stability(then: np.ndarray, now: np.ndarray) -> float:
    """Population stability index, for those who know it; it has no meaning of its own and decides nothing.

    Half a case is added to every cell, so that an empty one makes it large and not infinite.
    """
    a, b = np.asarray(then) + 0.5, np.asarray(now) + 0.5
    a, b = a / a.sum(), b / b.sum()
    return float(((b - a) * np.log(b / a)).sum())


def scaled(effect: float, n: int, m: int) -> float:
    """Kolmogorov's scaled difference, for tests and benchmarks."""
    return effect * sqrt(n * m / (n + m))
