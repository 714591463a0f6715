"""Bets that are chosen for the planned number of labels.

Mixtures of constant bets may be looked at for ever and pay for it: to pass they need wealth 1/delta, where a
test of fixed size gets by with far less evidence. But most certificates are decided near the number of labels
that was planned. So most of the stake goes to a gambler who owns exactly a fixed-size test: wealth is the
probability, if the risk were exactly the target, that the test will pass, given what was seen, divided by the
same at the beginning. That is a martingale (Doob's), it may be looked at after every label, and at the
planned size it is worth the fixed test (ADR 0030).

What the others will own by then counts as well, and how much that is depends on the counts alone. So the
test is the one with which all of them *together* reach 1/delta, and it is played for the fewest labels that
allow as many errors: one error allowed among 473 labels is a better game than one among 600 (ADR 0033).

Each step is a bet on the next label, ``b = (P(pass | right) / P(pass) - 1) / target``, so the same gambler
also plays fairly with weighted labels and losses between 0 and 1; there the plan is an approximation, the
fairness is not.

Source: Doob's martingale of a test as an e-process, Koolen, Ramdas and Vovk as told in Ramdas, Grunwald, Vovk
and Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference", section 4; fixed test as in
`exact`.
"""

import numpy as np
from scipy import special

from science.guarantee import exact
from science.guarantee.betting import certifying_bets, log_mean_exp

PLANNED_SHARE = 0.8  # of the stake, and so of delta, for the planned number of labels
_EARLY = (
    1.0  # standard deviations by which fewer labels may be accepted than expected, without spoiling the plan
)
_SOLVENT = 0.9999  # never stake everything: wealth stays positive, and its log finite
_SLACK = 1.01  # wealth aimed at, over wealth needed: never staking everything costs a little


def planned_tests(
    expected_n: np.ndarray, coverage: np.ndarray, shares: np.ndarray, target: float, delta: float
) -> tuple[np.ndarray, np.ndarray]:
    """The test that each cutoff is played for: accepted labels, and how many may be wrong (-1: none passes).

    Args:
        expected_n: accepted labels to be expected, shape (n_cutoffs,).
        coverage: share of all labels that each cutoff accepts, shape (n_cutoffs,).
        shares: of the constant bets, see `betting.bet_shares`, shape (n_cutoffs, n_bets).

    >>> shares = np.full((1, 7), 1 / 7)
    >>> n, wrong = planned_tests(np.array([600]), np.array([1.0]), shares, 0.01, 0.05)
    >>> int(n[0]), int(wrong[0])
    (494, 1)
    """
    expected = np.asarray(expected_n, dtype=np.float64)
    spread = np.sqrt(expected * (1 - np.clip(coverage, 0.0, 1.0)))
    most = np.maximum(np.floor(expected - _EARLY * spread), 0).astype(np.int64)
    bets, log_shares = certifying_bets(target), np.log(shares)
    right, wrong = np.log1p(bets * target), np.log1p(-bets * (1 - target))

    def suffices(n: np.ndarray, k: np.ndarray) -> np.ndarray:
        counted = np.maximum(k, 0)
        others = log_mean_exp(counted[:, None] * wrong + (n - counted)[:, None] * right, log_shares)
        chance = np.maximum(exact.p_value(counted, n, target), 1e-300)
        together = np.logaddexp(np.log(PLANNED_SHARE) - np.log(chance), np.log(1 - PLANNED_SHARE) + others)
        return np.asarray((k >= 0) & (together >= np.log(_SLACK / delta)))

    low = np.full(most.shape, -1, dtype=np.int64)  # so many may be wrong, `high` may not
    high = np.minimum(np.ceil(most * target).astype(np.int64), most)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        passes = suffices(most, middle)
        low, high = np.where(passes, middle, low), np.where(passes, high, middle)
    critical = low
    low, high = np.zeros_like(most), most.copy()  # `high` labels suffice, `low` do not
    while np.any(high - low > 1):
        middle = (low + high) // 2
        passes = suffices(middle, critical)
        low, high = np.where(passes, low, middle), np.where(passes, middle, high)
    return np.where(critical >= 0, high, most), critical


def planned_bets(left: np.ndarray, spare: np.ndarray, target: float) -> np.ndarray:
    """What the gambler bets on the next label, in [0, 1 / (1 - target)), shape (n_cutoffs,).

    Args:
        left: labels to come until the planned number, in full weights.
        spare: how many of them may be wrong; below 0 the test has failed and nothing is bet any more.

    >>> planned_bets(np.array([10.0, 0.0, 10.0]), np.array([0.0, 0.0, -1.0]), 0.01).round(3).tolist()
    [1.01, 0.0, 0.0]
    """
    playing = (spare >= 0) & (left > spare)
    rest, may = np.where(playing, left, 2.0), np.where(playing, spare, 0.0)
    now = special.betaincc(may + 1, rest - may, target)
    certain = rest - 1 <= may  # one more right label, and the test has passed
    after_right = np.where(
        certain, 1.0, special.betaincc(may + 1, np.where(certain, 1.0, rest - 1 - may), target)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        bets = (after_right / now - 1) / target
    return np.where(playing & np.isfinite(bets), np.clip(bets, 0.0, _SOLVENT / (1 - target)), 0.0)
