"""Leases of tasks: keep one, give it back, end it when its time is over.

A lease is part of the task's row, and its token is the fence: whoever acts under a token that the row no
longer carries has no effect.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from hitl.shared.actor import Actor
from hitl.shared.transitions import move
from reviews.access import person_id
from reviews.errors import LeaseExpired
from reviews.lease_length import AHEAD_LASTS, AWAY_GRACE
from reviews.models import ReviewRules, Task
from reviews.selectors import LeasedTask
from reviews.services.tasks import NO_LEASE
from reviews.sql_queue import RENEW
from reviews.types import MAX_LEASES, TASK_TRANSITIONS, TaskStatus


def renew(*, lease_token: UUID, actor: Actor, now: datetime) -> datetime:
    """Keep a task for another lease, and what the person holds ahead with it; return until when.

    Raises:
        LeaseExpired: the person no longer holds it.
    """
    params = {"token": lease_token, "ahead_seconds": AHEAD_LASTS.total_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(RENEW, lease_params(actor, now) | params)
        kept: dict[UUID, datetime] = dict(cursor.fetchall())
    if lease_token not in kept:
        raise LeaseExpired()
    return kept[lease_token]


def leave(*, lease_token: UUID, actor: Actor, now: datetime) -> bool:
    """Keep a task for a short while only: its page was hidden or closed. Coming back renews it."""
    leased = leased_under(lease_token, actor).filter(lease_until__gt=now + AWAY_GRACE)
    return leased.update(lease_until=now + AWAY_GRACE) == 1


def release_left(*, actor: Actor, now: datetime) -> int:
    """Put back what the person holds ahead, or on pages that were hidden or closed; return how many tasks."""
    leased = Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED)
    return to_queue(leased.filter(Q(lease_until__lte=now + AWAY_GRACE) | Q(ahead=True)))


def give_back(*, lease_token: UUID, actor: Actor, now: datetime) -> bool:
    """Put a task back in the queue for anybody; False when the person no longer leased it."""
    return to_queue(leased_under(lease_token, actor)) == 1


def reap(*, now: datetime) -> int:
    """Put tasks back in the queue whose lease or hold has ended; return how many."""
    leases = Task.objects.filter(status=TaskStatus.LEASED, lease_until__lt=now)
    holds = Task.objects.filter(status=TaskStatus.HELD, held_until__lt=now)
    return _reap(leases) + _reap(holds)


def end_late_holds(*, workflow_id: UUID, now: datetime) -> int:
    """Put back the tasks on hold that are overdue, unless that was dealt with before."""
    late = Task.objects.filter(workflow_id=workflow_id, status=TaskStatus.HELD, due_at__lt=now)
    return _reap(late.filter(overdue_at=None))


def _reap(ended: QuerySet[Task]) -> int:
    # Locked rows are being answered at this moment, or reaped by somebody else: pass them by.
    with transaction.atomic():
        free = ended.select_for_update(skip_locked=True, no_key=True)
        ids = list(free.values_list("pk", flat=True)[:10_000])
        return to_queue(Task.objects.filter(pk__in=ids)) if ids else 0


def lease_params(actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what every statement that gives a lease takes."""
    return {
        "reviewer": person_id(actor),
        "now": now,
        "token": uuid4(),
        "max_leases": MAX_LEASES,
        "lease_seconds": ReviewRules().lease_seconds,  # where a workflow says nothing else
    }


def leased_under(lease_token: UUID, actor: Actor) -> QuerySet[Task]:
    """Return the task that the person has under this token, if they still have it."""
    return Task.objects.filter(lease_token=lease_token, leased_to_id=actor.user_id, status=TaskStatus.LEASED)


def to_queue(tasks: QuerySet[Task]) -> int:
    """End the leases; who leased a task last stays on it, so that they may take it again."""
    return move(tasks, table=TASK_TRANSITIONS, to=TaskStatus.WAITING, **NO_LEASE)


def let_go_ahead(actor: Actor) -> int:
    """Give back what is leased ahead: it was not seen yet, and makes room for a case that is asked for."""
    return to_queue(Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED, ahead=True))


def holds_all_places(actor: Actor) -> bool:
    """Tell whether the person has as many tasks as one person may."""
    return Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED).count() >= MAX_LEASES


def lease_asked_for(statement: str, params: dict[str, Any], actor: Actor) -> LeasedTask | None:
    """Lease a task that the person asks for; where no place is free, what is leased ahead makes room."""
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            if (task := LeasedTask.fetch(cursor)) is not None:
                return task
        if not holds_all_places(actor) or not let_go_ahead(actor):
            break
    return None
