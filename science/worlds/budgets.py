"""Periods whose wrong decisions are counted, so that a false end or verdict of an error budget can be.

Only wrong decisions matter to a budget, so only they are drawn, in blocks, many lives at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.guarantee import budget_ends as ends
from science.guarantee.budget_verdict import Terms
from science.guarantee.exact import critical_count, p_value

Goal = Literal["running", "count", "inversion"]
Risk = Callable[[float], float]  # share of the period gone -> chance that a decision is wrong

TARGET = 0.01
WORLDS: dict[str, Risk | None] = {
    "still": lambda gone: 0.005,
    "jump": lambda gone: 0.003 if gone < 0.5 else 0.03,
    "rising": lambda gone: 0.002 + 0.016 * gone,
    "burst": lambda gone: 0.1 if 0.4 <= gone < 0.45 else 0.004,
    "at the target": lambda gone: TARGET,
    "adversary": None,
}
POLICIES = ("fixed", "raised_after_errors", "raised_while_clean")
_WILD = 0.1  # the adversary's chance of an error, in blocks in which it errs


@dataclass(frozen=True, slots=True)
class Lives:
    """What became of many periods; shape (runs,) each.

    Attributes:
        wrong, audits_wrong: wrong decisions; those that were audited.
        high, low: the running ends at the period's end.
        above_ever, below_ever: whether the upper or the lower end ever excluded the truth.
        kept, broken: the verdict.
    """

    wrong: np.ndarray
    audits_wrong: np.ndarray
    high: np.ndarray
    low: np.ndarray
    above_ever: np.ndarray
    below_ever: np.ndarray
    kept: np.ndarray
    broken: np.ndarray

    @property
    def above_at_end(self) -> np.ndarray:
        """Whether the upper end is too low at the end."""
        return np.asarray(self.wrong > self.high)

    @property
    def below_at_end(self) -> np.ndarray:
        """Whether the lower end is too high at the end."""
        return np.asarray(self.wrong < self.low)

    def falsely_kept(self, terms: Terms) -> np.ndarray:
        """Whether the verdict says kept although more than the budget is wrong."""
        return np.asarray(self.kept & (self.wrong > terms.allowed))

    def falsely_broken(self, terms: Terms) -> np.ndarray:
        """Whether the verdict says broken although at most the budget is wrong."""
        return np.asarray(self.broken & (self.wrong <= terms.allowed))


def budget_lives(
    world: str,
    policy: str,
    terms: Terms,
    *,
    runs: int,
    rng: np.random.Generator,
    goal: Goal = "running",
    block: int = 100,
) -> Lives:
    """Play periods of `terms.decisions`.

    Args:
        world: one of `WORLDS`. The adversary errs in the block after each one without a seen error, and
            stops once more is wrong than the bound of its goal.
        policy: one of `POLICIES`; none goes below `terms.rate`.
        goal: which bound the adversary wants to beat: the running upper end, the verdict's count, or the
            exact inversion, which does not hold against it.
    """
    above = ends.bets_above(terms.rate, terms.budget().expected_seen, terms.delta_kept)
    below = ends.bets_below(terms.rate)
    wrong, seen_all, counted = (np.zeros(runs, dtype=np.int64) for _ in range(3))
    log_above, log_below = np.zeros((runs, ends.N_BETS)), np.zeros((runs, ends.N_BETS))
    least, above_ever, below_ever = np.zeros(runs), np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool)
    since = np.full(runs, 1000)  # blocks since an audited error
    steps = terms.decisions // block
    for step in range(steps):
        pi = _rates(policy, since, terms.rate)
        risk = WORLDS[world]
        if risk is None:
            errs = (since > 0) & ~_is_beaten(goal, terms, wrong, seen_all, counted, log_above, above)
            chance = np.where(errs, _WILD, 0.0)
        else:
            chance = np.full(runs, risk(step / steps))
        errors = rng.binomial(block, chance)
        seen = rng.binomial(errors, pi)
        log_above += seen[:, None] * ends.log_seen(np.ones(runs), pi, above)
        log_below += seen[:, None] * ends.log_seen(np.ones(runs), pi, below)
        wrong, seen_all, counted = (
            wrong + errors,
            seen_all + seen,
            counted + rng.binomial(seen, terms.rate / pi),
        )
        unseen = (wrong - seen_all).astype(np.float64)
        above_ever |= ends.evidence(unseen, log_above, above) >= -np.log(terms.delta_kept)
        below_ever |= ends.evidence(unseen, log_below, below) >= -np.log(terms.delta_broken)
        some = seen > 0
        if some.any():
            lows = seen_all[some] + ends.unseen_end(log_below[some], below, terms.delta_broken)
            least[some] = np.maximum(least[some], lows)
        since = np.where(some, 0, since + 1)
    low, high = ends.whole(
        np.maximum(least, seen_all), seen_all + ends.unseen_end(log_above, above, terms.delta_kept)
    )
    return Lives(
        wrong=wrong,
        audits_wrong=seen_all,
        high=high,
        low=low,
        above_ever=above_ever,
        below_ever=below_ever,
        kept=p_value(counted, terms.needed, terms.rate) <= terms.delta_kept,
        broken=low > terms.allowed,
    )


def exact_high(counted: np.ndarray, rate: float, delta: float, most: int) -> np.ndarray:
    """Upper ends by inversion of the binomial, shape of `counted`."""
    passing = critical_count(np.arange(most + 1), rate, delta)  # at each w the largest count that refutes it
    return np.searchsorted(passing, counted, side="left") - 1


def raised(
    errors: int, rate: float, pi: np.ndarray, *, runs: int, rng: np.random.Generator, delta: float = 0.05
) -> np.ndarray:
    """Upper ends for the same wrong decisions and draws at audit rates that are given; shape (n_policies,
    runs).

    Args:
        rate: rho of all policies.
        pi: inclusion probability of every wrong decision under every policy, shape (n_policies, errors).
    """
    bets, draws = ends.bets_above(rate, rate * errors, delta), rng.random((runs, errors))
    highs = []
    for rates in pi:
        seen = draws < rates
        products = seen @ ends.log_seen(np.ones(errors), rates, bets)
        highs.append(seen.sum(axis=1) + ends.unseen_end(products, bets, delta))
    return np.array(highs)


def _rates(policy: str, since: np.ndarray, rate: float) -> np.ndarray:
    if policy == "fixed":
        return np.full(since.shape, rate)
    more = min(1.0, 5 * rate)
    if policy == "raised_after_errors":
        return np.where(since < 10, more, rate)
    return np.where(since > 3, more, rate)


def _is_beaten(
    goal: Goal,
    terms: Terms,
    wrong: np.ndarray,
    seen: np.ndarray,
    counted: np.ndarray,
    log_above: np.ndarray,
    bets: ends.Bets,
) -> np.ndarray:
    if goal == "count":
        return np.asarray(wrong >= terms.needed)
    if goal == "inversion":
        # w is refuted when P(Binomial(w, rate) <= counted) <= delta
        return np.asarray(p_value(counted, wrong, terms.rate) <= terms.delta_kept) & (wrong > 0)
    unseen = (wrong - seen).astype(np.float64)
    return np.asarray(ends.evidence(unseen, log_above, bets) >= -np.log(terms.delta_kept))
