"""What a recall has found, and what it leaves behind.

The errors that it finds are counted, not estimated: it looks at all that it asks about. What is left in a
period of the error budget is bounded by what was proved of the whole period, less what was found and mended;
never from the audits of the rest, because the recall was chosen by looking (ADR 0060).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, Q

from monitoring.models import BudgetPeriod
from monitoring.watch.budget.selectors import policy_of
from monitoring.watch.budget.view import BudgetView
from policy.models import Decision, Recall, RecalledCase


@dataclass(frozen=True, slots=True)
class Rest:
    """One period of the error budget that a recall reaches into, and what may still be wrong in it.

    Attributes:
        label: of the unit; None where the promise is about all decisions together.
        at_most: wrong decisions delivered, by audits, at most; still_at_most: less all that were mended.
    """

    begins_at: str
    ends_at: str
    label: str | None
    decisions: int
    at_most: float
    still_at_most: float


@dataclass(frozen=True, slots=True)
class Report:
    """A recall in numbers."""

    total: int
    waiting: int
    asked: int
    answered: int
    passed_by: int
    wrong: int
    rest: Sequence[Rest]

    @property
    def pending(self) -> int:
        """Cases asked about that nobody has settled yet."""
        return self.asked - self.answered

    @property
    def done(self) -> float:
        """The share that is settled, of what there is to ask."""
        whole = self.total - self.passed_by
        return self.answered / whole if whole else 1.0

    def to_json(self) -> dict[str, Any]:
        """As the API says it."""
        return asdict(self)


def report_of(recall: Recall, *, now: datetime) -> Report:
    """Return what a recall has found so far."""
    rows = RecalledCase.objects.filter(recall=recall)
    counts = rows.aggregate(
        waiting=Count("pk", filter=Q(asked_at=None, passed_by=False)),
        asked=Count("pk", filter=Q(asked_at__isnull=False, passed_by=False)),
        answered=Count("pk", filter=Q(answered_at__isnull=False)),
        passed_by=Count("pk", filter=Q(passed_by=True)),
        wrong=Count("pk", filter=Q(answered_at__isnull=False) & ~Q(answer=F("label"))),
    )
    return Report(
        total=sum(counts[name] for name in ("waiting", "asked", "passed_by")),
        **counts,
        rest=_rest(recall, now),
    )


def _rest(recall: Recall, now: datetime) -> list[Rest]:
    decided = Decision.objects.filter(
        workflow_id=recall.workflow_id,
        sequence=0,
        route="auto",
        case_id__in=RecalledCase.objects.filter(recall=recall, passed_by=False).values("case_id"),
    ).aggregate(first=Min("decided_at"), last=Max("decided_at"))
    if decided["first"] is None:
        return []
    periods = BudgetPeriod.objects.filter(
        workflow_id=recall.workflow_id, begins_at__lte=decided["last"], ends_at__gt=decided["first"]
    ).order_by("begins_at")
    policy = policy_of(recall.workflow_id)
    return [
        Rest(
            begins_at=period.begins_at.isoformat(),
            ends_at=period.ends_at.isoformat(),
            label=unit.label,
            decisions=unit.budget.decisions,
            at_most=float(unit.spent.high),
            still_at_most=float(unit.still.high),
        )
        for period in periods
        for unit in BudgetView(period, policy, now).units
        if recall.label in ("", unit.label) or unit.label is None
    ]
