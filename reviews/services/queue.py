"""Hand out the work: claim, look ahead, keep, give back, skip, hold, escalate.

A lease is part of the task's row, and its token is the fence: whoever acts under a token that the row no
longer carries has no effect. PostgreSQL holds the rest: one lease per task, and at most `MAX_LEASES` per
person, because each takes one of that many places.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from cases.types import Purpose
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.jobs import enqueue
from hitl.shared.transitions import move
from reviews.access import person_id
from reviews.errors import HandsFull, HoldsFull, LeaseExpired
from reviews.models import ReviewRules, Skip, Task
from reviews.selectors import LeasedTask, lanes_of
from reviews.services.rules import rules_of, skip_rule
from reviews.services.tasks import NO_LEASE, with_reason
from reviews.sql_queue import BEGIN_LEASED_AHEAD, CLAIM_NEXT, HOLD, RENEW, TAKE_AGAIN, TAKE_UP
from reviews.types import (
    AHEAD_LASTS,
    AWAY_GRACE,
    FOR_GOOD,
    MAX_AHEAD,
    MAX_ESCALATION,
    MAX_LEASES,
    SKIP_LASTS,
    TASK_TRANSITIONS,
    SkipReason,
    SkipRule,
    TaskReason,
    TaskStatus,
)

WITHDRAW_SKIPPED = "hitl.flow.withdraw_skipped"
_TRIES = MAX_LEASES + 1  # each lost race for a place fills one of them


def claim_next(*, actor: Actor, workflow_ids: list[UUID] | None, now: datetime) -> LeasedTask | None:
    """Give the person the most pressing task they may answer; None when there is none.

    Never a case they have answered, one they skipped a while ago, or one in somebody else's hands.

    Raises:
        HandsFull: they hold as many as one person may.
    """
    leased = _claim(actor, workflow_ids, now, ahead_seconds=None)
    if leased is None and _holds_all_places(actor):
        raise HandsFull()
    return leased


def claim_ahead(
    *, actor: Actor, workflow_ids: list[UUID] | None, now: datetime, most: int = MAX_AHEAD
) -> list[LeasedTask]:
    """Lease up to `most` of the next cases to the person ahead of time, for `AHEAD_LASTS` only.

    What they hold ahead already counts towards it and is not returned again. Fewer come back when fewer wait
    or their hands are full. `begin` says that one is on the page now; `renew` of the case on the page keeps
    those ahead as well.
    """
    unseen = Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED, ahead=True)
    there = unseen.filter(lease_until__gt=now).count()
    taken = []
    for _ in range(min(most, MAX_AHEAD) - there):
        leased = _claim(actor, workflow_ids, now, ahead_seconds=AHEAD_LASTS.total_seconds())
        if leased is None:
            break
        taken.append(leased)
    return taken


def _claim(
    actor: Actor, workflow_ids: list[UUID] | None, now: datetime, *, ahead_seconds: float | None
) -> LeasedTask | None:
    for _ in range(_TRIES):
        params = _lease(actor, now) | {
            "lanes": lanes_of(actor),
            "workflows": workflow_ids,
            "ahead_seconds": ahead_seconds,
        }
        try:
            with connection.cursor() as cursor:
                CLAIM_NEXT.execute(cursor, params)
                return LeasedTask.fetch(cursor)
        except IntegrityError:  # another page of the same person took the same place at the same moment
            continue
    return None


def begin(*, lease_token: UUID, actor: Actor, now: datetime) -> datetime:
    """Start the full lease of a case leased ahead, because it is on the page now; return until when.

    Of a case that is on a page already, only the lease lasts anew.

    Raises:
        LeaseExpired: the person no longer holds it.
    """
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_LEASED_AHEAD, _lease(actor, now) | {"token": lease_token})
        row = cursor.fetchone()
    if row is None:
        raise LeaseExpired()
    until: datetime = row[0]
    return until


def take_again(*, actor: Actor, case_id: UUID, now: datetime) -> LeasedTask:
    """Lease a case again to the person who had it last, if nobody has taken it since.

    Raises:
        LeaseExpired: somebody else has it, or it needs no answer any more.
        HandsFull: they hold as many as one person may.
    """
    params = _lease(actor, now) | {"case": case_id}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_AGAIN, params)
        task = LeasedTask.fetch(cursor)
    if task is not None:
        return task
    if _holds_all_places(actor):
        raise HandsFull()
    raise LeaseExpired("Somebody else has this case now, or it needs no answer any more.")


def _lease(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "reviewer": person_id(actor),
        "now": now,
        "token": uuid4(),
        "max_leases": MAX_LEASES,
        "lease_seconds": ReviewRules().lease_seconds,  # where a workflow says nothing else
    }


def _holds_all_places(actor: Actor) -> bool:
    return Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED).count() >= MAX_LEASES


def renew(*, lease_token: UUID, actor: Actor, now: datetime) -> datetime:
    """Keep a task for another lease, and what the person holds ahead with it; return until when.

    Raises:
        LeaseExpired: the person no longer holds it.
    """
    params = {"token": lease_token, "ahead_seconds": AHEAD_LASTS.total_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(RENEW, _lease(actor, now) | params)
        kept: dict[UUID, datetime] = dict(cursor.fetchall())
    if lease_token not in kept:
        raise LeaseExpired()
    return kept[lease_token]


def leave(*, lease_token: UUID, actor: Actor, now: datetime) -> bool:
    """Keep a task for a short while only: its page was hidden or closed. Coming back renews it."""
    leased = _leased(lease_token, actor).filter(lease_until__gt=now + AWAY_GRACE)
    return leased.update(lease_until=now + AWAY_GRACE) == 1


def release_left(*, actor: Actor, now: datetime) -> int:
    """Put back what the person holds ahead, or on pages that were hidden or closed; return how many tasks."""
    leased = Task.objects.filter(leased_to_id=actor.user_id, status=TaskStatus.LEASED)
    return _to_queue(leased.filter(Q(lease_until__lte=now + AWAY_GRACE) | Q(ahead=True)))


def give_back(*, lease_token: UUID, actor: Actor, now: datetime) -> bool:
    """Put a task back in the queue for anybody; False when the person no longer leased it."""
    return _to_queue(_leased(lease_token, actor)) == 1


@transaction.atomic
def skip(*, lease_token: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Skip a task, by the workflow's rule for the reason (see `SkipRule`).

    `drop` is for first answers alone: an audit, a second answer or a known answer goes to somebody else
    instead, or skipping would be a way around what they prove. The flow withdraws what nobody is asked about.

    Raises:
        Invalid: the reason is not one of `SkipReason`.
        LeaseExpired: the person no longer holds it.
    """
    if reason not in SkipReason.values:
        fix = f"Use one of: {', '.join(SkipReason.values)}."
        raise Invalid([Problem(field="reason", error="is not a reason to skip", fix=fix)])
    leased = _leased(lease_token, actor).filter(lease_until__gt=now).select_related("workflow__review_rules")
    task = leased.first()
    if task is None:
        raise LeaseExpired()
    rule = skip_rule(rules_of(task), reason)
    drops = rule == SkipRule.DROP and task.purpose == Purpose.REVIEW
    if (_drop(lease_token, actor, now) if drops else _to_queue(_leased(lease_token, actor))) != 1:
        raise LeaseExpired()
    lasts = SKIP_LASTS if rule == SkipRule.ME else FOR_GOOD
    Skip.objects.bulk_create(
        [Skip(task_id=task.pk, reviewer_id=person_id(actor), reason=reason, at=now, until=now + lasts)],
        update_conflicts=True,
        unique_fields=["task", "reviewer"],
        update_fields=["reason", "at", "until"],
    )
    if drops:
        enqueue(WITHDRAW_SKIPPED)


