"""Since when: the window in which counts changed, with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

_COARSE = 8  # cells that a change is looked for in: more would fit noise
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Change:
    """One change in a series of windows.

    Attributes:
        at: first window after it.
        earliest, latest: windows between which it lies with 95 % confidence, both included.
        gain: likelihood ratio statistic against no change.
    """

    at: int
    earliest: int
    latest: int
    gain: float


def change_point(windows: np.ndarray, *, is_ordered: bool, dispersion: float = 1.0) -> Change | None:
    """Return where a series of counts changed most; None where there is nothing to tell apart.

    Args:
        windows: counts, oldest first, (n_windows, n_cells).

    Notes:
        The split that makes two multinomials fit best. The interval holds all splits that fit nearly as well:
        the likelihood ratio of a break's date has the distribution ``(1 - exp(-x / 2))^2`` in the limit of
        small changes (Eo and Morley, "Likelihood-ratio-based confidence sets for the timing of structural
        breaks", Quantitative Economics 6, 2015). It says when a change was, not that there was one: that is
        for `compare`.
    """
    counts = _coarse(np.asarray(windows, dtype=np.float64), is_ordered)
    before = np.cumsum(counts, axis=0)[:-1]
    if not len(before) or not before.any():
        return None
    everything = counts.sum(axis=0)
    gains = 2 * (_fit(before) + _fit(everything - before) - _fit(everything[None, :])) / dispersion
    best = int(np.argmax(gains))
    if gains[best] <= 0:
        return None
    within = -2 * log(1 - sqrt(CONFIDENCE))
    near = np.flatnonzero(gains >= gains[best] - within)
    return Change(best + 1, int(near[0]) + 1, int(near[-1]) + 1, float(gains[best]))


def _fit(counts: np.ndarray) -> np.ndarray:
    """Log-likelihood of each row under its own shares, shape (n_rows,)."""
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(counts > 0, counts * np.log(counts / total), 0.0)
    return np.asarray(terms.sum(axis=1))


def _coarse(counts: np.ndarray, is_ordered: bool) -> np.ndarray:
    """Merge cells into a few of about equal weight: neighbours, or the rare ones."""
    n_cells = counts.shape[1]
    if n_cells <= _COARSE:
        return counts
    weight = counts.sum(axis=0)
    if is_ordered:
        share = np.cumsum(weight) / max(1.0, float(weight.sum()))
        group = np.minimum(_COARSE - 1, np.floor((share - 1e-12) * _COARSE).astype(np.intp).clip(0))
    else:
        group = np.full(n_cells, _COARSE - 1)
        group[np.argsort(-weight, kind="stable")[: _COARSE - 1]] = np.arange(_COARSE - 1)
    merged = np.zeros((len(counts), _COARSE))
    np.add.at(merged.T, group, counts.T)
    return merged
