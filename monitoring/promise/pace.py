"""What people do in a week: answers, seconds an answer takes, audits done and due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from cases.models import Label
from cases.types import NOT_LIVE, Purpose
from monitoring.tallies.traffic import waiting
from monitoring.watch.overdue_audits import open_audits, overdue_audits
from reviews.models import Review

WEEK = timedelta(days=7)
MAX_ANSWERS = 20_000  # of a week
_LATEST = 500  # answers whose seconds are looked at


@dataclass(frozen=True, slots=True)
class Pace:
    """People's work on one workflow.

    Attributes:
        answers: labels of the last seven days, at most `MAX_ANSWERS`; `blind` and `audits` among them.
        seconds: median active seconds of the latest answers; None where nobody has answered.
        due, overdue: `monitoring.watch.overdue_audits.open_audits`, and those of them past their deadline.
        waiting: tasks in the queue.
    """

    answers: int
    blind: int
    audits: int
    seconds: float | None
    due: int
    overdue: int
    waiting: int
    has_more_waiting: bool


def pace_of(*, workflow_id: UUID, now: datetime) -> Pace:
    """Read the pace of the last week."""
    labels = Label.objects.filter(workflow_id=workflow_id, at__gte=now - WEEK, at__lte=now)
    labels = labels.exclude(purpose__in=NOT_LIVE).order_by("-at")
    lately = list(labels.values_list("case_id", "is_blind", "purpose")[:MAX_ANSWERS])
    cases = [case_id for case_id, _, _ in lately[:_LATEST]]
    seconds = Review.objects.filter(case_id__in=cases, undone_at=None).values_list("seconds", flat=True)
    known = list(seconds)
    queued, has_more = waiting(workflow_id=workflow_id)
    return Pace(
        answers=len(lately),
        blind=sum(is_blind for _, is_blind, _ in lately),
        audits=sum(purpose == Purpose.AUDIT for _, _, purpose in lately),
        seconds=float(median(known)) if known else None,
        due=open_audits(workflow_id).count(),
        overdue=overdue_audits(workflow_id, now=now).count(),
        waiting=queued,
        has_more_waiting=has_more,
    )
