"""What happened lately: from the tallies, and from the decisions too young to be in them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cases.models import Label
from cases.types import Purpose
from monitoring.models import HourTally, Watermark
from monitoring.tallies.fold import DAWN, count_decisions
from policy.models import Decision
from reviews.models import Task

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


def traffic(*, workflow_id: UUID, now: datetime, hours: int = 24) -> Traffic:
    """Return the routings of the last `hours` full hours and the one that is running."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    by_hour: dict[datetime, list[int]] = {first + timedelta(hours=i): [0, 0] for i in range(hours)}
    labels: dict[str, int] = defaultdict(int)
    audited = 0

    def add(hour: datetime, route: str, label: str, count: int, checked: int) -> None:
        nonlocal audited
        is_auto = route == "auto"
        if hour in by_hour:
            by_hour[hour][0 if is_auto else 1] += count
            audited += checked
            if is_auto:
                labels[label] += count

    folded = HourTally.objects.filter(workflow_id=workflow_id, sequence=0, hour__gte=first)
    for row in folded.values_list("hour", "route", "label", "count", "audited"):
        add(*row)
    mark = Watermark.objects.filter(pk=f"decisions/{workflow_id}").first()
    since = max(mark.read_until if mark else DAWN, first)
    young = count_decisions(workflow_id=workflow_id, since=since, until=now)
    for (hour, sequence, route, _, label, _), (count, checked) in young.items():
        if sequence == 0:
            add(hour, route, label, count, checked)
    by = [Hour(hour, auto, people) for hour, (auto, people) in sorted(by_hour.items())]
    return Traffic(by, sum(h.automatic for h in by), sum(h.people for h in by), audited, dict(labels))


def waiting(*, workflow_id: UUID) -> tuple[int, bool]:
    """Return how many tasks wait for a person, counted up to `MAX_COUNTED`, and whether there are more."""
    rows = Task.objects.filter(workflow_id=workflow_id, status="waiting")[: MAX_COUNTED + 1].count()
    return min(rows, MAX_COUNTED), rows > MAX_COUNTED


@dataclass(frozen=True, slots=True)
class LiveError:
    """What blind audits say of the automatic decisions: `wrong` of `audited`, with an exact interval."""

    audited: int
    wrong: int
    low: float
    high: float
    due: int

    @property
    def rate(self) -> float | None:
        """The share found wrong; None without an audit."""
        return self.wrong / self.audited if self.audited else None


def live_error(*, workflow_id: UUID, now: datetime, days: int = 90) -> LiveError:
    """Return the audited error of the automatic decisions of the last days (95 %, Clopper and Pearson 1934).

    Audits are drawn at random, so their plain share is an estimate of the whole while the audit rate is one
    number; the tasks that wait are named beside it.
    """
    since = now - timedelta(days=days)
    current = Label.objects.filter(
        workflow_id=workflow_id,
        superseded_at=None,
        purpose__in=[Purpose.AUDIT, Purpose.ADJUDICATION],
        at__gte=since,
    )
    truth = dict(current.values_list("case_id", "label"))
    routed = Decision.objects.filter(case_id__in=truth, epoch=1, sequence=0, route="auto")
    decided = dict(routed.values_list("case_id", "label"))
    wrong = sum(truth[case_id] != label for case_id, label in decided.items())
    low, high = _interval(wrong, len(decided))
    due = Task.objects.filter(
        workflow_id=workflow_id, purpose=Purpose.AUDIT, status__in=["waiting", "leased"]
    )
    return LiveError(len(decided), wrong, low, high, due.count())


def _interval(wrong: int, n: int) -> tuple[float, float]:
    if n == 0:
        return 0.0, 1.0
    # Imported here: a web process that only takes in cases never pays for SciPy.
    from science.guarantee.exact import lower_bound, upper_bound

    return float(lower_bound(wrong, n, 0.025)), float(upper_bound(wrong, n, 0.025))
