"""The verdict of a closed period: kept (proved), broken (proved), or not decided.

Fixed before the period: the target theta, N, the rate pi that no inclusion probability falls below. Let w* =
floor(theta N) + 1, one error more than N decisions may hold. If at least w* are wrong, the first w* of them
had independent draws, whatever decided which decisions are wrong, when, or when the period ends. K, the
audited errors of the period, is at least the number of those w* that a draw at pi finds, so P(K <= k) <=
P(Binomial(w*, pi) <= k). Kept means that this is at most delta. Where rates were raised only what a draw at
pi would have drawn is counted, which is as valid and sharper. Reviewers' misses turn pi into pi (1 - m), m
bounded with a part of delta.

It proves "at most floor(theta N) are wrong", so at most the share theta of N decisions or more. With fewer
decisions, and for costs, only the running upper end proves anything: `short` sets a part of delta apart for
that. Broken means that the running lower end has passed theta times the decisions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from science.guarantee.budget import ErrorBudget, Spent
from science.guarantee.exact import p_value
from science.guarantee.ranges import check_count, check_inside, check_rates, check_shares

_ROUNDING = 1e-9
_FIXED = ("rate", "delta_above", "delta_below", "miss_bound", "expected_seen")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a period is held to; fixed before its first decision.

    Attributes:
        target: theta, the largest share of wrong decisions (with costs: the largest mean loss).
        decisions: N, how many there will be at least.
        rate: pi, which no inclusion probability falls below.
        delta_kept, delta_broken: probability at most that the verdict is wrongly kept, wrongly broken.
        miss_bound: m; see `budget.ErrorBudget`.
        short: share of delta_kept for periods that turn out shorter than `decisions`.

    >>> Terms(0.01, 50_000, 0.055).needed
    501
    """

    target: float
    decisions: int
    rate: float
    delta_kept: float = 0.05
    delta_broken: float = 0.05
    miss_bound: float = 0.0
    short: float = 0.0

    def __post_init__(self) -> None:
        check_inside(target=self.target, delta_kept=self.delta_kept, delta_broken=self.delta_broken)
        check_rates(rate=self.rate)
        check_count("decisions", self.decisions)
        check_shares(miss_bound=self.miss_bound, short=self.short)

    @property
    def allowed(self) -> int:
        """Wrong decisions that N may hold: the error budget."""
        return math.floor(self.target * self.decisions + _ROUNDING)

    @property
    def needed(self) -> int:
        """w*, the fewest wrong decisions that break it."""
        return self.allowed + 1

    @property
    def delta_counted(self) -> float:
        """What the count of a period of full length is tested at."""
        return self.delta_kept * (1 - self.short)

    def budget(self, *, counts: bool = True) -> ErrorBudget:
        """Return the budget to begin the period with, sharpest if half of what is allowed will be wrong."""
        return ErrorBudget(
            rate=self.rate,
            delta_above=self.delta_kept,
            delta_below=self.delta_broken,
            miss_bound=self.miss_bound,
            counts=counts,
            expected_seen=self.rate * self.target * self.decisions / 2,
        )


@dataclass(frozen=True, slots=True)
class _Closed:
    """Numbers of a closed period.

    Attributes:
        terms: what it was held to.
        decisions, audits, unanswered: how many there were.
        counted: audited errors that the count rests on, unanswered audits among them.
        p_value: of "more than allowed are wrong"; None where the count proves nothing.
        spent: the running interval at the end, in wrong decisions; holds under any adaptivity.
        exact: the interval from exact inversion, in wrong decisions. Narrower, but **only where no decision
            of the period depended on its audits**: an adversary who stops in time beats it in a quarter of
            lives. None for costs, and where rates were raised without keeping the draws.
    """

    terms: Terms
    decisions: int
    audits: int
    unanswered: int
    counted: float
    p_value: float | None
    spent: Spent
    exact: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Kept(_Closed):
    """At most the target was wrong; proved.

    Attributes:
        by: `count` of audited errors, or the `running` upper end.
    """

    by: str = "count"


@dataclass(frozen=True, slots=True)
class Broken(_Closed):
    """More than the target was wrong; proved."""


@dataclass(frozen=True, slots=True)
class NotDecided(_Closed):
    """Neither is proved.

    Attributes:
        why: `too_few_audits` (not even an error-free count would have passed), `too_many_errors` for the
            audits there were, or `too_few_decisions`.
    """

    why: str = "too_many_errors"


BudgetVerdict = Kept | Broken | NotDecided


def close(terms: Terms, budget: ErrorBudget) -> BudgetVerdict:
    """Give the verdict of a closed period; once, when every audit is final, overdue or lost.

    Args:
        budget: all decisions of the period, begun by `Terms.budget`.

    Raises:
        ValueError: the budget was kept on other terms.

    >>> import numpy as np
    >>> terms = Terms(0.01, 50_000, 0.055)
    >>> budget = terms.budget()
    >>> budget.add_block(50_000, np.repeat([1.0, 0.0], [14, 2736]), np.full(2750, 0.055))
    >>> verdict = close(terms, budget)
    >>> type(verdict).__name__, round(verdict.p_value, 4), verdict.spent.high, verdict.exact
    ('Kept', 0.0028, 465.0, (157, 393))
    """
    begun = terms.budget(counts=budget.counts)
    if any(getattr(budget, name) != getattr(begun, name) for name in _FIXED):
        raise ValueError("The budget was kept on other terms; begin it by `Terms.budget`.")
    spent = budget.spent()
    seen = terms.rate * (1 - terms.miss_bound)
    p = float(p_value(budget.counted, terms.needed, seen)) if budget.counts else None
    facts = (
        terms,
        budget.decisions,
        budget.audits,
        budget.unanswered,
        budget.counted,
        p,
        spent,
        exact_ends(terms, budget) if budget.counts and budget.even else None,
    )
    most = terms.target * budget.decisions
    if spent.low > most + _ROUNDING:
        return Broken(*facts)
    is_long = budget.decisions >= terms.decisions
    if is_long and p is not None and p <= terms.delta_counted:
        return Kept(*facts)
    if _is_kept_so_far(terms, budget, most):
        return Kept(*facts, by="running")
    if not is_long:
        return NotDecided(*facts, why="too_few_decisions")
    hopeless = budget.counts and float(p_value(0, terms.needed, seen)) > terms.delta_counted
    return NotDecided(*facts, why="too_few_audits" if hopeless else "too_many_errors")


def _is_kept_so_far(terms: Terms, budget: ErrorBudget, most: float) -> bool:
    """Whether the running upper end proves it; for counts only at the share of delta left for that."""
    delta = terms.delta_kept * terms.short if budget.counts else terms.delta_kept
    return delta > 0 and budget.spent(delta).high <= most + _ROUNDING


def exact_ends(terms: Terms, budget: ErrorBudget) -> tuple[int, int]:
    """Ends for W by inverting the binomial, each at its own delta; for periods that did not react to audits.

    The number wrong is fixed then, and a draw at `rate` finds Binomial(W, rate) of them.
    """
    most = budget.decisions
    high, seen = int(budget.counted), terms.rate * (1 - terms.miss_bound)
    upper = _last(high, most, lambda w: float(p_value(high, w, seen)) > terms.delta_kept)
    low = int(budget.counted_confirmed)
    if not low:
        return 0, upper
    lower = _last(low - 1, most, lambda w: 1 - float(p_value(low - 1, w, terms.rate)) <= terms.delta_broken)
    return min(lower + 1, most), upper


def _last(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Last number in [low, high] at which it holds; it holds at `low` and, once it does not, never again."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
