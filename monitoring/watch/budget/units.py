"""The error budgets of a period, one per unit of the promise; stored as JSON beside their terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitoring.models import BudgetPeriod
from monitoring.watch.draws import Drawn
from policy.types import LossKind
from science.guarantee.budget import ErrorBudget
from science.guarantee.budget_verdict import Terms

CERTAIN, BELOW = 1.0, 0.0  # of a decision that counts as wrong without an audit: pi and its uniform
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Audits:
    """Audited decisions of one unit in their order; arrays of shape (n_audits,).

    Attributes:
        losses: in [0, 1], NaN where no answer is final.
        pi: chance with which each was audited, given that the model decided it.
        draws: the uniforms that were below it.
    """

    losses: np.ndarray
    pi: np.ndarray
    draws: np.ndarray

    def __add__(self, other: "Audits") -> "Audits":
        return Audits(
            np.append(self.losses, other.losses),
            np.append(self.pi, other.pi),
            np.append(self.draws, other.draws),
        )


NONE = Audits(np.zeros(0), np.zeros(0), np.zeros(0))


def terms_of(period: BudgetPeriod) -> list[Terms]:
    """Return what each unit is held to."""
    return [Terms(**terms) for terms in period.terms]


def budgets_of(period: BudgetPeriod) -> list[ErrorBudget]:
    """Return the stored budget of each unit."""
    return [ErrorBudget.from_json(state) for state in period.states]


def fresh(terms: Sequence[Terms], loss: str) -> list[ErrorBudget]:
    """Return budgets with nothing taken in."""
    return [one.budget(counts=loss == LossKind.ERRORS) for one in terms]


def audits_of(drawn: Sequence[Drawn], label: str | None, costs: Mapping[str, float], rate: float) -> Audits:
    """Return the audits of one unit; those less likely than declared are left to `too_rare`."""
    own = [
        (one.loss * costs.get(one.predicted, 1.0) if one.is_final else np.nan, pi, one.uniform or 0.0)
        for one in drawn
        if label in (None, one.predicted)
        and not is_too_rare(pi := one.audit_rate or one.inclusion_probability, rate)
    ]
    losses, chances, draws = zip(*own, strict=True) if own else ((), (), ())
    return Audits(np.array(losses, dtype=float), np.array(chances, dtype=float), np.array(draws, dtype=float))


def is_too_rare(pi: float, rate: float) -> bool:
    """Tell whether a decision was audited with a smaller chance than declared."""
    return pi < rate * (1 - _ROUNDING)


def too_rare(n: int) -> Audits:
    """Return decisions that had a smaller chance of an audit than was declared: nothing may rest on them.

    As if they had been audited for certain and nobody had answered, each is wrong in what speaks for the
    model and right in what speaks against it, whatever it was.
    """
    return Audits(np.full(n, np.nan), np.full(n, CERTAIN), np.full(n, BELOW))
