"""Hand out the work: claim, keep, give back, skip; each is one statement.

A lease is part of the task's row, and its token is the fence: whoever acts under a token that the row no
longer carries has no effect. PostgreSQL holds the rest: one lease per task, and at most `MOST_HELD` per
person, because each takes one of that many places.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from hitl.shared.transitions import move
from reviews.access import person_id
from reviews.errors import HandsFull, LeaseExpired
from reviews.models import ReviewRules, Skip, Task
from reviews.selectors import Held, lanes_of
from reviews.statements import PREPARED_CLAIM, RENEW, TAKE_AGAIN
from reviews.types import AWAY_GRACE, MOST_HELD, SKIP_LASTS, TASK_TRANSITIONS, SkipReason, TaskStatus

_TRIES = MOST_HELD + 1  # each lost race for a place fills one of them


def claim_next(*, actor: Actor, workflow_ids: list[UUID] | None, now: datetime) -> Held | None:
    """Give the person the most pressing task they may answer; None when there is none.

    Never a case they have answered, one they skipped a while ago, or one in somebody else's hands.

    Raises:
        HandsFull: they hold as many as one person may.
    """
    params = _lease(actor, now) | {"lanes": lanes_of(actor), "workflows": workflow_ids}
    for _ in range(_TRIES):
        try:
            with connection.cursor() as cursor:
                PREPARED_CLAIM.execute(cursor, params)
                row = cursor.fetchone()
        except IntegrityError:  # another page of the same person took the same place at the same moment
            continue
        if row is None and _holds_all_places(actor):
            raise HandsFull()
        return Held.from_row(row) if row else None
    raise HandsFull()


def take_again(*, actor: Actor, case_id: UUID, now: datetime) -> Held:
    """Give the person a case back that they were the last to hold and that nobody has taken since.

    Raises:
        LeaseExpired: somebody else has it, or it needs no answer any more.
        HandsFull: they hold as many as one person may.
    """
    params = _lease(actor, now) | {"case": case_id}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_AGAIN, params)
        row = cursor.fetchone()
    if row:
        return Held.from_row(row)
    if _holds_all_places(actor):
        raise HandsFull()
    raise LeaseExpired("Somebody else has this case now, or it needs no answer any more.")


def _lease(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "reviewer": person_id(actor),
        "now": now,
        "token": uuid4(),
        "most_held": MOST_HELD,
        "lease_seconds": ReviewRules().lease_seconds,  # where a workflow says nothing else
    }


def _holds_all_places(actor: Actor) -> bool:
    return Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED).count() >= MOST_HELD


def renew(*, lease_token: UUID, actor: Actor, now: datetime) -> datetime:
    """Keep a task for another lease; return until when.

    Raises:
        LeaseExpired: the person no longer holds it.
    """
    with connection.cursor() as cursor:
        cursor.execute(RENEW, _lease(actor, now) | {"token": lease_token})
        row = cursor.fetchone()
    if row is None:
        raise LeaseExpired()
    until: datetime = row[0]
    return until


def leave(*, lease_token: UUID, actor: Actor, now: datetime) -> bool:
    """Keep a task for a short while only: its page was hidden or closed. Coming back renews it."""
    held = _held(lease_token, actor).filter(lease_until__gt=now + AWAY_GRACE)
    return held.update(lease_until=now + AWAY_GRACE) == 1


def release_left(*, actor: Actor, now: datetime) -> int:
    """Put back what the person holds on pages that were hidden or closed; return how many tasks."""
    held = Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED)
    return _to_queue(held.filter(lease_until__lte=now + AWAY_GRACE))


def give_back(*, lease_token: UUID, actor: Actor, now: datetime) -> bool:
    """Put a task back in the queue for anybody; False when the person no longer held it."""
    return _to_queue(_held(lease_token, actor)) == 1


@transaction.atomic
def skip(*, lease_token: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Pass a task on to others; the person is not offered it again for a while.

    Raises:
        Invalid: the reason is not one of `SkipReason`.
        LeaseExpired: the person no longer holds it.
    """
    if reason not in SkipReason.values:
        fix = f"Use one of: {', '.join(SkipReason.values)}."
        raise Invalid([{"field": "reason", "error": "is not a reason to skip", "fix": fix}])
    task_id = _held(lease_token, actor).filter(lease_until__gt=now).values_list("pk", flat=True).first()
    if task_id is None or _to_queue(_held(lease_token, actor)) != 1:
        raise LeaseExpired()
    Skip.objects.bulk_create(
        [Skip(task_id=task_id, reviewer_id=person_id(actor), reason=reason, at=now, until=now + SKIP_LASTS)],
        update_conflicts=True,
        unique_fields=["task", "reviewer"],
        update_fields=["reason", "at", "until"],
    )


def end_skips(*, actor: Actor, now: datetime) -> int:
    """Offer the person what they have skipped again, from now on."""
    return Skip.objects.filter(reviewer_id=actor.user_id, until__gt=now).update(until=now)


def reap(*, now: datetime) -> int:
    """Put every task whose lease has ended back in the queue; return how many."""
    ended = Task.objects.filter(status=TaskStatus.LEASED, lease_until__lt=now)
    # Locked rows are being answered at this moment, or reaped by somebody else: pass them by.
    with transaction.atomic():
        ids = list(ended.select_for_update(skip_locked=True).values_list("pk", flat=True)[:10_000])
        return _to_queue(Task.objects.filter(pk__in=ids)) if ids else 0


def _held(lease_token: UUID, actor: Actor) -> QuerySet[Task]:
    return Task.objects.filter(lease_token=lease_token, leased_to_id=actor.user_id, status=TaskStatus.LEASED)


def _to_queue(tasks: QuerySet[Task]) -> int:
    """End the leases; who held a task last stays on it, so that they may take it again."""
    return move(
        tasks, table=TASK_TRANSITIONS, to=TaskStatus.WAITING, lease_token=None, lease_until=None, place=None
    )