def _drop(lease_token: UUID, actor: Actor, now: datetime) -> int:
    return move(
        _leased(lease_token, actor), table=TASK_TRANSITIONS, to=TaskStatus.DROPPED, closed_at=now, **NO_LEASE
    )


def hold(*, lease_token: UUID, actor: Actor, now: datetime, until: datetime) -> None:
    """Hold a task until then, or until its holder goes on with it; it takes one of the holder's shelves.

    Raises:
        Invalid: `until` has passed, or is later than the workflow allows.
        HoldsFull: they have as many on hold as one person may.
        LeaseExpired: the person no longer holds it.
    """
    leased = _leased(lease_token, actor).filter(lease_until__gt=now).select_related("workflow__review_rules")
    task = leased.first()
    if task is None:
        raise LeaseExpired()
    rules = rules_of(task)
    latest = now + timedelta(hours=rules.hold_max_hours)
    if not now < until <= latest:
        fix = f"Choose a time from now on, at most {rules.hold_max_hours:g} hours ahead."
        raise Invalid([Problem(field="until", error="is no time until which it may be on hold", fix=fix)])
    params = _lease(actor, now) | {"token": lease_token, "until": until, "cap": rules.hold_cap}
    for _ in range(rules.hold_cap + 1):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(HOLD, params)
                if cursor.rowcount == 1:
                    return
        except IntegrityError:  # another page of the same person took the same shelf at the same moment
            continue
        break
    if not _leased(lease_token, actor).exists():
        raise LeaseExpired()
    raise HoldsFull()


