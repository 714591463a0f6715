"""What happened lately: from the tallies, and from the decisions too young to be in them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Min, Q, Sum

from monitoring.models import HourTally, Watermark
from monitoring.tallies.fold import DAWN, count_decisions
from reviews.models import Task
from reviews.types import TaskStatus

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


def tallied(workflow_ids: Collection[UUID], *, now: datetime, hours: int = 24) -> dict[UUID, Traffic]:
    """Return the routings of many workflows in one query, by the tallies: those of the last minute are left
    out. Audits and labels are not told apart.
    """
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    folded = HourTally.objects.filter(workflow__in=workflow_ids, sequence=0, hour__gte=first)
    by_hour = folded.order_by().values_list("workflow_id", "hour", "route")
    counts: dict[UUID, dict[datetime, list[int]]] = {
        one: {first + timedelta(hours=i): [0, 0] for i in range(hours)} for one in workflow_ids
    }
    for workflow_id, hour, route, n in by_hour.annotate(n=Sum(F("count") - F("replaced"))):
        if hour in counts[workflow_id]:
            counts[workflow_id][hour][0 if route == "auto" else 1] += n
    found = {}
    for workflow_id, some in counts.items():
        by = [Hour(hour, auto, people) for hour, (auto, people) in sorted(some.items())]
        found[workflow_id] = Traffic(by, sum(h.automatic for h in by), sum(h.people for h in by), 0, {})
    return found


def cases_since(*, workflow_id: UUID, since: datetime) -> int:
    """Return how many cases came in since the hour of a moment, by the tallies: the youngest are left out."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    folded = HourTally.objects.filter(workflow_id=workflow_id, sequence=0, hour__gte=hour)
    return folded.aggregate(cases=Sum(F("count") - F("replaced")))["cases"] or 0


def waiting(*, workflow_id: UUID) -> tuple[int, bool]:
    """Return how many tasks wait for a person, counted up to `MAX_COUNTED`, and whether there are more."""
    rows = Task.objects.filter(workflow_id=workflow_id, status="waiting")[: MAX_COUNTED + 1].count()
    return min(rows, MAX_COUNTED), rows > MAX_COUNTED


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for people: how many tasks, how many of them are late, and since when the oldest waits."""

    waiting: int = 0
    late: int = 0
    oldest: datetime | None = None


def queues(workflow_ids: Collection[UUID], *, now: datetime) -> dict[UUID, Queue]:
    """Return what waits for people in many workflows, in one query; those without a task are left out."""
    rows = Task.objects.filter(workflow__in=workflow_ids, status=TaskStatus.WAITING).order_by()
    counted = rows.values("workflow_id").annotate(
        waiting=Count("id"), late=Count("id", filter=Q(due_at__lte=now)), oldest=Min("created_at")
    )
    return {row["workflow_id"]: Queue(row["waiting"], row["late"], row["oldest"]) for row in counted}
