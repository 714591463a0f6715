"""Which labels people confuse."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from science.agreement.alpha import alpha_of, coincidences
from science.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class Pair:
    """How two labels, by column, are told apart.

    Attributes
    ----------
    split: cases to which both were given.
    of: cases with two answers or more to which either was given.
    share, low, high: split / of, with Wilson's interval (1927): cases are the independent unit.
    alpha: Krippendorff's alpha of the answers that are one of the two; NaN where only one of them is paired.
    """

    one: int
    other: int
    split: int
    of: int
    share: float
    low: float
    high: float
    alpha: float


def label_pairs(counts: np.ndarray, *, confidence: float = 0.95) -> list[Pair]:
    """Return every pair of labels that was given to one case, most often split first.

    Parameters
    ----------
    counts: (n_cases, n_classes) answers of people; cases with fewer than two say nothing.

    >>> found = label_pairs(np.array([[1, 1, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]]))
    >>> [(pair.one, pair.other, pair.split, pair.of) for pair in found]
    [(0, 1, 1, 3)]
    """
    counts = np.asarray(counts, dtype=np.int64)
    counts = counts[counts.sum(axis=1) >= 2]
    given = counts > 0
    found = []
    for one, other in combinations(range(counts.shape[1]), 2):
        split = int((given[:, one] & given[:, other]).sum())
        if not split:
            continue
        of = int((given[:, one] | given[:, other]).sum())
        low, high = wilson_interval(split / of, of, confidence)
        alpha = float(alpha_of(coincidences(counts[:, [one, other]])))
        found.append(Pair(one, other, split, of, split / of, low, high, alpha))
    return sorted(found, key=lambda pair: (-pair.split, -pair.share, pair.one, pair.other))
