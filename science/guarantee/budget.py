"""The error budget: how many wrong decisions were delivered so far, proved at every moment from audits alone.

The decisions are a fixed population and all randomness is that of our own draws, so nothing is assumed of
the world: errors, audit rates and the number of decisions may react to everything that was seen before
(ADR 0043). What is assumed: a decision is fixed before its draw, nobody who submits, decides or reviews knows
the draw beforehand, and an audit is adjudicated blind. What every reviewer overlooks is not counted.

Decisions count as delivered, for ever: a mended error stays in the budget. Derivation in `budget_ends`; the
verdict of a closed period in `budget_verdict`, plans in `budget_plan`, forecasts in `budget_course`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from science.guarantee import budget_ends as ends
from science.guarantee.ranges import check_count, check_inside, check_next, check_rates, check_shares

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Spent:
    """Wrong decisions delivered so far; with costs, the sum of losses.

    Attributes:
        low, high: each is wrong with probability at most its own delta, at all moments together.
        estimate: audited errors, each divided by its inclusion probability (Horvitz-Thompson).
        unanswered: what unanswered audits would add to the estimate if all were wrong.
    """

    low: float
    high: float
    estimate: float
    unanswered: float


@dataclass(slots=True)
class ErrorBudget:
    """State of one budget; one for each label where each label has a promise of its own, at delta / labels.

    Attributes:
        rate: rho, a lower bound of every inclusion probability, declared beforehand.
        delta_above, delta_below: probabilities that the upper or the lower end is ever wrong.
        miss_bound: m, the chance at most with which reviewers miss an error, whatever came before. Bound it
            with a part of delta (see `misses`) and give the rest here.
        expected_seen: audited errors expected in the period; the upper end is sharpest there. A wrong guess
            costs width, never truth.
        counts: whether every loss is 0 or 1, so that ends are whole numbers.
        decisions, audits, unanswered: how many there were.
        wrong: sum of audited losses where an unanswered audit is wrong (K of the upper end).
        confirmed: the same where it is right (K of the lower end).
        counted, counted_confirmed: both, of the audits that a draw at `rate` alone would have taken.
        even: whether `counted` is what a draw at `rate` alone would have taken, and not more.
        right: audited decisions known to be right; with costs, the sum of 1 - loss.
        weighted, weighted_unanswered: sums of loss / pi.
        least: the highest lower end so far. W never falls, so it stays true.
        log_above, log_below: logs of the products over audits, shape (n_bets,).
        bets_above, bets_below: fixed when the budget begins, and stored with it.

    >>> rng = np.random.default_rng(1)
    >>> wrong = rng.random(50_000) < 0.005; audited = rng.random(50_000) < 0.055
    >>> budget = ErrorBudget(rate=0.055)
    >>> budget.add_block(50_000, wrong[audited], np.full(audited.sum(), 0.055))
    >>> spent = budget.spent()
    >>> int(wrong.sum()), spent.low, round(spent.estimate), spent.high
    (255, 209.0, 400, 703.0)
    """

    rate: float
    delta_above: float = 0.05
    delta_below: float = 0.05
    miss_bound: float = 0.0
    counts: bool = True
    expected_seen: float = 5.0
    decisions: int = 0
    audits: int = 0
    unanswered: int = 0
    wrong: float = 0.0
    confirmed: float = 0.0
    counted: float = 0.0
    counted_confirmed: float = 0.0
    even: bool = True
    right: float = 0.0
    weighted: float = 0.0
    weighted_unanswered: float = 0.0
    least: float = 0.0
    log_above: np.ndarray = field(default_factory=lambda: np.zeros(ends.N_BETS))
    log_below: np.ndarray = field(default_factory=lambda: np.zeros(ends.N_BETS))
    bets_above: ends.Bets = field(init=False)
    bets_below: ends.Bets = field(init=False)

    def __post_init__(self) -> None:
        check_rates(rate=self.rate)
        check_inside(delta_above=self.delta_above, delta_below=self.delta_below)
        check_shares(miss_bound=self.miss_bound)
        if not self.expected_seen >= 0:
            raise ValueError(f"expected_seen must not be negative: {self.expected_seen}.")
        self.bets_above = ends.bets_above(
            self.rate * (1 - self.miss_bound), self.expected_seen, self.delta_above
        )
        self.bets_below = ends.bets_below(self.rate)

    def add_block(
        self,
        decisions: int,
        losses: np.ndarray,
        pi: np.ndarray,
        draws: np.ndarray | None = None,
        *,
        before: int | None = None,
    ) -> None:
        """Take in a closed block of decisions, in decision order; all of it or nothing.

        Args:
            decisions: all decisions of the block, audited or not.
            losses: of the audited ones, in order; NaN where an audit is overdue, unsettled or lost. Such a
                one is wrong in the upper end and right in the lower one. Shape (n_audits,).
            pi: their inclusion probabilities, fixed before each draw, shape (n_audits,).
            draws: their uniforms, audited when below pi; needed only where pi was raised above `rate`, to
                let the verdict of the period count what `rate` alone would have drawn. Without them it
                counts all audits, which is valid and weaker. Shape (n_audits,).
            before: decisions of the period that came before the block. A block taken in twice, or into a
                state that was restored too old, is refused then: decisions that never were make a period
                look kept.

        Raises:
            ValueError: something is out of range, or the block is not the next one; the state is as before.
        """
        check_next(before, self.decisions)
        x, rates = np.asarray(losses, dtype=np.float64), np.asarray(pi, dtype=np.float64)
        u = np.zeros(x.size) if draws is None else np.asarray(draws, dtype=np.float64)
        self._check(decisions, x, rates, u)
        missing = np.isnan(x)
        high, low, within = np.where(missing, 1.0, x), np.where(missing, 0.0, x), u < self.rate
        self._take_above(high, rates)
        self._take_below(low, rates)
        self.decisions += int(decisions)
        self.audits += x.size
        self.unanswered += int(missing.sum())
        self.counted = _added(self.counted, high[within])
        self.counted_confirmed = _added(self.counted_confirmed, low[within])
        self.even &= draws is not None or bool(np.all(rates <= self.rate * (1 + _ROUNDING)))
        self.right = _added(self.right, 1 - high)
        self.weighted = _added(self.weighted, low / rates)
        self.weighted_unanswered = _added(self.weighted_unanswered, missing / rates)

    def spent(self, delta_above: float | None = None) -> Spent:
        """What is known of W now; may be asked at any time.

        Args:
            delta_above: gives another upper end, each wrong with its own probability; fixed beforehand.

        Raises:
            ValueError: it lies outside (0, 1).
        """
        delta = self.delta_above if delta_above is None else delta_above
        check_inside(delta_above=delta)
        high = self.wrong + float(ends.unseen_end(self.log_above, self.bets_above, delta))
        low = max(self.least, self.confirmed)
        if self.counts:
            low, high = map(float, ends.whole(low, high))
        most = self.decisions - (0.0 if self.miss_bound else self.right)
        return Spent(min(low, most), min(high, most), self.weighted, self.weighted_unanswered)

    def _take_above(self, losses: np.ndarray, rates: np.ndarray) -> None:
        some = losses > 0
        seen = rates[some] * (1 - self.miss_bound)
        steps = ends.log_seen(losses[some], seen, self.bets_above)
        self.log_above = np.cumsum(np.vstack([self.log_above, steps]), axis=0)[-1]
        self.wrong = _added(self.wrong, losses)

    def _take_below(self, losses: np.ndarray, rates: np.ndarray) -> None:
        """After every audited error, so that the highest end does not depend on where blocks end."""
        some = losses > 0
        if not some.any():
            return
        steps = ends.log_seen(losses[some], rates[some], self.bets_below)
        products = np.cumsum(np.vstack([self.log_below, steps]), axis=0)[1:]
        confirmed = np.cumsum(np.append(self.confirmed, losses[some]))[1:]
        lows = confirmed + ends.unseen_end(products, self.bets_below, self.delta_below)
        self.least = max(self.least, float(lows.max()))
        self.log_below, self.confirmed = products[-1], float(confirmed[-1])

    def _check(self, decisions: int, x: np.ndarray, rates: np.ndarray, u: np.ndarray) -> None:
        if not x.shape == rates.shape == u.shape or x.ndim != 1:
            raise ValueError("losses, pi and draws must be as long as each other.")
        check_count("decisions", decisions, least=x.size)  # they count the audited ones too
        answers = x[~np.isnan(x)]
        if not np.all((answers >= 0) & (answers <= 1)):
            raise ValueError("losses must lie in [0, 1], or be NaN where an audit has no answer.")
        if self.counts and not np.all((answers == 0) | (answers == 1)):
            raise ValueError("losses must be 0 or 1; for costs make the budget with counts=False.")
        if not np.all((rates >= self.rate * (1 - _ROUNDING)) & (rates <= 1)):
            raise ValueError(
                f"pi must lie in [rate, 1] = [{self.rate}, 1]: the rate was declared beforehand."
            )
        if not np.all((u >= 0) & (u < rates)):
            raise ValueError("draws must lie below pi: otherwise there was no audit.")

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain values; floats survive JSON exactly."""
        arrays = {"log_above": self.log_above.tolist(), "log_below": self.log_below.tolist()}
        bets = {"bets_above": self.bets_above.to_json(), "bets_below": self.bets_below.to_json()}
        return {one.name: getattr(self, one.name) for one in fields(self)} | arrays | bets

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "ErrorBudget":
        """The budget that `to_json` described."""
        facts = dict(state)
        above, below = (ends.Bets.from_json(facts.pop(name)) for name in ("bets_above", "bets_below"))
        logs = {name: np.asarray(state[name], dtype=np.float64) for name in ("log_above", "log_below")}
        restored = cls(**(facts | logs))
        restored.bets_above, restored.bets_below = above, below
        return restored


def _added(total: float, values: np.ndarray) -> float:
    """One after the other: the same to the last bit, however they are cut into blocks."""
    return float(np.cumsum(np.append(total, values))[-1])
