"""Bodies about the error budget."""

from datetime import datetime
from typing import Annotated, Any, Literal

from hitl.flow.doors.api.shapes.base import Shape, said


class Spent(Shape):
    """Wrong decisions delivered; with costs, the sum of what they cost."""

    low: Annotated[float, said("Fewer are refuted.")]
    high: Annotated[float, said("More are refuted.")]
    estimate: float
    unanswered: Annotated[float, said("What unanswered audits would add if all were wrong.")]


class BudgetUnit(Shape):
    """One unit of the promise: all decisions, or those of one label."""

    label: str | None
    counted: Annotated[int, said("Its decisions that are taken in so far.")]
    audits: int
    unanswered: Annotated[int, said("Audits without a final answer: wrong for the model, right against it.")]
    allowed: Annotated[float, said("Wrong decisions that the promise allows in the whole period.")]
    spent: Spent
    still_wrong: Annotated[Spent, said("Delivered and not mended.")]
    plan: Annotated[dict[str, Any] | None, said("While it runs: audits and the chance of a proof.")] = None
    forecast: Annotated[dict[str, Any] | None, said("While it runs: a belief, no proof.")] = None
    result: Annotated[dict[str, Any] | None, said("Once closed: verdict and its numbers.")] = None


class BudgetState(Shape):
    """One period."""

    id: str
    begins_at: datetime
    ends_at: Annotated[datetime, said("End excluded.")]
    frozen_at: Annotated[datetime, said("When its terms were fixed.")]
    state: Literal["too_early", "kept", "broken", "not_decided", "nothing"]
    scope: Literal["overall", "per_label"]
    loss: Literal["errors", "costs"]
    target: float
    confidence: float
    decisions: Annotated[int, said("That the model made in it.")]
    units: list[BudgetUnit]
    expected: Annotated[int | None, said("Decisions that the whole period will have.")] = None
    waits_for_audits: Annotated[int | None, said("Decisions behind an audit that is open.")] = None
    overspends_since: datetime | None = None
    audit_rate: Annotated[dict[str, Any] | None, said("Now, the least of this period, and why.")] = None
    closed_at: datetime | None = None
    sha256: Annotated[str | None, said("Of the evidence, as in the audit log.")] = None
    late_answers: Annotated[int | None, said("Audits answered after it was closed; not in it.")] = None
    evidence: Annotated[str | None, said("Where to download what computes it again.")] = None


class Budgets(Shape):
    """The error budget of a workflow."""

    length: Literal["month", "quarter", "year"]
    current: BudgetState | None
    ended: list[BudgetState]


class BudgetEvidence(Shape):
    """A closed period with all that computes its verdict again."""

    id: str
    workflow: str
    begins_at: datetime
    ends_at: datetime
    frozen_at: datetime
    closed_at: datetime
    scope: str
    loss: str
    target: float
    confidence: float
    verdict: str
    results: list[dict[str, Any]]
    plan: dict[str, Any]
    costs: dict[str, float]
    sha256: str
    units: Annotated[list[dict[str, Any]], said("Terms, bets and every audit: probability, draw, loss.")]
