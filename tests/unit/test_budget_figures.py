"""What the documentation says a period costs is what the service plans."""

import re
from pathlib import Path

import pytest

from monitoring.watch.budget.plan import FROM_BELOW, SHORT
from science.guarantee.budget_plan import BudgetPlan, plan_budget
from science.guarantee.budget_verdict import Terms

PAGE = (Path(__file__).parents[2] / "docs/explanation/error-budget.md").read_text()
ROW = re.compile(r"^\| ([\d,]+)(?:, at a true (\.\d) %)? \| ([\d.]+) % \| ([\d,]+) \|$", re.MULTILINE)


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize("row", ROW.findall(PAGE), ids=lambda row: "-".join(row[:2]))
def test_a_row_of_the_table(row: tuple[str, str, str, str]) -> None:
    expected, error, share, audits = row
    plan = planned(number(expected), error=float(error) / 100 if error else None)
    assert plan.terms.rate == pytest.approx(float(share) / 100, abs=0.0051 if float(share) > 10 else 0.00051)
    assert plan.terms.rate * number(expected) == pytest.approx(number(audits), rel=0.005)


def test_the_table_is_there_and_so_is_what_unanswered_audits_cost() -> None:
    assert len(ROW.findall(PAGE)) == 4
    for unanswered, share in re.findall(r"(\.\d) % unanswered.*?(\d+) % audits", PAGE.replace("\n", " ")):
        assert planned(50_000, unanswered=float(unanswered) / 100).terms.rate == pytest.approx(
            float(share) / 100, abs=0.005
        )
    exact = plan_budget(Terms(0.01, 50_000, 1.0)).terms.rate
    assert f"would take {100 * exact:.1f} %" in PAGE.replace("\n", " ")


def planned(expected: int, *, error: float | None = None, unanswered: float = 0.0) -> BudgetPlan:
    terms = Terms(0.01, int(expected * FROM_BELOW), 1.0, short=SHORT)
    return plan_budget(terms, error=error, unanswered=unanswered)
