"""What a handover must prove, and what may come of it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from science.guarantee.betting import SHRINK
from science.guarantee.ranges import check_inside, check_rates, check_shares

ASSUMPTION = "The champion's error rate is unchanged over both windows."

# The same for every handover, so fixed before any evidence: what both games stake, and where s is looked for.
BETS = 1 - SHRINK
POINTS = np.linspace(0.01, 1, 100)  # of the target


@dataclass(frozen=True, slots=True)
class HandoverPlan:
    """What a handover must prove; frozen with the challenger.

    Attributes:
        target, delta: the promise, and the doubt that this plan may spend (`elond`).
        pi_floor: lowest inclusion probability of the champion's audits.
        miss_bound: m, upper bound for the share of errors that reviewers miss; its own doubt is not in delta.
        cluster_cap: most cases of one cluster in a block.
        coverage, differs: shares of traffic that the challenger is expected to decide, and to decide where or
            as the champion would not; beliefs, for outlooks only.
        horizon: cases within which a handover is worth waiting for; for outlooks only.
    """

    target: float
    delta: float
    pi_floor: float
    miss_bound: float = 0.0
    cluster_cap: float = 1.0
    coverage: float = 0.5
    differs: float = 0.05
    horizon: int = 100_000

    def __post_init__(self) -> None:
        check_inside(target=self.target, delta=self.delta)
        check_rates(pi_floor=self.pi_floor)
        check_shares(miss_bound=self.miss_bound)
        if not 1 <= self.cluster_cap < np.inf:
            raise ValueError(f"cluster_cap must be at least 1, not {self.cluster_cap}.")

    def to_json(self) -> dict[str, Any]:
        """Plain values; floats survive JSON exactly."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "HandoverPlan":
        """The plan that `to_json` described."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The challenger keeps the promise, with the champion's evidence and its own.

    Attributes:
        e_value: evidence when it sufficed, at least 1 / delta.
        champion_bound: s, at which both games agree: the champion is wrong in at most so many cases of
            traffic.
        cases, labels: since the challenger's freeze: all cases, and those of D that were labelled.
        assumes: what a certificate must say beside it.
    """

    e_value: float
    champion_bound: float
    cases: int
    labels: int
    assumes: str = ASSUMPTION
    status: Literal["handed_over"] = "handed_over"


@dataclass(frozen=True, slots=True)
class NotYet:
    """The evidence does not suffice yet.

    Attributes:
        e_value: evidence now.
        cases, labels: so far.
        more_cases, more_labels: expected until it suffices, if all goes on as it looks; None if that is not
            within the horizon.
        drifting: whether the champion's errors come too late in its window to inherit from it; a window that
            begins anew, or a test of the challenger's own, is the way on.
    """

    e_value: float
    cases: int
    labels: int
    more_cases: int | None
    more_labels: int | None
    drifting: bool = False
    status: Literal["not_yet"] = "not_yet"


@dataclass(frozen=True, slots=True)
class NoSlack:
    """The champion errs too much, or is known too little, for anybody to inherit from it within the horizon.

    Even a challenger without a single error in D would not get there. The ways left are the provisional
    quarter and a test of its own.

    Attributes:
        champion_risk: estimated wrong decisions per case of traffic.
        allowed: target times the share that the challenger decides.
    """

    e_value: float
    cases: int
    labels: int
    champion_risk: float
    allowed: float
    status: Literal["no_slack"] = "no_slack"
