"""By how much the clean windows of an installation vary more than independent cases would.

Mails come in campaigns, so that one day differs from the next more than drawing cases at random explains. A
threshold that ignores this fires on noise; one that knows it is measured on the installation itself
(ADR 0070).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.drift.compare import MIN_CASES

MIN_WINDOWS = 3


def dispersion_of(windows: np.ndarray, *, is_ordered: bool, groups: Sequence[int] | None = None) -> float:
    """Return the factor by which every later statistic is divided; at least 1.

    Args:
        windows: counts of each clean window, (n_windows, n_cells).
        groups: of each window, (n_windows,): a window is compared with its own group, such as its weekday;
            None: with all others.

    Notes:
        Dealt out at random, a window of m of N cases has in a cell of share p a variance of
        ``m p (1 - p) (N - m) / (N - 1)``, and so has its cumulated count. So the mean of Pearson's statistic
        is known, and of ordered cells that of Cramer and von Mises, whose ratio to the real one is that of
        Kolmogorov's as well: nothing is simulated, and the order of the windows does not matter.
    """
    counts = np.asarray(windows, dtype=np.float64)
    of = np.zeros(len(counts), dtype=np.intp) if groups is None else np.asarray(groups, dtype=np.intp)
    enough = counts.sum(axis=1) >= MIN_CASES
    counts, of = counts[enough], of[enough]
    if len(counts) < MIN_WINDOWS:
        return 1.0
    _, places = np.unique(of, return_inverse=True)
    totals = np.zeros((int(places.max()) + 1, counts.shape[1]))
    np.add.at(totals, places, counts)
    total = totals[places]
    m, n_all = counts.sum(axis=1, keepdims=True), total.sum(axis=1, keepdims=True)
    alone = (m == n_all)[:, 0]  # nothing to compare it with
    counts, total, m, n_all = counts[~alone], total[~alone], m[~alone], n_all[~alone]
    if len(counts) < MIN_WINDOWS:
        return 1.0
    share, here = total / n_all, counts / m
    weight = np.ones_like(share)
    if is_ordered:
        weight, share, here = share, np.cumsum(share, axis=1), np.cumsum(here, axis=1)
        usual = share * (1 - share)
    else:
        usual = share * (1 - share)
        weight = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    squared = (here - share) ** 2 * (m * (n_all - 1) / (n_all - m))
    real, expected = (weight * squared).sum(axis=1), (weight * usual).sum(axis=1)
    known = expected > 1e-12
    if not known.any():
        return 1.0
    return max(1.0, float((real[known] / expected[known]).mean()))
