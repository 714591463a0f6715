"""A gambler who plays for the planned number of labels.

Mixtures of constant bets may be looked at for ever and pay for it: to pass they need wealth 1/delta, where a
test of fixed size gets by with far less evidence. But most certificates are decided near the number of labels
that was planned. So part of the stake goes to a gambler who owns exactly the fixed-size test: wealth is the
probability, if the risk were exactly the target, that the test will pass, given what was seen, divided by the
same at the beginning. That is a martingale (Doob's), it may be looked at after every label, and at the
planned size it is worth the fixed test.

Each step is a bet on the next label, ``b = (P(pass | right) / P(pass) - 1) / target``, so the same gambler
also plays fairly with weighted labels and losses between 0 and 1; there the plan is an approximation, the
fairness is not.

Source: Doob's martingale of a test as an e-process, Koolen, Ramdas and Vovk as told in Ramdas, Grunwald, Vovk
and Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference", section 4; fixed test as in
`exact`.
"""

import numpy as np
from scipy import special

from science.guarantee.exact import critical_count

PLANNED_SHARE = 0.7  # of the stake, and so of delta, for the planned number of labels
_EARLY = (
    0.97  # play for a little fewer labels than expected, so that a small shortfall does not spoil the plan
)
_SOLVENT = 0.999  # never stake everything: wealth stays positive, and its log finite


def planned_counts(expected_n: np.ndarray) -> np.ndarray:
    """Accepted labels that each cutoff is played for, shape (n_cutoffs,)."""
    return np.floor(_EARLY * np.asarray(expected_n, dtype=np.float64)).astype(np.int64)


def planned_critical_count(planned: np.ndarray, target: float, delta: float) -> np.ndarray:
    """Largest number of wrong labels with which the planned test passes, -1 if none; shape (n_cutoffs,)."""
    return critical_count(planned, target, PLANNED_SHARE * delta)


def planned_bets(left: np.ndarray, spare: np.ndarray, target: float) -> np.ndarray:
    """What the gambler bets on the next label, in [0, 1 / (1 - target)), shape (n_cutoffs,).

    Args:
        left: labels to come until the planned number, in full weights.
        spare: how many of them may be wrong; below 0 the test has failed and nothing is bet any more.

    >>> planned_bets(np.array([10.0, 0.0, 10.0]), np.array([0.0, 0.0, -1.0]), 0.01).round(3).tolist()
    [1.009, 0.0, 0.0]
    """
    playing = (spare >= 0) & (left - spare > 1)
    rest, may = np.where(playing, left, 2.0), np.where(playing, spare, 0.0)
    now = special.betaincc(may + 1, rest - may, target)
    after_right = special.betaincc(may + 1, rest - 1 - may, target)
    with np.errstate(divide="ignore", invalid="ignore"):
        bets = (after_right / now - 1) / target
    return np.where(playing & np.isfinite(bets), np.clip(bets, 0.0, _SOLVENT / (1 - target)), 0.0)
