"""Exact test for two strata that were sampled at different rates.

Accepted traffic has a part A (say, automated, audited at 5 %) and a part B (reviewed, a blind share of 30 %).
The share of each part is known from traffic; the error of each is not. The statistic is the stratified
estimate ``T = w_A K_A / n_A + w_B K_B / n_B`` and the p-value its largest chance, over all pairs of error
rates that together make exactly the target, of being as low as it was.

The maximum is bounded from above, not searched: P(T <= t) falls in each rate, so on a piece of the line
``w_A r_A + w_B r_B = target`` it is at most its value at the corner where both rates are lowest.

Source: the supremum over the nuisance parameter is Barnard (1947), for two binomials Berger (1996), "More
powerful tests from confidence interval p values"; the estimate is Cochran (1977), chapter 5.
"""

import numpy as np
from scipy import special

from science.guarantee.exact import p_value as exact_p_value

_PIECES = 12  # of the line, at first
_SPLITS = 5
_PARTS = 4  # into which the worst piece is split


def p_value(wrong: tuple[int, int], n: tuple[int, int], shares: tuple[float, float], target: float) -> float:
    """Evidence against "the error rate of both parts together is at least `target`".

    Args:
        wrong, n: wrong and labelled cases of each part, labels an equal-probability sample of their part.
        shares: share of each part in the accepted traffic, summing to 1.

    >>> p_value((0, 1), (600, 900), (0.8, 0.2), 0.01) < 0.05
    True
    >>> p_value((0, 0), (0, 900), (0.8, 0.2), 0.01)
    1.0
    """
    if not np.isclose(sum(shares), 1.0):
        raise ValueError(f"shares must sum to 1, not {sum(shares)}.")
    for part, other in ((0, 1), (1, 0)):
        if shares[part] <= 0:
            return float(exact_p_value(wrong[other], n[other], target))
        if n[part] <= 0:
            return 1.0
    # Sum over the part whose count can take fewer values below t.
    t = sum(share * k / m for share, k, m in zip(shares, wrong, n, strict=True))
    steps = [t * m / share for share, m in zip(shares, n, strict=True)]
    a, b = (0, 1) if steps[0] <= steps[1] else (1, 0)
    w_a, w_b, n_a, n_b = shares[a], shares[b], n[a], n[b]

    counts = np.arange(min(n_a, int(steps[a] + 1e-9)) + 1)
    rest = np.floor((t - w_a * counts / n_a) * n_b / w_b + 1e-9)  # ties count as being as low

    def chance(lowest_a: np.ndarray, highest_a: np.ndarray) -> np.ndarray:
        """Upper bound of P(T <= t) on pieces of the line: its value where both rates are lowest."""
        rate_a = np.where(lowest_a < 1e-12, 0.0, lowest_a)  # lower is safe, and pmf overflows near 1e-308
        rate_b = np.clip((target - w_a * highest_a) / w_b, 0.0, 1.0)
        of_a = _binomial(counts, n_a, rate_a[:, None])
        of_b = np.where(rest < 0, 0.0, exact_p_value(np.maximum(rest, 0), n_b, rate_b[:, None]))
        return np.asarray((of_a * of_b).sum(axis=1))

    edges = np.linspace(max(0.0, (target - w_b) / w_a), min(1.0, target / w_a), _PIECES + 1)
    low, high = edges[:-1], edges[1:]
    bounds = chance(low, high)
    for _ in range(_SPLITS):  # the piece with the largest bound is split into ever smaller ones
        worst = int(np.argmax(bounds))
        inner = np.linspace(low[worst], high[worst], _PARTS + 1)
        low = np.concatenate([np.delete(low, worst), inner[:-1]])
        high = np.concatenate([np.delete(high, worst), inner[1:]])
        bounds = np.concatenate([np.delete(bounds, worst), chance(inner[:-1], inner[1:])])
    return float(min(1.0, bounds.max()))


def _binomial(counts: np.ndarray, n: int, rate: np.ndarray) -> np.ndarray:
    """Return P(X = k) of X ~ Bin(n, rate) for each count k, by logarithms.

    As `scipy.stats.binom.pmf`, without the 36 MB that importing `scipy.stats` costs each web process.
    """
    ways = special.gammaln(n + 1) - special.gammaln(counts + 1) - special.gammaln(n - counts + 1)
    return np.asarray(np.exp(ways + special.xlogy(counts, rate) + special.xlog1py(n - counts, -rate)))
