"""Does every case come through, whichever arm it fell to? Sample-ratio mismatch, stage by stage.

Arms are drawn by a keyed hash, so how many cases fall to the canary is known beforehand, and what happens on
the way must not depend on the arm. A canary that loses its hard cases looks better than it is.

`of_counts` is the sequential multinomial test: a Dirichlet belief about the shares, centred at those that
should be, against these shares themselves. The Bayes factor depends on the counts alone, is a martingale that
starts at 1, and may be read after every case. Source: Lindon and Malek (2022), "Anytime-valid inference for
multinomial count data", arXiv 2011.03567, equation 9.

At the first stage it counts what *arrived* in each arm. At later ones it counts what was *lost* since the
stage before: lost cases should fall to the arms as the arms' shares do. Three per cent of a canary's cases
are a hundredth of all, and nobody sees them among what is left; among what is lost they are everything.

`of_losses` does the same where the shares are not known beforehand, because the arms are audited at different
rates: within a block of draws, given how many are lost, which are is a draw without replacement (Fisher's
exact test). Blocks multiply, and odds ratios are mixed.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

ARRIVED = 100.0  # what the belief about arriving shares weighs, in cases
LOST = 2.0
BLOCK = 50  # draws
_ODDS = np.array([1 / 30, 1 / 8, 1 / 3, 3, 8, 30])


def of_counts(counts: Sequence[int], shares: Sequence[float], *, weight: float) -> float:
    """Evidence that cases do not fall to the arms as they should; 1 where there are none.

    Args:
        counts: cases of each arm, shape (n_arms,).
        shares: that they should have, positive, summing to 1, shape (n_arms,).
        weight: how many cases the belief in the shares counts; small ones see large faults sooner.

    Raises:
        ValueError: lengths differ, a count is negative, or shares are no distribution.

    >>> of_counts([9_500, 500], [0.95, 0.05], weight=ARRIVED) < 1 < of_counts([0, 5], [0.95, 0.05],
    weight=LOST) True
    """
    n, theta = np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    if (
        n.shape != theta.shape
        or not np.all(n >= 0)
        or not np.all(theta > 0)
        or not abs(theta.sum() - 1) < 1e-9
    ):
        raise ValueError("counts must be at least 0, as many as shares, and shares positive with the sum 1.")
    if not weight > 0:
        raise ValueError("weight must be above 0.")
    prior = weight * theta
    log_marginal = special.gammaln(weight) - special.gammaln(weight + n.sum())
    log_marginal += float((special.gammaln(prior + n) - special.gammaln(prior)).sum())
    return float(np.exp(min(log_marginal - float(n @ np.log(theta)), 700.0)))


def of_losses(is_canary: Sequence[bool], is_lost: Sequence[bool]) -> float:
    """Evidence that being lost depends on the arm; whole blocks count.

    Args:
        is_canary: whose draw each is, in their order, shape (n_draws,).
        is_lost: whether it will never be answered, shape (n_draws,).

    Raises:
        ValueError: the lengths differ.

    >>> arm = [i % 2 == 0 for i in range(400)]
    >>> of_losses(arm, [False] * 400), of_losses(arm, [i % 20 == 0 for i in range(400)]) > 100
    (1.0, True)
    """
    if len(is_canary) != len(is_lost):
        raise ValueError("is_canary and is_lost must be as many.")
    log_wealth = np.zeros(_ODDS.size)
    for begin in range(0, len(is_canary) - BLOCK + 1, BLOCK):
        arm = np.asarray(is_canary[begin : begin + BLOCK], dtype=bool)
        lost = np.asarray(is_lost[begin : begin + BLOCK], dtype=bool)
        log_wealth += _log_ratios(int(arm.sum()), int(lost.sum()), int((arm & lost).sum()))
    return float(np.exp(np.minimum(log_wealth, 700.0)).mean())


def _log_ratios(canary: int, lost: int, both: int) -> np.ndarray:
    """Log of Fisher's noncentral over his central hypergeometric probability, for each odds ratio."""
    if not canary or canary == BLOCK or not lost:
        return np.zeros(_ODDS.size)
    possible = np.arange(max(0, lost - (BLOCK - canary)), min(canary, lost) + 1)
    log_central = -(
        special.gammaln(possible + 1)
        + special.gammaln(canary - possible + 1)
        + special.gammaln(lost - possible + 1)
        + special.gammaln(BLOCK - canary - lost + possible + 1)
    )
    central = special.softmax(log_central)
    ratios: np.ndarray = both * np.log(_ODDS) - np.log(central @ _ODDS ** possible[:, None])
    return ratios
