"""What would help to prove a promise kept, in sentences for whoever answers for it."""

from typing import Any

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
        whose = f" of {label}" if label else ""
        if not plan["is_enough"]:
            said += _beyond_reach(plan, whose, terms.decisions)
        elif not period.plan["is_raised"]:
            said.append(
                f"Audit {percent(plan['affordable_rate'])} of the decisions{whose}: a healthy period is then"
                f" proved kept with a chance of {percent(plan['affordable_kept'], 0)}, and as it is with"
                f" {percent(plan['kept'], 0)}. The promise says whether audits follow the budget."
            )
    return said


def _to_answer(unanswered: int) -> list[str]:
    if not unanswered:
        return []
    audits, each = (
        ("1 audit was", "It counts") if unanswered == 1 else (f"{unanswered:,} audits were", "Each counts")
    )
    return [f"{audits} not answered in time, or not settled. {each} as wrong until somebody does."]


def _beyond_reach(plan: dict[str, Any], whose: str, declared: int) -> list[str]:
    """Say what a proof would take that audits within reach do not give."""
    if plan["wanted_rate"] is None:
        said = [f"No share of audits proves a healthy period{whose} kept nine times in ten."]
    else:
        said = [
            f"To prove a healthy period{whose} kept nine times in ten, {percent(plan['wanted_rate'])} of the"
            f" decisions would have to be audited. {percent(plan['affordable_rate'])} are within reach, with"
            f" a chance of {percent(plan['affordable_kept'], 0)}."
        ]
    if plan["longer"]:
        said.append(
            f"A period {plan['longer'] / declared:.0f} times as long would do with the same share of audits."
        )
    if plan["looser"]:
        said.append(f"A promise of at most {percent(plan['looser'], 2)}{whose} would do with them.")
    return said
