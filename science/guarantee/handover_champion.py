"""What a challenger inherits: the champion's audits, as a bet on its risk and as a trend.

The bet is the first of the two games of `handover`. Wealth is a sum over audited errors, alike but for their
weight, and over all other cases, so what is kept are counts.

**A champion that drifts.** That it errs alike over both windows is an assumption, and only recent audits
could replace it: of a jump at the very freeze some thirty audits know by the time that it is over. But what
the audits do show must not be overlooked: a champion that rose from .3 to .9 % in the middle of its window is
.6 % on average, and inheriting that was wrong in 11 % of runs. So nothing is handed over while its errors
come late, by Laplace's test: if nothing changes, each lies anywhere among the audits. A further condition can
only make false handovers rarer. It costs at most 5 % of the true ones.

Source: the trend of a Poisson process, Cox and Lewis (1966), section 3.3.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.guarantee.betting import log_mean_exp
from science.guarantee.handover_plan import BETS, POINTS, HandoverPlan
from science.guarantee.losses import check_losses
from science.guarantee.thinning import check_pi

SHARES = np.log([0.02, 0.03, 0.08, 0.27, 0.30, 0.25, 0.05])  # of the stake lean to where the bound will lie
_LATE = 1.645  # standard deviations by which errors may come late: one steady champion in twenty


@dataclass(slots=True)
class ChampionEvidence:
    """What the champion's audits show, from its window's begin on.

    Attributes:
        cases: of traffic, audited or not, decided or not.
        audits: of its decisions.
        trend: sums over audits of loss, its square, and loss times place.
        errors: audited losses times floor / pi, and how often each came.
    """

    plan: HandoverPlan
    cases: int = 0
    audits: int = 0
    trend: np.ndarray = field(default_factory=lambda: np.zeros(3))
    errors: Counter[float] = field(default_factory=Counter)

    def checked(self, cases: int, losses: np.ndarray, pi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return losses and inclusion probabilities of audits among so many cases, shape (n_audits,) each.

        Raises:
            ValueError: something is missing or out of range.
        """
        x, rates = check_losses(losses), check_pi(pi, self.plan.pi_floor)
        if x.shape != rates.shape or x.ndim != 1:
            raise ValueError("losses and pi of the champion's audits must be as many.")
        if not (cases >= x.size and cases % 1 == 0):
            raise ValueError(f"There cannot be {x.size} audits of {cases} cases.")
        return x, rates

    def take(self, cases: int, x: np.ndarray, pi: np.ndarray) -> None:
        """Take in so many cases and what was `checked` of their audits, in order."""
        self.cases += int(cases)
        places = self.audits + np.arange(x.size)
        self.trend += np.array([x.sum(), (x**2).sum(), x @ places])
        self.audits += x.size
        weights, counts = np.unique(x[x > 0] * self.plan.pi_floor / pi[x > 0], return_counts=True)
        self.errors.update(dict(zip(weights.tolist(), counts.tolist(), strict=True)))

    def log_wealth(self) -> np.ndarray:
        """Log of e_c(s) at `POINTS`, shape (100,)."""
        return log_mean_exp(self._gains(), SHARES)

    def expected(self, more: np.ndarray) -> np.ndarray:
        """The same after so many more cases if they go like these, shape (n_outlooks, 100)."""
        times = 1 + more / max(self.cases, 1)
        return log_mean_exp(self._gains() * times[:, None, None], SHARES)

    def _gains(self) -> np.ndarray:
        """Log wealth of each bet at each s, shape (100, n_bets)."""
        expected = self.plan.pi_floor * (1 - self.plan.miss_bound) * self.plan.target * POINTS[:, None]
        gains = (self.cases - self.errors.total()) * np.log1p(BETS * expected)
        for u, count in self.errors.items():
            gains = gains + count * np.log1p(-BETS * (u - expected))
        return np.asarray(gains)

    @property
    def risk(self) -> float:
        """Estimated wrong decisions per case of traffic; 0 without any case."""
        seen = sum(u * count for u, count in self.errors.items())
        return seen / (self.plan.pi_floor * (1 - self.plan.miss_bound) * max(self.cases, 1))

    def lateness(self) -> float:
        """How late errors come among the audits, in standard deviations; 0 without any."""
        loss, square, placed = self.trend
        if not square or self.audits < 2:
            return 0.0
        spread = np.sqrt(square * (self.audits**2 - 1) / 12)
        return float((placed - loss * (self.audits - 1) / 2) / spread)

    @property
    def is_drifting(self) -> bool:
        """Whether they come too late to be those of a steady champion."""
        return self.lateness() > _LATE

    def to_json(self) -> dict[str, Any]:
        """State as plain values; the plan is stored apart."""
        return {
            "champion_cases": self.cases,
            "audits": self.audits,
            "trend": self.trend.tolist(),
            "errors": [[u, count] for u, count in self.errors.items()],
        }

    @classmethod
    def from_json(cls, plan: HandoverPlan, state: dict[str, Any]) -> "ChampionEvidence":
        """The evidence that `to_json` described."""
        errors = Counter(dict(state["errors"]))
        return cls(plan, state["champion_cases"], state["audits"], np.array(state["trend"]), errors)
