"""How often automatic decisions are audited.

Rarely while all is calm, often as soon as the monitor turns amber: that finds a change five times sooner for
a tenth more audits. The rate is decided before a case is, never falls below its floor, and yields to
reviewers' capacity only down to that floor.

A world that has changed once may change again. Nobody knows how often, so after an alarm the next change is
taken to be as far off as the last one is behind (`rate_after_alarm`): audits begin as under amber and become
rarer as quiet cases go by (ADR 0067).
"""

from dataclasses import dataclass
from math import log

from science.guarantee.monitor import Level
from science.rule import AUDIT_FLOOR, audit_floor


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """The audit rates of a workflow.

    Attributes:
        base: rate while green.
        amber: rate from amber on.
        weekly_minimum: audits a week below which a small workflow would learn nothing.

    >>> policy = AuditPolicy()
    >>> policy.rate(Level.GREEN), policy.rate(Level.AMBER)
    (0.02, 0.25)
    >>> policy.rate(Level.AMBER, automatic=4000, capacity=200)
    0.05
    """

    base: float = 0.02
    amber: float = 0.25
    weekly_minimum: int = 50

    def __post_init__(self) -> None:
        if not AUDIT_FLOOR <= self.base <= 1:
            raise ValueError(f"base must lie in [{AUDIT_FLOOR}, 1], not {self.base}.")
        if not self.base <= self.amber <= 1:
            raise ValueError(f"amber must lie in [base, 1] = [{self.base}, 1], not {self.amber}.")
        if self.weekly_minimum < 0:
            raise ValueError(f"weekly_minimum must not be negative: {self.weekly_minimum}.")

    def base_rate(self, weekly_automatic: float | None = None) -> float:
        """Base rate for a workflow that automates this many cases a week: at least `weekly_minimum` of
        them."""
        if not weekly_automatic:
            return self.base
        return min(1.0, max(self.base, self.weekly_minimum / weekly_automatic))

    def floor(self, base_rate: float) -> float:
        """Rate that nothing may push the audits below: the plan's `pi_floor` and the monitor rely on it."""
        return audit_floor(base_rate)

    def rate(
        self,
        level: Level,
        *,
        weekly_automatic: float | None = None,
        automatic: float | None = None,
        capacity: float | None = None,
        wanted: float = 0.0,
    ) -> float:
        """Rate for the next cases.

        Args:
            wanted: what an alarm still asks for; never more than the rate under amber.
            level: worst level among the cutoffs in force. Red stops automation; what still runs is audited as
                under amber.
            weekly_automatic: automatic cases a week, for `weekly_minimum`.
            automatic, capacity: automatic cases to be expected and audits that reviewers can do in the same
                time.
        """
        base = self.base_rate(weekly_automatic)
        wanted = max(base, self.amber if level is not Level.GREEN else min(wanted, self.amber))
        if automatic and capacity is not None:
            wanted = min(wanted, capacity / automatic)
        return max(wanted, self.floor(base))


def rate_after_alarm(*, since: float, target: float, horizon: float, pfa: float) -> float:
    """Audit rate that the chance of another change asks for; may exceed 1.

    With a rate pi, a change to `TIMES` the promised errors is found after ln(horizon / pfa) / KL / pi
    decisions. Where it comes once in `since` decisions, and in the rest of them the model is half as wrong as
    was promised, the promise is kept in all of them together if one in 2 * `TIMES` - 1 passes until it is
    found. So

        pi = (2 * TIMES - 1) * ln(horizon / pfa) / KL(TIMES * target || target) / since

    Args:
        since: automatic decisions since the alarm.
        target: the promised share of errors.
        horizon, pfa: of the monitor.

    >>> [round(rate_after_alarm(since=n, target=0.05, horizon=200_000, pfa=0.01), 3) for n in (4000, 40_000)]
    [0.299, 0.03]
    """
    worse = min(TIMES * target, (1 + target) / 2)
    divergence = worse * log(worse / target) + (1 - worse) * log((1 - worse) / (1 - target))
    delay = log(horizon / pfa) / divergence
    return (2 * worse / target - 1) * delay / max(since, 1.0)


TIMES = 3.0  # as many errors as were promised: a change that matters, and takes long enough to find


def blind_share(
    *, review_rate: float, audit_rate: float, automation_rate: float, level: Level, at_least: float = 0.1
) -> float:
    """Share of reviewed cases to be answered blind, so that an audit is not recognised by being blind.

    Blind tasks that are not audits must be at least as many as audits; under amber every task is blind.

    Args:
        review_rate, automation_rate: shares of traffic that are reviewed and automated.

    >>> blind_share(review_rate=0.1, audit_rate=0.02, automation_rate=0.9, level=Level.GREEN)
    0.18
    """
    if level is not Level.GREEN or review_rate <= 0:
        return 1.0
    return min(1.0, max(at_least, round(audit_rate * automation_rate / review_rate, 6)))
