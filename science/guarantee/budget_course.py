"""During a period: how much of the budget is spent, how fast, where it will end, and what to act on.

The budget of a period is theta N wrong decisions. What was delivered cannot be undone, so it is no reason
to act: after 3 % of the first 5,000 decisions, .5 % of 45,000 more still keep a promise of 1 %, and
stopping leaves a broken period of 3 %. The reason to act is the error of decisions to come. Nor is a budget
that is hardly spent a reason to loosen.
"""

from dataclasses import dataclass

from scipy import special

from science.guarantee.budget import Spent
from science.guarantee.budget_verdict import Terms
from science.guarantee.ranges import check_inside

SURE = 0.9
_PRIOR_AUDITS = 100.0


@dataclass(frozen=True, slots=True)
class ToCome:
    """A belief about the error of decisions to come; no proof.

    Attributes:
        error: expected share wrong.
        low, high: its 5 % and 95 % quantiles.
        above: probability that it is above the target.
    """

    error: float
    low: float
    high: float
    above: float

    @property
    def is_too_high(self) -> bool:
        """Whether to step down: the belief that the target is exceeded reaches 90 %."""
        return self.above >= SURE


@dataclass(frozen=True, slots=True)
class Course:
    """Where a period stands and where it goes.

    Attributes:
        spent: wrong decisions so far, with its interval.
        share: the estimate as a share of the whole period's budget; 1 is all of it.
        burn_rate: share of the budget spent per share of the period gone: 1 spends it exactly, 2 twice too
            fast.
        end, end_low, end_high: forecast of the share wrong in the whole period. `end_low` and `end_high`
            add the quantiles of what is to come to the ends of what is proved.
        left: error of the decisions to come that would just use up what is left of the budget by the
            estimate; negative when nothing is left, None when no decision is to come. To be shown; **never
            to be aimed at**.
        to_come: what the controller acts on.
    """

    spent: Spent
    share: float
    burn_rate: float
    end: float
    end_low: float
    end_high: float
    left: float | None
    to_come: ToCome


def to_come(
    wrong: float,
    audits: float,
    *,
    target: float,
    expected: float | None = None,
    prior_audits: float = _PRIOR_AUDITS,
) -> ToCome:
    """Believe from recent audits what the coming decisions will be like.

    Args:
        wrong, audits: audited errors and audits of a recent window that begins anew (since the last change
            of what decides, or some weeks); at mixed rates the thinned counts, or weighted ones scaled to
            Kish's size.
        expected: error believed beforehand, such as the certificate's; half the target if not given.
        prior_audits: how many audits that belief is worth.

    Raises:
        ValueError: something is missing or out of range; a belief that is no number would never step down.

    A Beta belief: the coming decisions are taken to be like those of the window.

    >>> now = to_come(15, 500, target=0.01)
    >>> round(now.error, 4), round(now.above, 3), now.is_too_high
    (0.0258, 0.999, True)
    """
    if not 0 <= wrong <= audits:
        raise ValueError(f"wrong must lie in [0, audits] = [0, {audits}], not {wrong}.")
    before = target / 2 if expected is None else expected
    check_inside(target=target, expected=before)
    if not prior_audits > 0:
        raise ValueError(f"prior_audits must be above 0, not {prior_audits}.")
    a, b = before * prior_audits + wrong, (1 - before) * prior_audits + audits - wrong
    low, high = (float(special.betaincinv(a, b, q)) for q in (0.05, 0.95))
    return ToCome(a / (a + b), low, high, float(special.betaincc(a, b, target)))


def burn_rate(wrong: float, decisions: int, target: float) -> float:
    """How fast a stretch of decisions spends: its share wrong over the target.

    >>> burn_rate(150, 5000, 0.01)
    3.0
    """
    return wrong / (target * decisions) if decisions else 0.0


def course(
    terms: Terms, spent: Spent, decisions: int, coming: ToCome, *, expected: int | None = None
) -> Course:
    """Where the period stands after `decisions`, and where it goes.

    Args:
        spent: from `ErrorBudget.spent`.
        coming: from `to_come`.
        expected: decisions expected in the whole period; the terms' if not given, or more came already.

    >>> after = Spent(100, 210, 150, 0)
    >>> c = course(Terms(0.01, 50_000, 0.1), after, 5000, to_come(2, 400, target=0.01))
    >>> round(c.share, 2), c.burn_rate, round(c.end, 4), c.to_come.is_too_high
    (0.3, 3.0, 0.0075, False)
    """
    whole = max(decisions, terms.decisions if expected is None else expected)
    budget, rest = terms.target * whole, whole - decisions
    return Course(
        spent=spent,
        share=spent.estimate / budget,
        burn_rate=burn_rate(spent.estimate, decisions, terms.target),
        end=(spent.estimate + coming.error * rest) / whole,
        end_low=(spent.low + coming.low * rest) / whole,
        end_high=(spent.high + coming.high * rest) / whole,
        left=(budget - spent.estimate) / rest if rest else None,
        to_come=coming,
    )


def still_wrong(spent: Spent, mended: float) -> Spent:
    """Wrong decisions that still stand: those delivered, less errors that were confirmed and mended.

    Args:
        mended: audited errors and errors found among recalled decisions, each once: a recall looks at all
            that it recalls, so its errors are counted, not estimated. What is left is never estimated from
            its own audits, because the recall was chosen by looking at them.

    Raises:
        ValueError: `mended` is negative or missing.

    >>> still_wrong(Spent(100, 400, 250, 0), mended=30)
    Spent(low=70, high=370, estimate=220, unanswered=0)
    """
    if not mended >= 0:
        raise ValueError(f"mended must not be negative: {mended}.")
    low, high, estimate = (max(0, end - mended) for end in (spent.low, spent.high, spent.estimate))
    return Spent(low, high, estimate, spent.unanswered)
