"""Ask somebody else about a case, nobody any more, or the same person again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from cases.models import Case
from cases.types import Purpose
from hitl.shared.actor import Actor
from hitl.shared.ids import new_id
from hitl.shared.transitions import move, move_one
from reviews.errors import HandsFull
from reviews.models import ReviewRules, Task
from reviews.services.leases import let_go_ahead
from reviews.services.order import blind_head_start
from reviews.services.rules import rules_of
from reviews.services.tasks import NO_LEASE, NOTHING_SHOWN
from reviews.types import MAX_LEASES, OPEN, TASK_TRANSITIONS, Mode, TaskReason, TaskStatus


def ask_another(*, after: Task, purpose: Purpose, reason: TaskReason, now: datetime) -> None:
    """Put the case in the queue for somebody else, blind; nothing happens while somebody is being asked.

    It is due, and stands in the order, as a case that came in now: nothing tells it from one.
    """
    task_id, due_at = new_id(), now + timedelta(hours=rules_of(after).due_hours)
    fresh = {"reasons": [reason], "created_at": now, "due_at": due_at}
    start = {"created_at": now, "due_at": due_at}
    task, is_new = Task.objects.get_or_create(
        case_id=after.case_id,
        epoch=after.epoch,
        purpose=purpose,
        slot=after.slot + 1,
        defaults={
            "id": task_id,
            "workflow_id": after.workflow_id,
            "schema_version": after.schema_version,
            "mode": Mode.BLIND,
            "inclusion_probability": after.inclusion_probability,
            "for_adjudicator": purpose == Purpose.ADJUDICATION,
            "head_start": blind_head_start(rules_of(after), task_id=task_id, **start),
            **fresh,
        },
    )
    if not is_new and task.status == TaskStatus.DROPPED:  # an earlier answer was taken back and given anew
        move(
            Task.objects.filter(pk=task.pk),
            table=TASK_TRANSITIONS,
            to=TaskStatus.WAITING,
            closed_at=None,
            overdue_at=None,
            **fresh,
        )


def ask_audit(
    *,
    case: Case,
    rules: ReviewRules,
    after: Sequence[Task],
    inclusion_probability: float | None,
    now: datetime,
    reason: TaskReason = TaskReason.AUDIT,
) -> None:
    """Put a decided case in the queue, blind, as an audit that comes behind the tasks it has had.

    Without an inclusion probability its label proves nothing: the case was chosen by looking.

    It is due, and stands in the order, as a case that came in now: nothing tells it from one.
    """
    task_id, due_at = new_id(), now + timedelta(hours=rules.due_hours)
    start = {"created_at": now, "due_at": due_at}
    Task.objects.create(
        id=task_id,
        case=case,
        workflow_id=case.workflow_id,
        schema_version=case.schema_version,
        epoch=case.epoch,
        slot=1 + max((task.slot for task in after), default=0),
        purpose=Purpose.AUDIT,
        reasons=[reason],
        mode=Mode.BLIND,
        inclusion_probability=inclusion_probability,
        head_start=blind_head_start(rules, task_id=task_id, **start),
        **start,
    )


def make_blind(*, task: Task, inclusion_probability: float) -> bool:
    """Show nothing of the model in a task that nobody has seen yet; False where somebody may have.

    Its place in the queue becomes that of any blind task, so that nothing tells it from one.
    """
    unseen = Task.objects.filter(pk=task.pk, status=TaskStatus.WAITING, leased_at=None)
    return bool(
        unseen.update(
            **NOTHING_SHOWN,
            inclusion_probability=inclusion_probability,
            head_start=blind_head_start(
                rules_of(task), task_id=task.pk, created_at=task.created_at, due_at=task.due_at
            ),
        )
    )


def drop_tasks(tasks: QuerySet[Task], *, now: datetime) -> int:
    """Drop open tasks, waiting or leased; return how many."""
    open_ones = tasks.filter(status__in=OPEN)
    return move(open_ones, table=TASK_TRANSITIONS, to=TaskStatus.DROPPED, closed_at=now, **NO_LEASE)


def reopen(*, task: Task, actor: Actor, now: datetime) -> UUID:
    """Lease an answered task again to the person who answered it; return the new lease.

    Raises:
        HandsFull: they hold as many as one person may.
    """
    mine = Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED)
    place = _free_place(mine)
    if place is None:  # what is leased ahead was not seen yet, and is let go of first
        let_go_ahead(actor)
        place = _free_place(mine)
    if place is None:
        raise HandsFull()
    token = uuid4()
    try:
        with transaction.atomic(savepoint=False):
            move_one(
                Task.objects.filter(pk=task.pk),
                table=TASK_TRANSITIONS,
                to=TaskStatus.LEASED,
                lease_token=token,
                leased_to_id=actor.user_id,
                leased_at=now,
                lease_until=now + timedelta(seconds=rules_of(task).lease_seconds),
                place=place,
                ahead=False,
                closed_at=None,
            )
    except IntegrityError as error:  # another page of the same person took the place at the same moment
        raise HandsFull() from error
    return token


def _free_place(mine: QuerySet[Task]) -> int | None:
    taken = set(mine.values_list("place", flat=True))
    return next((n for n in range(1, MAX_LEASES + 1) if n not in taken), None)
