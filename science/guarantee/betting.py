"""Tests and intervals for a mean by betting: any loss in [0, 1], unequal inclusion probabilities, peeking.

A gambler who bets against "the risk is at least the target" multiplies their wealth by ``1 - b w (x -
target)`` at each label. If the claim is true, wealth is a nonnegative supermartingale that starts at 1, so it
ever exceeds 1/delta with probability at most delta (Ville's inequality). The weight ``w = floor / pi`` keeps
the game fair when labels are collected with unequal probabilities, because E[(collected / pi) (x - risk)] = 0
for every case. Constant bets are mixed, so nothing depends on the order of the labels except what peeking
allows.

Source: Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by betting", sections 4
and B.8 (mixtures of constant bets); importance weights as in Waudby-Smith, Wu, Ramdas et al. (2022),
"Anytime-valid off-policy inference for contextual bandits", section 3.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.guarantee.grid import accepts

# If the true risk is c * target, the best bet is (1 - c) / (1 - target) for a loss of 0 or 1.
SHRINK = np.array([0.02, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85])

_UNINFORMED = 0.1  # share of the stake that ignores the tuning data, in case they mislead

_BETS_ABOVE = np.array([0.01, 0.02, 0.04, 0.07, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97])
_BETS_BELOW = np.geomspace(0.05, 400, 22)
_BISECTIONS = 40
_MOMENTS = 256


def certifying_bets(target: float) -> np.ndarray:
    """Bets against "the risk is at least `target`", shape (n_bets,)."""
    return (1 - SHRINK) / (1 - target)


def bet_shares(tune_n: np.ndarray, tune_wrong: np.ndarray, target: float) -> np.ndarray:
    """How much is staked on each bet at each cutoff, shape (n_cutoffs, n_bets), rows summing to 1.

    Any shares fixed before the labels are valid. Those that follow the tuning data bet hardest where the risk
    is
    believed to be: a Gamma(wrong + 1/2, n) belief about the risk, read at the rates that the bets are best
        for.
    """
    wrong, n = (
        np.asarray(tune_wrong, dtype=np.float64)[:, None],
        np.asarray(tune_n, dtype=np.float64)[:, None],
    )
    rates = SHRINK * target
    log_belief = (wrong + 0.5) * np.log(rates) - n * rates
    belief = np.exp(log_belief - log_belief.max(axis=1, keepdims=True))
    believed = belief / belief.sum(axis=1, keepdims=True)
    shares: np.ndarray = (1 - _UNINFORMED) * believed + _UNINFORMED / SHRINK.size
    return shares


def critical_count(n: np.ndarray, shares: np.ndarray, target: float, delta: float) -> np.ndarray:
    """Largest number of wrong cases among `n` with which a cutoff's wealth reaches 1/delta; -1 if none.

    Args:
        n: labels with equal pi per cutoff, shape (n_cutoffs,).
        shares: see `bet_shares`, shape (n_cutoffs, n_bets).

    >>> shares = np.full((1, SHRINK.size), 1 / SHRINK.size)
    >>> critical_count(np.array([1000]), shares, 0.01, 0.05).tolist()
    [2]
    """
    n = np.asarray(n, dtype=np.int64)
    bets = certifying_bets(target)
    right, wrong = np.log1p(bets * target), np.log1p(-bets * (1 - target))
    low, high = np.full(n.shape, -1, dtype=np.int64), np.maximum(n, 0) + 1
    while np.any(high - low > 1):
        middle = (low + high) // 2
        wealth = log_mean_exp(middle[:, None] * wrong + (n - middle)[:, None] * right, np.log(shares))
        passes = (middle >= 0) & (middle <= n) & (wealth >= -np.log(delta))
        low, high = np.where(passes, middle, low), np.where(passes, high, middle)
    return low


def log_gains(losses: np.ndarray, weights: np.ndarray, target: float, bets: np.ndarray) -> np.ndarray:
    """Log of what each label does to each gambler's wealth, shape (n_labels, n_bets).

    Args:
        losses: in [0, 1], shape (n_labels,).
        weights: floor / pi, in (0, 1], shape (n_labels,).
    """
    stake = (weights * (losses - target))[:, None] * bets
    return np.asarray(np.log1p(-stake))


def log_mean_exp(log_wealth: np.ndarray, log_prior: np.ndarray | None = None) -> np.ndarray:
    """Log of the mixture of wealths over the last axis; equal shares unless a log prior is given."""
    shares = -np.log(log_wealth.shape[-1]) if log_prior is None else log_prior
    total = log_wealth + shares
    top = total.max(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        spread = np.exp(total - np.where(np.isfinite(top), top, 0.0)).sum(axis=-1)
    with np.errstate(divide="ignore"):
        mixed: np.ndarray = np.log(spread) + np.where(np.isfinite(top), top, 0.0)[..., 0]
    return mixed


def p_value(losses: np.ndarray, target: float, weights: np.ndarray | None = None) -> float:
    """Evidence against "the risk is at least `target`": one over the largest wealth reached.

    Valid at any moment somebody chooses to stop, for labels in an order that does not depend on their losses.

    >>> p_value(np.zeros(500), 0.01) < 0.05 < p_value(np.zeros(300), 0.01)
    True
    >>> p_value(np.array([]), 0.01)
    1.0
    """
    x = np.asarray(losses, dtype=np.float64)
    if x.size == 0:
        return 1.0
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    wealth = np.cumsum(log_gains(x, w, target, certifying_bets(target)), axis=0)
    return float(min(1.0, np.exp(-log_mean_exp(wealth).max())))


def p_values(
    scores: np.ndarray, losses: np.ndarray, weights: np.ndarray, grid: np.ndarray, target: float
) -> np.ndarray:
    """`p_value` of the labels that each cutoff accepts, all cutoffs at once, shape (n_cutoffs,).

    Wealth is read at up to 256 moments spread over the labels instead of after each: still valid, as the
    moments do not depend on the losses, and a thousand times less work.

    >>> grid = np.array([0.95, 0.9])
    >>> p_values(np.full(500, 0.9), np.zeros(500), np.ones(500), grid, 0.01).round(3).tolist()
    [1.0, 0.023]
    """
    n, m = len(scores), len(grid)
    if n == 0:
        return np.ones(m)
    gains = log_gains(losses, weights, target, certifying_bets(target))
    moments = min(n, _MOMENTS)
    cell = (np.arange(n) * moments // n) * (m + 1) + accepts(scores, grid)
    sums = [np.bincount(cell, gain, minlength=moments * (m + 1)) for gain in gains.T]
    # (moments, cutoffs, bets), over all earlier moments and all cutoffs that are at least as strict
    wealth = np.stack(sums, axis=-1).reshape(moments, m + 1, -1)[:, :m].cumsum(axis=1).cumsum(axis=0)
    return np.asarray(np.minimum(1.0, np.exp(-log_mean_exp(wealth).max(axis=0))))


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the mean with the stated confidence; [0, 1] when nothing was seen."""

    low: float
    high: float
    confidence: float


