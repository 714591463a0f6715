"""Workflows' lives under e-LOND: a hundred plans each, good and bad ones, in orders made to hurt.

A plan is played at one cutoff, as `sequential` would with its constant bets: labels arrive by the fifty, and
it passes at the first look at which wealth reaches 1 / alpha_t.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.guarantee.betting import SHRINK, certifying_bets, log_mean_exp
from science.guarantee.elond import gamma

LOOK = 50
# (number of the plan, issued, whether the last one passed; shape (n_lives,) each) -> whether this one is bad
Order = Callable[[int, np.ndarray, np.ndarray], np.ndarray]


def _always(_t: int, issued: np.ndarray, _passed: np.ndarray) -> np.ndarray:
    return np.ones(issued.shape, dtype=bool)


def _in_turn(t: int, issued: np.ndarray, _passed: np.ndarray) -> np.ndarray:
    return np.full(issued.shape, t % 2 == 0)


def _good_begins(t: int, issued: np.ndarray, _passed: np.ndarray) -> np.ndarray:
    return np.full(issued.shape, t > 30)


def _after_a_pass(_t: int, _issued: np.ndarray, passed: np.ndarray) -> np.ndarray:
    return passed


def _one_good_one(t: int, issued: np.ndarray, _passed: np.ndarray) -> np.ndarray:
    return np.full(issued.shape, t != 1)


def _while_few(_t: int, issued: np.ndarray, _passed: np.ndarray) -> np.ndarray:
    return issued < 5


ORDERS: dict[str, Order] = {
    "all bad": _always,
    "in turn": _in_turn,
    "thirty good, then bad": _good_begins,
    "bad after each pass": _after_a_pass,
    "one good, then bad": _one_good_one,
    "bad until five are issued": _while_few,
}


@dataclass(frozen=True, slots=True)
class Lives:
    """What became of simulated lives; every array has shape (n_lives,).

    Attributes:
        issued: certificates of each life.
        false_share: false ones among them at the end; 0 where none was issued.
        worst_share: the same at the worst moment of each life.
    """

    issued: np.ndarray
    false_share: np.ndarray
    worst_share: np.ndarray


def lives(
    order: Order,
    *,
    runs: int,
    rng: np.random.Generator,
    plans: int = 100,
    target: float = 0.01,
    good: float = 0.003,
    delta: float = 0.05,
    labels: int = 3000,
    shared: bool = False,
) -> Lives:
    """Play lives of many plans.

    Args:
        order: which plans are bad; a bad one is wrong exactly as often as the target, so every pass is false.
        good: risk of a good plan.
        shared: whether all bad plans of a life meet the same labels, as models of one kind would.
    """
    looks = labels // LOOK
    again = rng.binomial(LOOK, target, (runs, looks)) if shared else None
    issued, false = np.zeros(runs, dtype=np.int64), np.zeros(runs, dtype=np.int64)
    worst, passed = np.zeros(runs), np.zeros(runs, dtype=bool)
    for t in range(1, plans + 1):
        bad = order(t, issued, passed)
        wrong = rng.binomial(LOOK, np.where(bad, target, good)[:, None], (runs, looks))
        if again is not None:
            wrong = np.where(bad[:, None], again, wrong)
        passed = _peak(wrong, target) >= -np.log(delta * gamma(t) * (issued + 1))
        issued += passed
        false += passed & bad
        worst = np.maximum(worst, false / np.maximum(issued, 1))
    return Lives(issued, false / np.maximum(issued, 1), worst)


def _peak(wrong: np.ndarray, target: float) -> np.ndarray:
    """Largest log wealth at any look, shape (n_lives,); each look's count enters as so many labels."""
    bets = certifying_bets(target)
    k = wrong.cumsum(axis=1)[..., None]
    n = LOOK * np.arange(1, wrong.shape[1] + 1)[:, None]
    wealth = k * np.log1p(-bets * (1 - target)) + (n - k) * np.log1p(bets * target)
    return np.asarray(log_mean_exp(wealth, np.full(SHRINK.size, -np.log(SHRINK.size))).max(axis=1))
