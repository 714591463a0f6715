"""What happened lately: from the tallies, and from the decisions too young to be in them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Sum

from cases.types import Purpose
from monitoring.models import HourTally, Watermark
from monitoring.tallies.fold import DAWN, count_decisions
from reviews.models import Task
from reviews.types import OPEN

MAX_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Hour:
    """Routings of one hour: decided by the model, and sent to people."""

    hour: datetime
    automatic: int
    people: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Routings since some hour."""

    hours: list[Hour]
    automatic: int
    people: int
    audited: int
    labels: dict[str, int]

    @property
    def total(self) -> int:
        """All cases that came in."""
        return self.automatic + self.people

    @property
    def automation_rate(self) -> float | None:
        """Share decided without a person; None when nothing came in."""
        return self.automatic / self.total if self.total else None


def traffic_of_week(workflow_id: UUID, *, now: datetime) -> Traffic:
    """Return the routings of the last seven days."""
    return traffic(workflow_id=workflow_id, now=now, hours=7 * 24)


def traffic(*, workflow_id: UUID, now: datetime, hours: int = 24) -> Traffic:
    """Return the routings of the last `hours` full hours and the one that is running."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    by_hour: dict[datetime, list[int]] = {first + timedelta(hours=i): [0, 0] for i in range(hours)}
    labels: dict[str, int] = defaultdict(int)
    audited = 0

    def add(hour: datetime, route: str, label: str, count: int, checked: int, replaced: int) -> None:
        nonlocal audited
        count -= replaced  # a case counts once, as it was routed last
        is_auto = route == "auto"
        if hour in by_hour:
            by_hour[hour][0 if is_auto else 1] += count
            audited += checked
            if is_auto:
                labels[label] += count

    folded = HourTally.objects.filter(workflow_id=workflow_id, sequence=0, hour__gte=first)
    for row in folded.values_list("hour", "route", "label", "count", "audited", "replaced"):
        add(*row)
    mark = Watermark.objects.filter(pk=f"decisions/{workflow_id}").first()
    since = max(mark.read_until if mark else DAWN, first)
    young = count_decisions(workflow_id=workflow_id, since=since, until=now)
    for (hour, sequence, route, _, label, _), tally in young.items():
        if sequence == 0:
            add(hour, route, label, *tally)
    by = [Hour(hour, auto, people) for hour, (auto, people) in sorted(by_hour.items())]
    return Traffic(by, sum(h.automatic for h in by), sum(h.people for h in by), audited, dict(labels))


def cases_since(*, workflow_id: UUID, since: datetime) -> int:
    """Return how many cases came in since the hour of a moment, by the tallies: the youngest are left out."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    folded = HourTally.objects.filter(workflow_id=workflow_id, sequence=0, hour__gte=hour)
    return folded.aggregate(cases=Sum(F("count") - F("replaced")))["cases"] or 0


def waiting(*, workflow_id: UUID) -> tuple[int, bool]:
    """Return how many tasks wait for a person, counted up to `MAX_COUNTED`, and whether there are more."""
    rows = Task.objects.filter(workflow_id=workflow_id, status="waiting")[: MAX_COUNTED + 1].count()
    return min(rows, MAX_COUNTED), rows > MAX_COUNTED


def audits_due(*, workflow_id: UUID) -> int:
    """Return how many audits of automatic decisions wait for an answer."""
    return Task.objects.filter(workflow_id=workflow_id, purpose=Purpose.AUDIT, status__in=OPEN).count()