def mean_interval(
    losses: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    confidence: float = 0.95,
    ordered: bool = False,
) -> Interval:
    """Interval for the mean loss of traffic, valid at every sample size and at all moments at once.

    Args:
        losses: in [0, 1], shape (n_labels,).
        weights: proportional to 1 / pi, shape (n_labels,); None means equal.
        ordered: whether the labels are in decision order. Then what earlier moments ruled out stays ruled
            out: slower, never wider, and it does not jump back on a chart.

    >>> i = mean_interval(np.zeros(1000))
    >>> i.low == 0.0 and 0.003 < i.high < 0.01
    True
    """
    x = np.asarray(losses, dtype=np.float64)
    if x.size == 0:
        return Interval(0.0, 1.0, confidence)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64) / np.max(weights)
    if ordered:
        counts = None
    else:  # order does not matter, so equal labels are counted instead of repeated
        (w, x), counts = np.unique(np.stack([w, x]), axis=1, return_counts=True)
    needed = float(np.log(2 / (1 - confidence)))

    def refuted_from_below(mean: float) -> bool:
        """Whether a true mean as large as `mean` would make what was seen too unlikely."""
        return _peak(np.log1p(np.multiply.outer(w * (mean - x), _BETS_ABOVE)), counts) >= needed

    def refuted_from_above(mean: float) -> bool:
        """Whether a true mean as small as `mean` would make what was seen too unlikely."""
        bets = _BETS_BELOW[_BETS_BELOW * mean < 0.99]
        gains = np.log1p(np.multiply.outer(w * (x - mean), bets))
        # The bets left out keep their share and lose it: wealth only falls.
        return _peak(gains, counts) + math.log(bets.size / _BETS_BELOW.size) >= needed

    low, high = _edge(refuted_from_above), 1 - _edge(lambda rest: refuted_from_below(1 - rest))
    if ordered and low >= high:  # no single mean fits all moments: it changed, so speak of the average
        return mean_interval(losses, weights=weights, confidence=confidence)
    return Interval(low, high, confidence)


def _peak(gains: np.ndarray, counts: np.ndarray | None) -> float:
    wealth = np.cumsum(gains, axis=0) if counts is None else (counts[:, None] * gains).sum(0, keepdims=True)
    return float(log_mean_exp(wealth).max())


def _edge(refuted: Callable[[float], bool]) -> float:
    """Largest refuted number in [0, 1], 0 if none; refutation is monotone because each wealth is."""
    low, high = 0.0, 1.0
    if not refuted(low):
        return low
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
