"""Automation and error against the cutoff: what an operator sees before choosing."""

from dataclasses import dataclass

import numpy as np

from science.guarantee.betting import mean_interval
from science.guarantee.exact import lower_bound, upper_bound
from science.guarantee.grid import accepted_counts, accepted_sums
from science.guarantee.losses import check_losses


@dataclass(frozen=True, slots=True)
class Curve:
    """One row per cutoff; all arrays have the shape (n_cutoffs,).

    Attributes:
        cutoffs: as given.
        automation: share of traffic accepted.
        error: selective error among the accepted; NaN where none is.
        low, high: two-sided interval of the error, at each cutoff by itself. It is a picture: choosing the
            best cutoff from it and calling its upper end a promise is what `certify` exists to prevent.
        n: accepted labels.
    """

    cutoffs: np.ndarray
    automation: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


def curve(
    scores: np.ndarray,
    losses: np.ndarray,
    grid: np.ndarray,
    *,
    pi: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Curve:
    """Automation, selective error and its interval at each cutoff.

    Args:
        scores, losses: shape (n_labels,).
        grid: cutoffs, in any order.
        pi: inclusion probabilities, shape (n_labels,); None when all are equal.

    Equal probabilities and losses of 0 or 1 give Clopper-Pearson intervals, anything else intervals by
    betting.

    >>> c = curve(np.array([0.9, 0.8, 0.7]), np.array([0, 0, 1]), np.array([0.8, 0.0]))
    >>> c.automation.round(2).tolist(), c.error.round(2).tolist()
    ([0.67, 1.0], [0.0, 0.33])
    """
    scores, x = np.asarray(scores, dtype=np.float64), check_losses(losses)
    cutoffs = np.asarray(grid, dtype=np.float64)
    weights = np.ones_like(x) if pi is None else 1 / np.asarray(pi, dtype=np.float64)
    n = accepted_counts(scores, cutoffs)
    mass = accepted_sums(scores, weights, cutoffs)
    harm = accepted_sums(scores, weights * x, cutoffs)
    error = np.divide(harm, mass, out=np.full(cutoffs.shape, np.nan), where=n > 0)
    tail = (1 - confidence) / 2
    if np.isin(x, (0.0, 1.0)).all() and (weights == weights[:1]).all():
        wrong = accepted_sums(scores, x, cutoffs)
        low, high = lower_bound(wrong, n, tail), upper_bound(wrong, n, tail)
    else:
        accepted = [scores >= cutoff for cutoff in cutoffs]
        intervals = [mean_interval(x[a], weights=weights[a], confidence=confidence) for a in accepted]
        low, high = (np.array([getattr(i, end) for i in intervals]) for end in ("low", "high"))
    return Curve(cutoffs, mass / max(weights.sum(), 1e-300), error, low, high, n)