def unhold(*, task_id: UUID, actor: Actor, now: datetime) -> LeasedTask:
    """Give the person a task back that they have on hold.

    Raises:
        LeaseExpired: they have not, or it went back to the queue.
        HandsFull: they hold as many as one person may.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE_UP, _lease(actor, now) | {"task": task_id})
        task = LeasedTask.fetch(cursor)
    if task is not None:
        return task
    if _holds_all_places(actor):
        raise HandsFull()
    raise LeaseExpired("This case is no longer on hold for you: its time was over.")


@transaction.atomic
def escalate(*, lease_token: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Escalate a task to the adjudicators, with the reason; whoever escalated it is not offered it again.

    Raises:
        Invalid: the reason is too long.
        LeaseExpired: the person no longer holds it.
    """
    said = reason.strip()
    if len(said) > MAX_ESCALATION:
        error = f"has {len(said):,} characters"
        raise Invalid([Problem(field="reason", error=error, fix=f"Say it in {MAX_ESCALATION:,}.")])
    changes = {
        "for_adjudicator": True,
        "escalated_by_id": person_id(actor),
        "escalated_at": now,
        "escalation": said,
        "reasons": with_reason(TaskReason.ESCALATED),
    }
    leased = _leased(lease_token, actor).filter(lease_until__gt=now)
    if move(leased, table=TASK_TRANSITIONS, to=TaskStatus.WAITING, **NO_LEASE, **changes) != 1:
        raise LeaseExpired()


def end_skips(*, actor: Actor, now: datetime) -> int:
    """Offer the person what they have skipped again, from now on."""
    mine = Skip.objects.filter(reviewer_id=actor.user_id, until__gt=now, until__lte=now + SKIP_LASTS)
    return mine.update(until=now)


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
        return _to_queue(Task.objects.filter(pk__in=ids)) if ids else 0


def _leased(lease_token: UUID, actor: Actor) -> QuerySet[Task]:
    return Task.objects.filter(lease_token=lease_token, leased_to_id=actor.user_id, status=TaskStatus.LEASED)


def _to_queue(tasks: QuerySet[Task]) -> int:
    """End the leases; who leased a task last stays on it, so that they may take it again."""
    return move(tasks, table=TASK_TRANSITIONS, to=TaskStatus.WAITING, **NO_LEASE)
