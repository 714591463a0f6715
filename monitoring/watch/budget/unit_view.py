"""What is said of one unit of an error budget: all decisions, or one label's."""

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from hitl.shared.words import Words
from hitl.web.format import percent
from science.guarantee.budget import ErrorBudget, Spent
from science.guarantee.budget_course import Course, ToCome, course, still_wrong
from science.guarantee.budget_verdict import Terms

WHY_NOT = {
    "too_few_audits": Words("so few were audited that not even audits without an error would have proved it"),
    "too_many_errors": Words(
        "too many audits found an error, or nobody answered them, for one proof, and too few for the other"
    ),
    "too_few_decisions": Words("there were fewer decisions than had been declared beforehand"),
}


@dataclass(frozen=True)
class UnitView:
    """One unit of a period's promise, in numbers."""

    label: str | None
    terms: Terms
    budget: ErrorBudget
    plan: dict[str, Any]
    result: dict[str, Any] | None
    coming: ToCome
    expected: int
    mended: int
    recalled: float

    @property
    def words(self) -> str:
        """What people call it."""
        return self.label or gettext("all decisions")

    @cached_property
    def spent(self) -> Spent:
        """Wrong decisions among those taken in; of a closed period, as its verdict has it."""
        return Spent(**self.result["spent"]) if self.result else self.budget.spent()

    @cached_property
    def course(self) -> Course:
        """How fast the budget is spent and where that leads, if what comes is like the latest."""
        return course(self.terms, self.spent, self.budget.decisions, self.coming, expected=self.whole)

    @property
    def whole(self) -> int:
        """Decisions that the whole period will have."""
        return max(self.expected, self.budget.decisions, 1)

    @property
    def estimate(self) -> float:
        """The estimate, which is never outside what is proved: few decisions may all have been audited."""
        return min(max(self.spent.estimate, self.spent.low), self.spent.high)

    @property
    def whole_allowed(self) -> int:
        """The same as `allowed`, in whole decisions."""
        return math.floor(self.allowed + 1e-9)

    @property
    def gauge_end(self) -> float:
        """Where the gauge of what is used ends: at the budget, or at the estimate where that is more."""
        return max(self.allowed, self.estimate, 1e-9)

    @property
    def used(self) -> float:
        """How much of the budget is used, by the estimate; 1 is all of it."""
        return self.estimate / max(self.allowed, 1e-9)

    @property
    def used_words(self) -> str:
        """The same in words."""
        return percent(self.used, 0)

    @property
    def allowed(self) -> float:
        """Wrong decisions that the promise allows in the whole period, by the decisions there will be."""
        return self.terms.target * self.whole

    @property
    def still(self) -> Spent:
        """Wrong decisions that still stand: delivered, less what audits and recalls found and mended."""
        return still_wrong(self.spent, min(float(self.mended), self.budget.confirmed) + self.recalled)

    @property
    def why_not(self) -> str:
        """Why a closed period is not decided; else empty."""
        return WHY_NOT.get(self.result.get("why", ""), "") if self.result else ""

    def to_json(self) -> dict[str, Any]:
        """As the API says it."""
        body = {
            "label": self.label,
            "counted": self.budget.decisions,
            "audits": self.budget.audits,
            "unanswered": self.budget.unanswered,
            "allowed": self.allowed,
            "spent": asdict(self.spent),
            "still_wrong": asdict(self.still),
        }
        if self.result is not None:
            return body | {"result": self.result}
        facts = {
            name: value for name, value in asdict(self.course).items() if name not in ("spent", "to_come")
        }
        return body | {"plan": self.plan, "forecast": facts | {"to_come": asdict(self.coming)}}
