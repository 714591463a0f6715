"""Two models judged on the same cases: by how much does one err more often than the other?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Error rate of the first minus that of the second, with a two-sided interval."""

    n_cases: int
    error_a: float
    error_b: float
    difference: float
    low: float
    high: float


def paired_difference(
    wrong_a: np.ndarray,
    wrong_b: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    confidence: float = 0.95,
) -> PairedDifference:
    """Compare two error rates measured on the same cases.

    Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data" (Statistics in Medicine 17, 1998), method 10: Wilson intervals of both rates, joined by their
    correlation. Unlike the normal interval it keeps its width when the models disagree on few cases or none.
    With weights, the proportions are weighted and the sample counts as Kish's effective size
    (sum w)^2 / sum w^2 (Kish, Survey Sampling, 1965), which is an approximation.

    Parameters
    ----------
    wrong_a, wrong_b: (n_cases,) bool, of the same cases in the same order.
    weights: (n_cases,) positive, for example one over the inclusion probability; equal when None.
    confidence: of the interval, between 0 and 1.

    Raises
    ------
    ValueError: no case, or arrays of different lengths, or a weight that is not positive.

    >>> found = paired_difference(np.array([1, 0, 0, 0]), np.array([0, 0, 0, 0]))
    >>> found.difference, found.low < 0 < found.high
    (0.25, True)
    """
    a, b = np.asarray(wrong_a, dtype=bool), np.asarray(wrong_b, dtype=bool)
    w = np.ones(len(a)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(a) or not len(a) == len(b) == len(w):
        raise ValueError("a comparison needs the same cases, and at least one, on both sides")
    if not (np.isfinite(w) & (w > 0)).all():
        raise ValueError("weights must be finite and positive")
    n = float(w.sum() ** 2 / (w**2).sum())
    share = w / w.sum()
    both, only_a, only_b = (float(share[cell].sum()) for cell in (a & b, a & ~b, ~a & b))
    p, q = both + only_a, both + only_b
    low_p, high_p = wilson_interval(p, n, confidence)
    low_q, high_q = wilson_interval(q, n, confidence)
    phi = _correlation(both, only_a, only_b, n)
    difference = p - q
    below = _joined(p - low_p, high_q - q, phi)
    above = _joined(high_p - p, q - low_q, phi)
    return PairedDifference(
        len(a), p, q, difference, max(-1.0, difference - below), min(1.0, difference + above)
    )


def _joined(one: float, other: float, phi: float) -> float:
    return float(np.sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2)))


def _correlation(both: float, only_a: float, only_b: float, n: float) -> float:
    """Phi of the two errors, its numerator moved towards zero by half a case as Newcombe does."""
    neither = max(0.0, 1 - both - only_a - only_b)
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins <= 0:
        return 0.0
    product = both * neither - only_a * only_b
    if product > 0:
        product = max(0.0, product - 0.5 / n)
    return float(product / np.sqrt(margins))
