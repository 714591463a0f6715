"""Audits that wait too long: whether people keep up, and what follows where they do not."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from cases.types import Purpose
from monitoring.watch.watched import ACTOR, WatchedWorkflow
from policy.models import Decision, DisagreementDraw
from policy.services import alarms
from reviews.models import Task
from reviews.types import OPEN, TaskStatus


def audit_capacity(workflow_id: UUID, *, now: datetime) -> float | None:
    """Audits a week that people can do: no limit while nothing is late, else what they did last week."""
    tasks = Task.objects.filter(workflow_id=workflow_id)
    if not tasks.filter(status=TaskStatus.WAITING, due_at__lt=now).exists():
        return None
    done = tasks.filter(purpose=Purpose.AUDIT, status=TaskStatus.DONE)
    return float(done.filter(closed_at__gte=now - timedelta(days=7)).count())


def open_audits(workflow_id: UUID) -> QuerySet[Task]:
    """Return the audits of the model in use that nobody has answered yet, second reads among them.

    What was drawn for a challenger's sake does not say whether people keep up with the champion's audits.
    """
    own = Decision.objects.filter(case_id=OuterRef("case_id"), sequence=0, is_audited=True)
    drawn_for_others = DisagreementDraw.objects.filter(case_id=OuterRef("case_id"))
    audits = Task.objects.filter(
        case_id=OuterRef("case_id"), epoch=OuterRef("epoch"), purpose=Purpose.AUDIT
    ).exclude(status=TaskStatus.DROPPED)
    waiting = Task.objects.filter(workflow_id=workflow_id, status__in=OPEN).filter(Exists(audits))
    waiting = waiting.exclude(purpose__in=(Purpose.REVIEW, Purpose.KNOWN_ANSWER))
    return waiting.exclude(Exists(drawn_for_others) & ~Exists(own))


def overdue_audits(workflow_id: UUID, *, now: datetime) -> QuerySet[Task]:
    """Return those of them past their deadline: too many stop automation."""
    return open_audits(workflow_id).filter(due_at__lt=now)


def heed_overdue(watched: WatchedWorkflow) -> None:
    """Stop automation where audits, or second reads of them, are no longer answered."""
    if not watched.is_automating:
        return
    overdue = overdue_audits(watched.workflow_id, now=watched.now).count()
    if overdue >= alarms.MIN_OVERDUE:
        drawn = 2 * watched.week.audited
        alarms.heed_overdue(watched.workflow_id, overdue=overdue, drawn=drawn, actor=ACTOR, now=watched.now)
