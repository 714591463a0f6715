"""Where a model errs more than elsewhere, from labels that were drawn with unequal probabilities.

Every slice is compared with the rest of the cases. The worst of many is looked at, so all intervals hold
together (Bonferroni): with the stated confidence every one of them covers, and none is called worse that is
not. The intervals hold at every number of labels and for every way of weighting (see `estimates.hajek`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from science.guarantee.estimates import hajek

MIN_CASES = 30  # labels in a slice; of fewer nothing can be said
CONFIDENCE = 0.95
Named = tuple[str, str, np.ndarray]  # a kind, words, and members (n_cases,)


@dataclass(frozen=True, slots=True)
class WeakSlice:
    """One slice.

    Attributes:
        kind: what it is made by: a field's name, or what the caller says.
        n: labels in it.
        error, low, high: share wrong in it, weighted, with its interval.
        elsewhere: share wrong in the rest.
        cases: its share of all cases.
        mistakes: its share of all mistakes.
        excess: share of all mistakes that would vanish if it erred like the rest; at most 0 if it errs less.
        is_worse: it errs more than the rest, beyond chance and beyond the number of looks.
    """

    kind: str
    words: str
    n: int
    error: float
    low: float
    high: float
    elsewhere: float
    cases: float
    mistakes: float
    excess: float
    is_worse: bool


def weak_slices(
    slices: Iterable[Named],
    wrong: np.ndarray,
    pi: np.ndarray,
    *,
    fewest: int = MIN_CASES,
    confidence: float = CONFIDENCE,
) -> list[WeakSlice]:
    """Compare each slice with the rest, those with the most mistakes in excess first.

    Parameters
    ----------
    slices: name, words and members of each; members have shape (n_labels,), bool.
    wrong: (n_labels,) bool. pi: (n_labels,) probability with which each label was collected.

    Those with fewer than `fewest` labels, and those that hold every label but fewer, are left out.

    >>> wrong = np.arange(400) % 8 == 0
    >>> (one, other) = weak_slices([("x", "odd", wrong), ("x", "even", ~wrong)], wrong, np.ones(400))
    >>> one.words, one.error, one.is_worse, other.is_worse
    ('odd', 1.0, True, False)
    """
    wrong, pi = np.asarray(wrong, dtype=bool), np.asarray(pi, dtype=np.float64)
    kept = [
        (kind, words, own)
        for kind, words, own in slices
        if int(own.sum()) >= fewest and int((~own).sum()) >= fewest
    ]
    each = 1 - (1 - confidence) / max(1, 2 * len(kept))  # a slice and its rest, both, of all of them
    weight = 1 / pi
    all_mistakes = float(weight[wrong].sum())
    found = []
    for kind, words, own in kept:
        here = hajek(wrong[own].astype(float), pi[own], confidence=each)
        rest = hajek(wrong[~own].astype(float), pi[~own], confidence=each)
        cases = float(weight[own].sum() / weight.sum())
        mistakes = float(weight[own & wrong].sum() / all_mistakes) if all_mistakes else 0.0
        spared = (here.value - rest.value) * float(weight[own].sum())
        found.append(
            WeakSlice(
                kind=kind,
                words=words,
                n=here.n,
                error=here.value,
                low=here.interval.low,
                high=here.interval.high,
                elsewhere=rest.value,
                cases=cases,
                mistakes=mistakes,
                excess=spared / all_mistakes if all_mistakes else 0.0,
                is_worse=here.interval.low > rest.interval.high,
            )
        )
    return sorted(found, key=lambda one: (not one.is_worse, -one.excess, one.kind, one.words))
