"""What would help to prove a promise kept, in sentences for whoever answers for it."""

from typing import Any

from hitl.shared.words import Words, figure
from hitl.web.format import percent
from monitoring.models import BudgetPeriod
from monitoring.watch.budget.units import terms_of
from policy.types import LossKind


def advice(period: BudgetPeriod, unanswered: int) -> list[str]:
    """Return the sentences, the most pressing first; none where all is planned for.

    Args:
        unanswered: audits of the period that were taken in without a final answer.
    """
    said = _to_answer(unanswered)
    if period.loss != LossKind.ERRORS:
        return said
    for label, plan, terms in zip(period.units, period.plan["units"], terms_of(period), strict=True):
        if not plan["is_enough"]:
            said += _beyond_reach(plan, label, terms.decisions)
        elif not period.plan["is_raised"]:
            said.append(_to_raise(plan, label))
    return said


def _to_answer(unanswered: int) -> list[str]:
    if not unanswered:
        return []
    return [
        Words.counted(
            "1 audit was not answered in time, or not settled. It counts as wrong until somebody does.",
            "%(n)s audits were not answered in time, or not settled. Each counts as wrong until somebody"
            " does.",
            unanswered,
        )
    ]


def _to_raise(plan: dict[str, Any], label: str | None) -> str:
    found = {
        "rate": percent(plan["affordable_rate"]),
        "then": percent(plan["affordable_kept"], 0),
        "now": percent(plan["kept"], 0),
    }
    if label is None:
        return Words(
            "Audit %(rate)s of the decisions: a healthy period is then proved kept with a chance of %(then)s,"
            " and as it is with %(now)s. The promise says whether audits follow the budget.",
            **found,
        )
    return Words(
        "Audit %(rate)s of the decisions of %(label)s: a healthy period is then proved kept with a chance of"
        " %(then)s, and as it is with %(now)s. The promise says whether audits follow the budget.",
        **found,
        label=label,
    )


def _beyond_reach(plan: dict[str, Any], label: str | None, declared: int) -> list[str]:
    """Say what a proof would take that audits within reach do not give."""
    said = [_wanted(plan, label)]
    if plan["longer"]:
        said.append(
            Words(
                "A period %(times)s times as long would do with the same share of audits.",
                times=figure(plan["longer"] / declared, ".0f"),
            )
        )
    if plan["looser"]:
        share = percent(plan["looser"], 2)
        said.append(
            Words("A promise of at most %(share)s would do with them.", share=share)
            if label is None
            else Words(
                "A promise of at most %(share)s of %(label)s would do with them.", share=share, label=label
            )
        )
    return said


def _wanted(plan: dict[str, Any], label: str | None) -> str:
    if plan["wanted_rate"] is None and label is None:
        return Words("No share of audits proves a healthy period kept nine times in ten.")
    if plan["wanted_rate"] is None:
        return Words(
            "No share of audits proves a healthy period of %(label)s kept nine times in ten.", label=label
        )
    if plan["affordable_kept"] < 0.005:
        wanted = percent(plan["wanted_rate"])
        return (
            Words(
                "To prove a healthy period kept nine times in ten, %(wanted)s of the decisions would have to"
                " be audited. What is within reach hardly ever proves it.",
                wanted=wanted,
            )
            if label is None
            else Words(
                "To prove a healthy period of %(label)s kept nine times in ten, %(wanted)s of the decisions"
                " would have to be audited. What is within reach hardly ever proves it.",
                wanted=wanted,
                label=label,
            )
        )
    found = {
        "wanted": percent(plan["wanted_rate"]),
        "rate": percent(plan["affordable_rate"]),
        "chance": percent(plan["affordable_kept"], 0),
    }
    if label is None:
        return Words(
            "To prove a healthy period kept nine times in ten, %(wanted)s of the decisions would have to be"
            " audited. %(rate)s are within reach, with a chance of %(chance)s.",
            **found,
        )
    return Words(
        "To prove a healthy period of %(label)s kept nine times in ten, %(wanted)s of the decisions would"
        " have to be audited. %(rate)s are within reach, with a chance of %(chance)s.",
        **found,
        label=label,
    )
