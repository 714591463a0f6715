"""Plans of a period: how often to audit so that a healthy period will be proved kept.

Beliefs for people, before the period. The verdict (`budget_verdict`) rests on none of them but on the terms
being fixed. A healthy period has each decision wrong with the same small probability, so that the audited
errors are binomial, the chance of the world included. (If exactly that share of the decisions were wrong, a
small period would need fewer audits: 54 % instead of 67 % of 2,000 decisions at 1 % and a true .5 %. No
world promises that.)
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from science.guarantee.budget_verdict import Terms
from science.guarantee.exact import critical_count
from science.guarantee.ranges import check_count, check_inside, check_shares

POWER = 0.9
HEALTHY = 0.5  # of the target
_RATES = np.unique(
    np.append(np.round(np.geomspace(2e-4, 1, 1200), 4), np.arange(0.01, 1.001, 0.001).round(3))
)
_LONGEST = 64
_LOOSER = 1.02 ** np.arange(1, 240)
_NEAREST = 40  # rates below the capacity that are tried for a longer period or a looser target


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """What a period would take, and what it would yield.

    Attributes:
        terms: what to fix before the period, with the rate that fits the capacity.
        audits: expected number of audits.
        kept: P(kept) with them if the period is healthy.
        is_enough: whether `kept` reaches the power asked for.
        wanted_rate, wanted_audits: what the power takes without a limit of capacity; None if no rate does.
        longer: fewest decisions, a multiple of the period's, that reach it at the capacity's rate; None if
            more than 64 times as many would be needed, or if it is reached anyway.
        looser: smallest target that reaches it within capacity; None likewise.
    """

    terms: Terms
    audits: int
    kept: float
    is_enough: bool
    wanted_rate: float | None
    wanted_audits: int | None
    longer: int | None
    looser: float | None


def plan_budget(
    terms: Terms,
    *,
    error: float | None = None,
    unanswered: float = 0.0,
    capacity: int | None = None,
    power: float = POWER,
) -> BudgetPlan:
    """Choose the rate of a period; that of `terms` is replaced.

    Args:
        error: expected share of wrong decisions; half the target if not given.
        unanswered: expected share of audits that nobody answers in time. They count as wrong, so beside
            `error` they must leave room below the target: with 1 % unanswered no rate proves 1 %.
        capacity: audits that reviewers can do in the period; no limit if None.
        power: P(kept) that suffices.

    >>> plan = plan_budget(Terms(0.01, 50_000, 1.0))
    >>> plan.terms.rate, plan.audits, round(plan.kept, 2)
    (0.0506, 2530, 0.91)
    >>> small = plan_budget(Terms(0.01, 10_000, 1.0), capacity=1000)
    >>> small.terms.rate, round(small.kept, 2), small.wanted_audits, small.longer, small.looser
    (0.0887, 0.54, 2200, 30000, 0.014)
    """
    error = HEALTHY * terms.target if error is None else error
    check_shares(error=error, unanswered=unanswered)
    check_inside(power=power)
    if capacity is not None:
        check_count("capacity", capacity)
    most = 1.0 if capacity is None else min(1.0, capacity / terms.decisions)
    rates = np.append(_RATES[most > _RATES], most)
    kept = chance_of_kept(terms, rates, error=error, unanswered=unanswered)
    enough = np.flatnonzero(kept >= power)
    # Counts are whole: a few more audits may allow no further error. The best rate need not be the highest.
    best = int(enough[0]) if enough.size else int(np.argmax(kept)) if kept.any() else kept.size - 1
    all_kept = chance_of_kept(terms, _RATES, error=error, unanswered=unanswered)
    sufficient = _RATES[all_kept >= power]
    wanted = float(sufficient[0]) if sufficient.size else None
    facts = (error, unanswered, power)
    return BudgetPlan(
        terms=replace(terms, rate=float(rates[best])),
        audits=round(float(rates[best]) * terms.decisions),
        kept=float(kept[best]),
        is_enough=bool(enough.size),
        wanted_rate=wanted,
        wanted_audits=None if wanted is None else round(wanted * terms.decisions),
        longer=None if enough.size else _longer(terms, rates[-_NEAREST:], *facts),
        looser=None if enough.size else _looser(terms, rates[-_NEAREST:], *facts),
    )


def chance_of_kept(terms: Terms, rates: np.ndarray, *, error: float, unanswered: float = 0.0) -> np.ndarray:
    """P(kept) at each rate, shape of `rates`.

    Audits that count as wrong are Binomial(N, rate (error + (1 - error) unanswered)); misses, which would
    hide some, are not counted on.

    >>> chance_of_kept(Terms(0.01, 50_000, 1.0), np.array([0.02, 0.055]), error=0.005).round(2).tolist()
    [0.44, 0.9]
    """
    seen = np.asarray(rates, dtype=np.float64) * (1 - terms.miss_bound)
    critical = critical_count(np.full(seen.shape, terms.needed), seen, terms.delta_counted)
    chance = np.asarray(rates) * (error + (1 - error) * unanswered)
    passes = special.bdtr(np.maximum(critical, 0), terms.decisions, chance)
    return np.where(critical >= 0, passes, 0.0)


def _longer(terms: Terms, rates: np.ndarray, error: float, unanswered: float, power: float) -> int | None:
    for times in range(2, _LONGEST + 1):
        longer = replace(terms, decisions=times * terms.decisions)
        if chance_of_kept(longer, rates, error=error, unanswered=unanswered).max() >= power:
            return longer.decisions
    return None


def _looser(terms: Terms, rates: np.ndarray, error: float, unanswered: float, power: float) -> float | None:
    for factor in _LOOSER.tolist():
        if terms.target * factor >= 1:
            break
        looser = replace(terms, target=float(f"{terms.target * factor:.3g}"))
        if chance_of_kept(looser, rates, error=error, unanswered=unanswered).max() >= power:
            return looser.target
    return None
