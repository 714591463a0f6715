"""A closed period as plain values, from which anyone can compute its verdict again.

`docs/reference/recompute_budget.py` reads this form, with NumPy alone and without this code.
"""

from dataclasses import asdict
from typing import Any

import numpy as np

from science.guarantee.budget import ErrorBudget
from science.guarantee.budget_verdict import BudgetVerdict, Terms

_TAKEN = ("audits", "unanswered", "wrong", "confirmed", "counted", "counted_confirmed", "weighted")


def period_evidence(
    terms: Terms, budget: ErrorBudget, losses: np.ndarray, pi: np.ndarray, draws: np.ndarray | None = None
) -> dict[str, Any]:
    """What a verdict on counts was computed from.

    Args:
        budget: of the closed period; gives the bets and the number of decisions.
        losses, pi, draws: of all its audits in decision order, as `ErrorBudget.add_block` got them.

    Raises:
        ValueError: they are not what the budget took in, such as an answer that was changed or came later:
            the file would say something else than the verdict.

    >>> terms = Terms(0.01, 1000, 0.5)
    >>> budget = terms.budget()
    >>> audits = (np.array([1.0, np.nan]), np.array([0.5, 0.5]))
    >>> budget.add_block(1000, *audits)
    >>> period_evidence(terms, budget, *audits)["audits"]
    [[0.5, None, 1.0], [0.5, None, None]]
    """
    again = terms.budget(counts=budget.counts)
    again.add_block(budget.decisions, losses, pi, draws)
    if any(getattr(again, name) != getattr(budget, name) for name in _TAKEN):
        raise ValueError("The audits are not those that the budget took in.")
    uniforms: list[float | None] = [None] * len(pi) if draws is None else np.asarray(draws).tolist()
    answers = [None if np.isnan(loss) else float(loss) for loss in losses]
    return asdict(terms) | {
        "bets_above": budget.bets_above.to_json(),
        "bets_below": budget.bets_below.to_json(),
        "delivered": budget.decisions,
        "audits": [
            [float(p), u, x] for p, u, x in zip(np.asarray(pi).tolist(), uniforms, answers, strict=True)
        ],
    }


def verdict_json(verdict: BudgetVerdict) -> dict[str, Any]:
    """The verdict as plain values, for the audit log: `kept`, `broken` or `not_decided`, and its numbers."""
    names = {"Kept": "kept", "Broken": "broken", "NotDecided": "not_decided"}
    return {"verdict": names[type(verdict).__name__]} | asdict(verdict)
