"""One person's answers to tasks: checked against the case, and recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, transaction

from cases.locking import locked
from cases.models import Case, Workflow
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.transitions import sources_of
from hitl.shared.words import Words
from reviews.access import person_id
from reviews.details import check_flags, check_marks, check_reason_code
from reviews.errors import AlreadyAnswered, LeaseExpired, UnknownLabel
from reviews.models import Review, ReviewRules, Task
from reviews.selectors import LeasedTask, field_names_of, label_names_of, leased_task_of
from reviews.services.rules import rules_of
from reviews.sql_queue import ANSWER, LOCK_CASE_UNDER, LOCK_TASK
from reviews.types import MAX_COMMENT, TASK_TRANSITIONS, Mode, TaskStatus


def locked_case(*, lease_token: UUID) -> Case | None:
    """Lock the case of the task leased under this token, as `lock_case` does; None when no task is."""
    return locked(LOCK_CASE_UNDER, {"token": lease_token})


def locked_task(*, lease_token: UUID) -> Task | None:
    """Lock the task leased under this token, with its workflow's rules; None when no task is.

    It knows whether it `is_alone`: whoever holds the lock of its case can rely on that.
    """
    with connection.cursor() as cursor:
        LOCK_TASK.execute(cursor, {"token": lease_token})
        row = cursor.fetchone()
        names = [column.name for column in cursor.description]
    if row is None:
        return None
    middle = names.index("has_others")
    task = Task.from_db(DEFAULT_DB_ALIAS, names[:middle], row[:middle])
    task.is_alone = not row[middle]
    task.workflow = Workflow.from_db(DEFAULT_DB_ALIAS, ("id",), (task.workflow_id,))
    rules = dict(zip(names[middle + 1 :], row[middle + 1 :], strict=True))
    if rules["reviews_required"] is None:  # nothing was said: the defaults hold
        rules = {}
    else:
        rules["reason_codes"] = orjson.loads(rules["reason_codes"])  # jsonb arrives as text
    ReviewRules(workflow=task.workflow, **rules)  # the workflow knows its rules from now on
    return task


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person says about one task.

    Attributes:
        seconds: active seconds; more than the time since they began count as that time.
        shown: what of the model they saw; nothing is kept of it where the task is blind.
        marks, flags: see `reviews.details`.
    """

    label: str
    comment: str = ""
    reason_code: str = ""
    seconds: float = 0.0
    shown: Mapping[str, object] = field(default_factory=dict)
    marks: Sequence[Any] = ()
    flags: Sequence[Any] = ()


def record_answers(
    given: Sequence[tuple[Task, Answer]], *, actor: Actor, now: datetime, since: datetime | None = None
) -> list[Review]:
    """Record one person's answers to locked tasks, and close these; one review each, in their order.

    With `since`, when the person began, the tasks wait and are claimed and answered in one go. Without it the
    person holds them, and began when the lease did. Where people answer first, what they said then is kept
    beside the answer; who answers without having asked for the suggestion has said both at once.

    Raises:
        LeaseExpired: the actor does not hold one of them, or no longer; nothing is written.
        UnknownLabel, Invalid: an answer does not fit its case; nothing is written.
    """
    for task, answer in given:
        if since is None:
            _require_lease(task, actor, now)
        _check_whole(task, answer)
    reviews = [_review(task, answer, actor, since or task.leased_at or now, now) for task, answer in given]
    rows = [
        {
            "id": review.pk,
            "task_id": task.pk,
            "leased_under": None if since else task.lease_token,
            "lease_token": review.lease_token,
            "label": review.label,
            "comment": review.comment,
            "reason_code": review.reason_code,
            "first_label": review.first_label,
            "shown": review.shown,
            "marks": review.marks,
            "flags": review.flags,
            "started_at": review.started_at,
            "seconds": review.seconds,
        }
        for (task, _), review in zip(given, reviews, strict=True)
    ]
    parameters = {"answers": orjson.dumps(rows).decode(), "reviewer": person_id(actor), "now": now}
    with connection.cursor() as cursor:
        ANSWER.execute(cursor, parameters | {"sources": sources_of(TASK_TRANSITIONS, TaskStatus.DONE)})
        if cursor.rowcount != len(rows):
            raise LeaseExpired()
    return reviews


def _require_lease(task: Task, actor: Actor, now: datetime) -> None:
    is_over = task.lease_token is None or task.lease_until is None or task.lease_until <= now
    if is_over or task.leased_to_id != actor.user_id:
        raise LeaseExpired()


def _check_whole(task: Task, answer: Answer) -> None:
    check_answer(task, answer.label, answer.comment)
    check_reason_code(rules_of(task).reason_codes, answer.label, answer.reason_code)
    if answer.marks or answer.flags:
        fields = field_names_of(task.workflow_id, task.schema_version)
        check_marks(answer.marks, fields)
        sees = task.mode in (Mode.ASSISTED, Mode.ON_DEMAND) or task.first_label is not None
        check_flags(answer.flags, fields, sees_highlights=sees)


def _review(task: Task, answer: Answer, actor: Actor, started: datetime, now: datetime) -> Review:
    return Review(
        task=task,
        case_id=task.case_id,
        epoch=task.epoch,
        reviewer_id=person_id(actor),
        label=answer.label,
        comment=answer.comment,
        reason_code=answer.reason_code,
        first_label=(task.first_label or answer.label) if task.mode == Mode.DECIDE_FIRST else None,
        mode=task.mode,
        shown={} if task.mode == Mode.BLIND else dict(answer.shown),
        marks=list(answer.marks),
        flags=list(answer.flags),
        lease_token=task.lease_token or uuid4(),
        started_at=started,
        submitted_at=now,
        seconds=min(max(answer.seconds, 0.0), (now - started).total_seconds()),
    )


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
    leased = leased_task_of(actor, now=now, lease_token=lease_token)
    if leased is None:
        raise LeaseExpired()
    return leased


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
        error = Words("has %(count)s characters", count=len(comment))
        fix = Words("Say it in %(most)s.", most=MAX_COMMENT)
        raise Invalid([Problem(field="comment", error=error, fix=fix)])


def said_before(*, lease_token: UUID, answer: Answer, actor: Actor) -> Review:
    """Return the answer already recorded under this token: a browser sent it twice.

    Raises:
        LeaseExpired: nothing was recorded under it.
        AlreadyAnswered: what was recorded is another answer.
    """
    review = Review.objects.filter(lease_token=lease_token, reviewer_id=actor.user_id).first()
    if review is None:
        raise LeaseExpired()
    said = (review.label, review.comment, review.reason_code)
    if said != (answer.label, answer.comment, answer.reason_code) or review.undone_at is not None:
        raise AlreadyAnswered()
    return review
