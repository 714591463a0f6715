"""Candidate cutoffs, and what each accepts.

A grid is chosen on traffic or tuning scores, never on the labels that certify it. Cutoffs are scores that
occurred, kept as the exact float64 they are: a case is accepted when ``score >= cutoff``, ties included, and
a rounded cutoff would move ties to the other side.
"""

import numpy as np

from science.guarantee.exact import fewest_labels
from science.rule import LOWEST_SCORE

N_CUTOFFS = 150
_MIN_COVERED = 0.02


def coverage_grid(
    traffic_scores: np.ndarray,
    *,
    target: float,
    delta: float,
    expected_labels: float,
    n_cutoffs: int = N_CUTOFFS,
) -> np.ndarray:
    """Cutoffs at equally spaced coverages of recent traffic, strict to loose, the last accepting everything.

    Most of them accept at least 5 % more of the expected labels than an error-free proof needs. A sixth are
    stricter, from 2 % of traffic on: of use when more labels come than expected, or to say how many would do.

    Args:
        traffic_scores: shape (n_cases,), all recent traffic, not what was left over for people.
        target, delta: the promise, which sets how many accepted labels are the least.
        expected_labels: number of labels (over all coverages) that the certification will have.

    Returns:
        Strictly decreasing cutoffs, shape (at most n_cutoffs,); the last is `LOWEST_SCORE`.

    >>> coverage_grid(np.arange(1, 11) / 10, target=0.3, delta=0.2, expected_labels=50, n_cutoffs=4).tolist()
    [0.9, 0.6, 0.3, 0.0]
    """
    scores = np.sort(np.asarray(traffic_scores, dtype=np.float64))[::-1]
    if scores.size == 0:
        return np.array([LOWEST_SCORE])
    if not (scores[-1] >= LOWEST_SCORE and scores[0] <= 1):
        raise ValueError("traffic_scores must lie in [0, 1] and have no NaN.")
    least = 1.05 * fewest_labels(target, delta) / max(expected_labels, 1)
    first = float(np.clip(least, _MIN_COVERED, 1.0))
    n_strict = 0 if first == _MIN_COVERED else n_cutoffs // 6 if first < 1 else n_cutoffs - 1
    coverages = np.concatenate(
        [
            np.linspace(_MIN_COVERED, first, n_strict, endpoint=False),
            np.linspace(first, 1.0, n_cutoffs - n_strict),
        ]
    )
    places = np.ceil(coverages * scores.size - 1e-9).astype(np.int64) - 1
    return np.unique(np.append(scores[places[:-1]], LOWEST_SCORE))[::-1]


def check_scores(scores: np.ndarray) -> np.ndarray:
    """Return the scores as float64 after checking that none is NaN (which sorts above every cutoff)."""
    values = np.asarray(scores, dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError("scores must not be NaN: a case without a score was accepted by no cutoff.")
    return values


def accepted_counts(scores: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """How many scores each cutoff accepts, shape (n_cutoffs,).

    >>> accepted_counts(np.array([0.2, 0.9, 0.9]), np.array([0.9, 0.5, 0.0])).tolist()
    [2, 2, 3]
    """
    ordered = np.sort(scores)
    return ordered.size - np.searchsorted(ordered, grid, side="left")


def accepted_sums(scores: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Sum of `values` (n_cases,) over the cases that each cutoff accepts, shape (n_cutoffs,)."""
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    running = np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64)[order])])
    sums: np.ndarray = running[accepted_counts(scores, grid)]
    return sums


def accepts(scores: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Index of the strictest cutoff that accepts each score, shape (n_cases,); n_cutoffs if none does."""
    # The grid falls, searchsorted wants it to rise.
    return len(grid) - np.searchsorted(grid[::-1], scores, side="right")
