"""One person's answer to one task: recorded, taken back, and the next person asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction
from django.db.models import QuerySet

from cases.models import Workflow
from cases.types import Purpose
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from hitl.shared.transitions import move, move_one
from reviews.access import person_id
from reviews.errors import AlreadyAnswered, HandsFull, LeaseExpired, UnknownLabel
from reviews.models import Review, ReviewRules, Task
from reviews.selectors import label_names_of
from reviews.statements import ANSWER, LOCK_TASK, LOCKED_FIELDS
from reviews.types import MAX_COMMENT, MOST_HELD, TASK_TRANSITIONS, Mode, TaskReason, TaskStatus

OPEN = (TaskStatus.WAITING, TaskStatus.LEASED)


def locked_task(*, lease_token: UUID) -> Task | None:
    """Lock the task held under this token, with its workflow's rules; None when no task is."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_TASK, [lease_token])
        row = cursor.fetchone()
    if row is None:
        return None
    task = Task.from_db(DEFAULT_DB_ALIAS, LOCKED_FIELDS, row[: len(LOCKED_FIELDS)])
    task.workflow = Workflow.from_db(DEFAULT_DB_ALIAS, ("id",), (task.workflow_id,))
    rules = dict(
        zip(("reviews_required", "lease_seconds", "due_hours"), row[len(LOCKED_FIELDS) :], strict=True)
    )
    if rules["reviews_required"] is None:  # nothing was said: the defaults hold
        rules = {}
    ReviewRules(workflow=task.workflow, **rules)  # the workflow knows its rules from now on
    return task


def record_answer(
    *,
    task: Task,
    label: str,
    comment: str,
    shown: Mapping[str, object],
    seconds: float,
    actor: Actor,
    now: datetime,
) -> Review:
    """Record the answer of whoever holds the locked task, and close it.

    Active `seconds` cannot exceed the time since the lease began, whatever the browser says.

    Raises:
        LeaseExpired: the actor does not hold it, or no longer.
        UnknownLabel, Invalid: the answer does not fit the case.
    """
    lease_token, until = task.lease_token, task.lease_until
    if task.leased_to_id != actor.user_id or lease_token is None or until is None or until <= now:
        raise LeaseExpired()
    check_answer(task, label, comment)
    started = task.leased_at or now
    review = Review(
        task=task,
        case_id=task.case_id,
        epoch=task.epoch,
        reviewer_id=person_id(actor),
        label=label,
        comment=comment,
        mode=task.mode,
        shown={} if task.mode == Mode.BLIND else dict(shown),
        lease_token=lease_token,
        started_at=started,
        submitted_at=now,
        seconds=min(max(seconds, 0.0), (now - started).total_seconds()),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            ANSWER,
            {
                "id": review.pk,
                "task": task.pk,
                "token": lease_token,
                "reviewer": review.reviewer_id,
                "label": label,
                "comment": comment,
                "shown": orjson.dumps(review.shown).decode(),
                "started": started,
                "now": now,
                "seconds": review.seconds,
            },
        )
        if cursor.rowcount != 1:
            raise LeaseExpired()
    return review


_NO_LEASE = {"lease_token": None, "lease_until": None, "place": None}


def check_answer(task: Task, label: str, comment: str) -> None:
    """Refuse what does not fit the schema the task was made under.

    Raises:
        UnknownLabel: the case has no such label.
        Invalid: the comment is too long.
    """
    known = label_names_of(task.workflow_id, task.schema_version)
    if label not in known:
        raise UnknownLabel(label, known)
    if len(comment) > MAX_COMMENT:
        error = f"has {len(comment):,} characters"
        fix = f"Say it in {MAX_COMMENT:,}."
        raise Invalid([{"field": "comment", "error": error, "fix": fix}])


def said_before(*, lease_token: UUID, label: str, comment: str, actor: Actor) -> Review:
    """Return the answer already recorded under this token: a browser sent it twice.

    Raises:
        LeaseExpired: nothing was recorded under it.
        AlreadyAnswered: what was recorded is another answer.
    """
    review = Review.objects.filter(lease_token=lease_token, reviewer_id=actor.user_id).first()
    if review is None:
        raise LeaseExpired()
    if (review.label, review.comment) != (label, comment) or review.undone_at is not None:
        raise AlreadyAnswered()
    return review


def standing_answers(case_id: UUID, epoch: int) -> list[Review]:
    """Return the answers that stand, in the order in which people were asked."""
    standing = Review.objects.filter(case_id=case_id, epoch=epoch, undone_at=None)
    return list(standing.select_related("task__workflow__review_rules").order_by("task__slot"))


def rules_of(task: Task) -> ReviewRules:
    """Return how the task's workflow is reviewed; the defaults where nothing else was said."""
    return getattr(task.workflow, "review_rules", None) or ReviewRules(workflow_id=task.workflow_id)


def ask_another(*, after: Task, purpose: Purpose, now: datetime) -> None:
    """Put the case in the queue for somebody else, blind; nothing happens while somebody is being asked."""
    reason = TaskReason.SECOND if purpose == Purpose.SECOND and after.purpose == Purpose.REVIEW else None
    fresh = {
        "reasons": [reason or TaskReason.DISAGREEMENT],
        "created_at": now,
        "due_at": now + timedelta(hours=rules_of(after).due_hours),
    }
    task, is_new = Task.objects.get_or_create(
        case_id=after.case_id,
        epoch=after.epoch,
        purpose=purpose,
        slot=after.slot + 1,
        defaults={
            "workflow_id": after.workflow_id,
            "schema_version": after.schema_version,
            "mode": Mode.BLIND,
            "pi": after.pi,
            "for_adjudicator": purpose == Purpose.ADJUDICATION,
            **fresh,
        },
    )
    if not is_new and task.status == TaskStatus.DROPPED:  # an earlier answer was taken back and given anew
        move(
            Task.objects.filter(pk=task.pk),
            table=TASK_TRANSITIONS,
            to=TaskStatus.WAITING,
            closed_at=None,
            **fresh,
        )


def drop_tasks(tasks: QuerySet[Task], *, now: datetime) -> int:
    """Take open tasks out of the queue and out of whosever hands; return how many."""
    open_ones = tasks.filter(status__in=OPEN)
    return move(open_ones, table=TASK_TRANSITIONS, to=TaskStatus.DROPPED, closed_at=now, **_NO_LEASE)


def reopen(*, task: Task, actor: Actor, now: datetime) -> UUID:
    """Put an answered task back into the hands of the person who answered it; return the new lease.

    Raises:
        HandsFull: they hold as many as one person may.
    """
    taken = set(
        Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED).values_list(
            "place", flat=True
        )
    )
    place = next((n for n in range(1, MOST_HELD + 1) if n not in taken), None)
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
                closed_at=None,
            )
    except IntegrityError as error:  # another page of the same person took the place at the same moment
        raise HandsFull() from error
    return token
