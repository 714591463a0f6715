"""Certify while labels arrive, and look after every one.

Each cutoff has a wealth process (see `betting`); a cutoff passes once its wealth has ever reached 1/delta. By
Ville's inequality that happens with probability at most delta if its risk is too high, at any stopping time,
so the walk over cutoffs stays valid however often people look. Part of the stake is played for the planned
number of labels (see `planned`), which keeps the price of looking to about one point of automation.

Labels must come in decision order, in blocks whose every label is final (see `blocks`): answers as they come
in would let easy cases overtake the disputed ones.

Source: Waudby-Smith and Ramdas (2024), section 4; Ville (1939); the walk as in `walk`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.guarantee.betting import bet_shares, certifying_bets, log_mean_exp
from science.guarantee.certify import refusal
from science.guarantee.exact import upper_bound
from science.guarantee.grid import check_scores
from science.guarantee.losses import check_losses
from science.guarantee.planned import PLANNED_SHARE, planned_bets, planned_tests
from science.guarantee.planning import TestPlan
from science.guarantee.thinning import check_pi
from science.guarantee.verdict import Certified, Verdict
from science.guarantee.walk import walk


@dataclass(slots=True)
class AnytimeCertifier:
    """One wealth process per cutoff of a frozen plan.

    Attributes:
        plan: what is tested.
        log_wealth: of the constant bets, then of the one that plays for the planned number of labels; shape
            (n_cutoffs, n_bets + 1).
        peak: largest log of the mixed wealth until it sufficed, shape (n_cutoffs,).
        n, wrong: accepted labels and the sum of their losses, shape (n_cutoffs,); 0 before the start.

    >>> from science.guarantee.planning import plan
    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(9000); wrong = rng.random(9000) < 0.2 * (1 - score) ** 4
    >>> p = plan(score[:4000], wrong[:4000], target=0.01, delta=0.05, expected_labels=4000)
    >>> c = AnytimeCertifier(p)
    >>> c.add_block(score[4000:], wrong[4000:], np.ones(5000))
    >>> c.verdict().status
    'certified'
    """

    plan: TestPlan
    log_wealth: np.ndarray = field(init=False)
    peak: np.ndarray = field(init=False)
    n: np.ndarray = field(init=False)
    wrong: np.ndarray = field(init=False)
    _grid: np.ndarray = field(init=False, repr=False)
    _bets: np.ndarray = field(init=False, repr=False)
    _log_shares: np.ndarray = field(init=False, repr=False)
    _planned: np.ndarray = field(init=False, repr=False)
    _critical: np.ndarray = field(init=False, repr=False)
    _accepted_weight: np.ndarray = field(init=False, repr=False)
    _wrong_weight: np.ndarray = field(init=False, repr=False)
    _needed: float = field(init=False, repr=False)
    _weight: float = field(init=False, default=0.0, repr=False)

    def __post_init__(self) -> None:
        self._grid = np.asarray(self.plan.grid)
        self._bets = certifying_bets(self.plan.target)
        shares = bet_shares(np.asarray(self.plan.tune_n), np.asarray(self.plan.tune_wrong), self.plan.target)
        planned = np.full((self._grid.size, 1), PLANNED_SHARE)
        self._log_shares = np.log(np.hstack([(1 - PLANNED_SHARE) * shares, planned]))
        coverage = np.asarray(self.plan.coverage)
        self._planned, self._critical = planned_tests(
            np.floor(coverage * self.plan.expected_labels),
            coverage,
            shares,
            self.plan.target,
            self.plan.delta,
        )
        self._needed = float(-np.log(self.plan.delta))
        self.log_wealth = np.zeros((self._grid.size, self._bets.size + 1))
        self.peak = np.zeros(self._grid.size)
        self.n = np.zeros(self._grid.size, dtype=np.int64)
        self.wrong = np.zeros(self._grid.size)
        self._accepted_weight = np.zeros(self._grid.size)
        self._wrong_weight = np.zeros(self._grid.size)

    def add(self, score: float, loss: float, pi: float) -> None:
        """Take in one final label.

        Raises:
            ValueError: score, loss or pi is out of range, or pi is below the plan's floor; nothing is taken
                in.
        """
        check_scores(np.array([score]))
        x = float(check_losses(np.array([loss]))[0])
        weight = self.plan.pi_floor / float(check_pi(np.array([pi]), self.plan.pi_floor)[0])
        self._take(score, x, weight)

    def add_block(self, scores: np.ndarray, losses: np.ndarray, pi: np.ndarray) -> None:
        """Take in a closed block of final labels, in decision order, as if one by one; all or none."""
        check_scores(scores)
        x, weights = check_losses(losses), self.plan.pi_floor / check_pi(pi, self.plan.pi_floor)
        for score, loss, weight in zip(np.asarray(scores, dtype=np.float64), x, weights, strict=True):
            self._take(float(score), float(loss), float(weight))

    def _take(self, score: float, loss: float, weight: float) -> None:
        self._weight += weight
        first = self._grid.size - int(np.searchsorted(self._grid[::-1], score, side="right"))
        first = max(first, self.plan.start)  # what is stricter than the start is never asked about
        if first == self._grid.size:
            return
        # What has passed stays passed; only the others still play.
        playing = first + np.flatnonzero(self.peak[first:] < self._needed)
        if playing.size:
            self.gain(playing, np.log1p(-self.bets(playing) * (weight * (loss - self.plan.target))))
        accepted = slice(first, None)
        self.n[accepted] += 1
        self.wrong[accepted] += loss
        self._accepted_weight[accepted] += weight
        self._wrong_weight[accepted] += weight * loss

    def bets(self, cutoffs: np.ndarray) -> np.ndarray:
        """What is staked on the next label at these cutoffs, shape (n_cutoffs, n_bets + 1)."""
        left = self._planned[cutoffs] - self._accepted_weight[cutoffs]
        spare = self._critical[cutoffs] - self._wrong_weight[cutoffs]
        bets = np.empty((cutoffs.size, self._bets.size + 1))
        bets[:, :-1] = self._bets
        bets[:, -1] = planned_bets(left, spare, self.plan.target)
        return bets

    def gain(self, cutoffs: np.ndarray, log_gains: np.ndarray) -> None:
        """Multiply the wealth of these cutoffs; `log_gains` has the shape of their `bets`."""
        wealth = self.log_wealth[cutoffs] + log_gains
        self.log_wealth[cutoffs] = wealth
        self.peak[cutoffs] = np.maximum(self.peak[cutoffs], log_mean_exp(wealth, self._log_shares[cutoffs]))

    def verdict(self) -> Verdict:
        """What is proved by now; may be asked at any time, as often as one likes."""
        plan = self.plan
        last = walk(self._p_value_at, plan.start, self._grid.size, plan.delta)
        if last is None:
            n, wrong = int(self.n[plan.start]), float(self.wrong[plan.start])
            return refusal(plan, n, wrong, float(upper_bound(wrong, n, plan.delta)) if n else None)
        return Certified(
            cutoff=plan.grid[last],
            walked=plan.grid[plan.start : last + 1],
            automation=float(self._accepted_weight[last] / self._weight),
            n_accepted=int(self.n[last]),
            n_wrong=float(self.wrong[last]),
            upper_bound=plan.target,
            p_value=self._p_value_at(last),
            method="anytime",
            target=plan.target,
            confidence=1 - plan.delta,
        )

    def _p_value_at(self, j: int) -> float:
        # Compared as logs first, so that `playing` and passing agree to the last bit.
        return min(self.plan.delta, float(np.exp(-self.peak[j]))) if self.peak[j] >= self._needed else 1.0

    def to_json(self) -> dict[str, Any]:
        """State as plain values; floats survive JSON exactly. The plan is stored apart."""
        return {
            "log_wealth": self.log_wealth.tolist(),
            "peak": self.peak.tolist(),
            "n": self.n.tolist(),
            "wrong": self.wrong.tolist(),
            "accepted_weight": self._accepted_weight.tolist(),
            "wrong_weight": self._wrong_weight.tolist(),
            "weight": self._weight,
        }

    @classmethod
    def from_json(cls, plan: TestPlan, state: dict[str, Any]) -> "AnytimeCertifier":
        """The certifier that `to_json` described."""
        restored = cls(plan)
        restored.log_wealth = np.array(state["log_wealth"])
        restored.peak = np.array(state["peak"])
        restored.n = np.array(state["n"])
        restored.wrong = np.array(state["wrong"])
        restored._accepted_weight = np.array(state["accepted_weight"])
        restored._wrong_weight = np.array(state["wrong_weight"])
        restored._weight = state["weight"]
        return restored
