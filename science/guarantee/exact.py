"""Exact binomial tests and bounds for an error rate.

Assumes independent cases that are wrong with one common probability: an equal-probability sample of traffic.
All functions broadcast. Nothing observed is an answer here (p = 1, bounds 0 and 1), never a NaN.

Source: Clopper and Pearson (1934); p-values as in Bates, Angelopoulos et al. (2021), "Distribution-free,
risk-controlling prediction sets", section 3.
"""

import math

import numpy as np
from scipy import special


def p_value(wrong: np.ndarray | float, n: np.ndarray | int, target: np.ndarray | float) -> np.ndarray:
    """Evidence against "the error rate is at least `target`": P(Binomial(n, target) <= wrong).

    Valid (super-uniform) for every error rate >= `target`. With n = 0 it is 1.

    >>> round(float(p_value(0, 299, 0.01)), 4)
    0.0495
    >>> float(p_value(0, 0, 0.01)), float(p_value(5, 5, 0.01))
    (1.0, 1.0)
    """
    wrong, n = np.asarray(wrong, dtype=np.float64), np.asarray(n, dtype=np.float64)
    correct = np.maximum(n - wrong, 1)  # n == wrong is answered below
    return np.where(wrong >= n, 1.0, special.betaincc(wrong + 1, correct, target))


def upper_bound(wrong: np.ndarray | float, n: np.ndarray | int, delta: float) -> np.ndarray:
    """Smallest u such that the error rate is at most u with confidence 1 - `delta` (one-sided).

    >>> round(float(upper_bound(0, 299, 0.05)), 4)
    0.01
    """
    wrong, n = np.asarray(wrong, dtype=np.float64), np.asarray(n, dtype=np.float64)
    correct = np.maximum(n - wrong, 1)  # n == wrong is answered below
    return np.where(wrong >= n, 1.0, special.betaincinv(wrong + 1, correct, 1 - delta))


def lower_bound(wrong: np.ndarray | float, n: np.ndarray | int, delta: float) -> np.ndarray:
    """Largest l such that the error rate is at least l with confidence 1 - `delta` (one-sided).

    >>> float(lower_bound(0, 50, 0.05))
    0.0
    """
    wrong, n = np.asarray(wrong, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return np.where(wrong <= 0, 0.0, special.betaincinv(np.maximum(wrong, 1), n - wrong + 1, delta))


def critical_count(n: np.ndarray | int, target: np.ndarray | float, delta: float) -> np.ndarray:
    """Largest number of wrong cases among `n` with which the test still passes at `delta`; -1 if none.

    >>> critical_count(np.array([0, 298, 299, 1000]), 0.01, 0.05).tolist()
    [-1, -1, 0, 4]
    """
    n = np.asarray(n, dtype=np.int64)
    # The upper bound is invertible in n, not in the count; a bisection over counts is exact and short. For
    # delta up to one half no count above the mean passes, as the median of a binomial is its mean, rounded.
    most = np.ceil(n * target).astype(np.int64) if delta <= 0.5 else n
    low, high = np.full(n.shape, -1, dtype=np.int64), np.clip(most, 0, np.maximum(n, 0))
    while np.any(high - low > 1):
        middle = (low + high) // 2
        passes = (middle >= 0) & (p_value(np.maximum(middle, 0), n, target) <= delta)
        low, high = np.where(passes, middle, low), np.where(passes, high, middle)
    return low


def fewest_labels(target: float, delta: float) -> int:
    """Number of labelled, accepted, error-free cases without which no test can pass.

    >>> [fewest_labels(target, 0.05) for target in (0.005, 0.01, 0.02, 0.05)]
    [598, 299, 149, 59]
    """
    return math.ceil(math.log(delta) / math.log1p(-target))
