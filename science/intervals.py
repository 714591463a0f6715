"""Intervals of a share, without SciPy: for pages that only show them."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson_interval(share: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of a share seen in `n` cases; `n` may be an effective size.

    Wilson, "Probable inference, the law of succession, and statistical inference" (JASA 22, 1927): the shares
    whose normal approximation does not reject what was seen.

    >>> low, high = wilson_interval(0.0, 10)
    >>> low, round(high, 4)
    (0.0, 0.2775)
    """
    if n <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
