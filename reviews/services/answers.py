"""One person's answer to one task: recorded, taken back, and the next person asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, transaction
from django.db.models import QuerySet

from cases.locking import case_lock, locked
from cases.models import Case, Workflow
from cases.types import Purpose
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from hitl.shared.ids import new_id
from hitl.shared.transitions import move, move_one
from reviews.access import person_id
from reviews.details import check_flags, check_marks, check_reason_code
from reviews.errors import AlreadyAnswered, HandsFull, LeaseExpired, UnknownLabel
from reviews.models import Review, ReviewRules, Task
from reviews.selectors import LeasedTask, field_names_of, label_names_of, leased_task_of
from reviews.services.order import blind_head_start
from reviews.services.rules import rules_of
from reviews.services.tasks import NO_LEASE
from reviews.sql_queue import LOCKED_FIELDS, LOCKED_RULES, PREPARED_ANSWER, PREPARED_LOCK_TASK
from reviews.types import MAX_COMMENT, MAX_LEASES, OPEN, TASK_TRANSITIONS, Mode, TaskReason, TaskStatus

__all__ = [
    "OPEN",
    "answer_first",
    "ask_another",
    "check_answer",
    "drop_tasks",
    "locked_case",
    "locked_task",
    "record_answer",
    "reopen",
    "rules_of",
    "said_before",
    "standing_answers",
]


_N_FIELDS = len(LOCKED_FIELDS)
_LOCK_CASE = case_lock(
    "hitl_lock_case_under",
    "(SELECT t.case_id FROM reviews_task t WHERE t.lease_token = %(token)s)",
    {"token": "uuid"},
)


def locked_case(*, lease_token: UUID) -> Case | None:
    """Lock the case of the task held under this token, as `lock_case` does; None when no task is."""
    return locked(_LOCK_CASE, {"token": lease_token})


def locked_task(*, lease_token: UUID) -> Task | None:
    """Lock the task held under this token, with its workflow's rules; None when no task is.

    It knows whether it `is_alone`: whoever holds the lock of its case can rely on that.
    """
    with connection.cursor() as cursor:
        PREPARED_LOCK_TASK.execute(cursor, {"token": lease_token})
        row = cursor.fetchone()
    if row is None:
        return None
    fields, has_others, rules_row = row[:_N_FIELDS], row[_N_FIELDS], row[_N_FIELDS + 1 :]
    task = Task.from_db(DEFAULT_DB_ALIAS, LOCKED_FIELDS, fields)
    task.is_alone = not has_others
    task.workflow = Workflow.from_db(DEFAULT_DB_ALIAS, ("id",), (task.workflow_id,))
    rules = dict(zip(LOCKED_RULES, rules_row, strict=True))
    if rules["reviews_required"] is None:  # nothing was said: the defaults hold
        rules = {}
    else:
        rules["reason_codes"] = orjson.loads(rules["reason_codes"])  # jsonb arrives as text
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
    reason_code: str = "",
    marks: Sequence[Any] = (),
    flags: Sequence[Any] = (),
) -> Review:
    """Record the answer of whoever holds the locked task, and close it.

    Active `seconds` cannot exceed the time since the lease began, whatever the browser says. Where people
    answer first, what they said then is kept beside it; who answers without having asked for the suggestion
    has said both at once. `marks` and `flags`: see `reviews.details`.

    Raises:
        LeaseExpired: the actor does not hold it, or no longer.
        UnknownLabel, Invalid: the answer does not fit the case.
    """
    lease_token, until = task.lease_token, task.lease_until
    if task.leased_to_id != actor.user_id or lease_token is None or until is None or until <= now:
        raise LeaseExpired()
    check_answer(task, label, comment)
    check_reason_code(rules_of(task).reason_codes, label, reason_code)
    first_label = (task.first_label or label) if task.mode == Mode.DECIDE_FIRST else None
    if marks or flags:
        fields = field_names_of(task.workflow_id, task.schema_version)
        check_marks(marks, fields)
        sees = task.mode in (Mode.ASSISTED, Mode.ON_DEMAND) or task.first_label is not None
        check_flags(flags, fields, sees_highlights=sees)
    started = task.leased_at or now
    review = Review(
        task=task,
        case_id=task.case_id,
        epoch=task.epoch,
        reviewer_id=person_id(actor),
        label=label,
        comment=comment,
        reason_code=reason_code,
        first_label=first_label,
        mode=task.mode,
        shown={} if task.mode == Mode.BLIND else dict(shown),
        marks=list(marks),
        flags=list(flags),
        lease_token=lease_token,
        started_at=started,
        submitted_at=now,
        seconds=min(max(seconds, 0.0), (now - started).total_seconds()),
    )
    with connection.cursor() as cursor:
        PREPARED_ANSWER.execute(
            cursor,
            {
                "id": review.pk,
                "task": task.pk,
                "token": lease_token,
                "reviewer": review.reviewer_id,
                "label": label,
                "comment": comment,
                "reason_code": reason_code,
                "first_label": first_label,
                "shown": orjson.dumps(review.shown).decode(),
                "marks": orjson.dumps(review.marks).decode(),
                "flags": orjson.dumps(review.flags).decode(),
                "started": started,
                "now": now,
                "seconds": review.seconds,
            },
        )
        if cursor.rowcount != 1:
            raise LeaseExpired()
    return review


@transaction.atomic
def answer_first(*, lease_token: UUID, label: str, actor: Actor, now: datetime) -> LeasedTask:
    """Store the person's first answer, given before anything of the model is shown; return the task in full.

    Sent twice, it is kept once.

    Raises:
        LeaseExpired: the person does not hold the task, or it is not one to be answered first.
        UnknownLabel: the case has no such label.
        AlreadyAnswered: they have said something else, and seen the suggestion since.
    """
    task = locked_task(lease_token=lease_token)
    if task is None or task.leased_to_id != actor.user_id or task.mode != Mode.DECIDE_FIRST:
        raise LeaseExpired()
    check_answer(task, label, "")
    if task.first_label not in (None, label):
        raise AlreadyAnswered("You have answered already, and seen the suggestion since.")
    Task.objects.filter(pk=task.pk).update(first_label=label)
    held = leased_task_of(actor, now=now, lease_token=lease_token)
    if held is None:
        raise LeaseExpired()
    return held


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


def said_before(
    *, lease_token: UUID, label: str, comment: str, actor: Actor, reason_code: str = ""
) -> Review:
    """Return the answer already recorded under this token: a browser sent it twice.

    Raises:
        LeaseExpired: nothing was recorded under it.
        AlreadyAnswered: what was recorded is another answer.
    """
    review = Review.objects.filter(lease_token=lease_token, reviewer_id=actor.user_id).first()
    if review is None:
        raise LeaseExpired()
    said = (review.label, review.comment, review.reason_code)
    if said != (label, comment, reason_code) or review.undone_at is not None:
        raise AlreadyAnswered()
    return review


def standing_answers(case_id: UUID, epoch: int) -> list[Review]:
    """Return the answers that count (not taken back), in the order in which people were asked."""
    standing = Review.objects.filter(case_id=case_id, epoch=epoch, undone_at=None)
    standing = standing.exclude(task__purpose=Purpose.KNOWN_ANSWER)  # what is known already settles nothing
    return list(standing.select_related("task__workflow__review_rules").order_by("task__slot"))


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
    if place is None:  # what is held ahead was not seen yet, and is let go of first
        move(mine.filter(ahead=True), table=TASK_TRANSITIONS, to=TaskStatus.WAITING, **NO_LEASE)
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
