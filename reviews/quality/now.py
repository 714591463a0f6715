"""The present: who is active, what waits and how long, what is about to be late, answers an hour."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from hitl.shared.numbers import number
from reviews.quality.people import rows_of
from reviews.quality.sql_quality import AT_RISK, BY_HOUR, WAITING, WHO_IS_ON
from reviews.quality.window import Window
from reviews.types import TaskReason

MAX_COUNTED = 10_000
LATELY = timedelta(minutes=15)
SOON = timedelta(hours=1)
MAX_AT_RISK = 12


@dataclass(frozen=True, slots=True)
class Lane:
    """What waits in one lane of a workflow (reviewers or adjudicators); counts end at `MAX_COUNTED`."""

    workflow_id: UUID
    slug: str
    name: str
    is_adjudication: bool
    waiting: int
    oldest: datetime
    first_due: datetime
    overdue: int
    soon: int
    reasons: list[tuple[str, int]]

    @property
    def words(self) -> str:
        """The count as people read it."""
        if self.waiting < MAX_COUNTED:
            return number(self.waiting)
        return gettext("%(n)s or more") % {"n": number(MAX_COUNTED)}


def lanes(*, now: datetime) -> list[Lane]:
    """Return the lanes in which something waits, by workflow."""
    rows = rows_of(WAITING, {"now": now, "soon": now + SOON, "most": MAX_COUNTED})
    return [
        Lane(key, slug, name, judged, n, oldest, first, late, soon, _reasons(reasons))
        for key, slug, name, judged, n, oldest, first, late, soon, reasons in rows
    ]


def _reasons(counts: dict[str, int] | None) -> list[tuple[str, int]]:
    named = [(_in_words(reason), n) for reason, n in (counts or {}).items()]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))


def _in_words(reason: str) -> str:
    return str(TaskReason(reason).label) if reason in TaskReason.values else reason


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A task that is overdue or will be within the hour."""

    case_id: UUID
    workflow: str
    due_at: datetime
    is_adjudication: bool
    reasons: list[str]
    leased_by: str | None


def at_risk(*, now: datetime) -> list[AtRisk]:
    """Return the open tasks whose time is over or nearly so, the latest first."""
    rows = rows_of(AT_RISK, {"soon": now + SOON, "most": MAX_AT_RISK, "counted": MAX_COUNTED})
    return [
        AtRisk(case_id, workflow, due_at, is_adjudication, [_in_words(reason) for reason in reasons], person)
        for case_id, workflow, due_at, is_adjudication, reasons, person in rows
    ]


@dataclass(frozen=True, slots=True)
class On:
    """Somebody who holds a case or has answered one lately."""

    person_id: int
    username: str
    first_name: str
    leased: int
    leased_since: datetime | None
    leased_until: datetime | None
    leased_in: str | None
    last_at: datetime | None
    last_label: str | None
    last_in: str | None
    last_hour: int
    today: int


def who_is_on(*, now: datetime) -> list[On]:
    """Return who holds a case now or has answered within a quarter of an hour."""
    params = {
        "now": now,
        "lately": now - LATELY,
        "hour_ago": now - timedelta(hours=1),
        "midnight": min(midnight(now), now - timedelta(hours=1)),
    }
    return [On(*row) for row in rows_of(WHO_IS_ON, params)]


def midnight(now: datetime) -> datetime:
    """Return when the day began (UTC)."""
    return datetime.combine(now.date(), time.min, now.tzinfo)


@dataclass(frozen=True, slots=True)
class Hours:
    """Answers an hour of today, by workflow; `hours` begin at midnight (UTC)."""

    hours: list[datetime]
    by_workflow: dict[str, list[int]]

    @property
    def total(self) -> int:
        """All answers of today."""
        return sum(map(sum, self.by_workflow.values()))


def by_hour(*, now: datetime, **of: Any) -> Hours:
    """Count today's answers by hour, without those that were taken back."""
    start = midnight(now)
    hours = [start + timedelta(hours=i) for i in range(now.hour + 1)]
    counted: dict[str, list[int]] = {}
    for hour, workflow, n in rows_of(BY_HOUR, Window(start, now, **of).params()):
        counted.setdefault(workflow, [0] * len(hours))[hours.index(hour)] = n
    return Hours(hours, dict(sorted(counted.items())))
