"""Void somebody's answers and ask others instead: what changes in tasks and reviews, one at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Max, QuerySet

from hitl.shared.transitions import move, move_one
from reviews.models import Review, Task
from reviews.services.asking import drop_tasks
from reviews.services.order import blind_head_start
from reviews.services.rules import rules_of
from reviews.services.tasks import NO_LEASE, NOTHING_SHOWN
from reviews.types import TASK_TRANSITIONS, Mode, TaskReason, TaskStatus


def standing_in(
    *, reviewer_id: int, workflow_id: UUID | None, since: datetime, until: datetime
) -> QuerySet[Review]:
    """Return the person's answers of this time that still count."""
    given = Review.objects.filter(
        reviewer_id=reviewer_id, undone_at=None, submitted_at__gte=since, submitted_at__lte=until
    )
    return given if workflow_id is None else given.filter(task__workflow_id=workflow_id)


def take_leases_away(*, reviewer_id: int, workflow_id: UUID | None) -> int:
    """Put the person's leased tasks back in the queue, so that none is being answered; return how many.

    Waits for an answer that is being recorded at this moment; it stands when this returns.
    """
    leased = Task.objects.filter(leased_to_id=reviewer_id, status=TaskStatus.LEASED)
    if workflow_id is not None:
        leased = leased.filter(workflow_id=workflow_id)
    return move(leased, table=TASK_TRANSITIONS, to=TaskStatus.WAITING, **NO_LEASE, leased_to=None)


def last_answer_at(reviewer_id: int) -> datetime | None:
    """Return when the person last answered; None if never."""
    given = Review.objects.filter(reviewer_id=reviewer_id, undone_at=None)
    latest: datetime | None = given.aggregate(at=Max("submitted_at"))["at"]
    return latest


def ask_again(*, task: Task, tasks: Sequence[Task], now: datetime) -> None:
    """Ask somebody else for an answer that is void: the same task, blind, for the reason `voided`.

    Whoever was only to be asked because of that answer need not be asked any more. A task that was not drawn
    to be blind gives a label that proves nothing about the traffic: its probability is forgotten.

    Raises:
        Conflict: the task is not answered.
    """
    due_at = now + timedelta(hours=rules_of(task).due_hours)
    drop_tasks(Task.objects.filter(pk__in=[other.pk for other in tasks if other.slot > task.slot]), now=now)
    move_one(
        Task.objects.filter(pk=task.pk),
        table={"done": TASK_TRANSITIONS["done"]},
        to=TaskStatus.WAITING,
        **NOTHING_SHOWN,
        inclusion_probability=F("inclusion_probability") if task.mode == Mode.BLIND else None,
        reasons=[TaskReason.VOIDED],
        created_at=now,
        due_at=due_at,
        head_start=blind_head_start(rules_of(task), task_id=task.pk, created_at=now, due_at=due_at),
        overdue_at=None,
        first_label=None,
        leased_to=None,
        leased_at=None,
        closed_at=None,
    )
