"""What a person may do with a task instead of answering it: skip, hold, escalate."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from cases.types import Purpose
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, Problem
from hitl.shared.jobs import enqueue
from hitl.shared.transitions import move
from hitl.shared.words import Words, figure
from reviews.access import person_id
from reviews.errors import HandsFull, HoldsFull, LeaseExpired
from reviews.models import Skip
from reviews.selectors import LeasedTask
from reviews.services.leases import holds_all_places, lease_asked_for, lease_params, leased_under, to_queue
from reviews.services.rules import rules_of, skip_rule
from reviews.services.tasks import NO_LEASE, with_reason
from reviews.sql_queue import HOLD, TAKE_UP
from reviews.types import (
    FOR_GOOD,
    MAX_ESCALATION,
    SKIP_LASTS,
    TASK_TRANSITIONS,
    SkipReason,
    SkipRule,
    TaskReason,
    TaskStatus,
)

WITHDRAW_SKIPPED = "hitl.flow.withdraw_skipped"


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
        fix = Words("Use one of: %(names)s.", names=", ".join(SkipReason.values))
        raise Invalid([Problem(field="reason", error="is not a reason to skip", fix=fix)])
    leased = (
        leased_under(lease_token, actor).filter(lease_until__gt=now).select_related("workflow__review_rules")
    )
    task = leased.first()
    if task is None:
        raise LeaseExpired()
    rule = skip_rule(rules_of(task), reason)
    drops = rule == SkipRule.DROP and task.purpose == Purpose.REVIEW
    if (_drop(lease_token, actor, now) if drops else to_queue(leased_under(lease_token, actor))) != 1:
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
        leased_under(lease_token, actor),
        table=TASK_TRANSITIONS,
        to=TaskStatus.DROPPED,
        closed_at=now,
        **NO_LEASE,
    )


def hold(*, lease_token: UUID, actor: Actor, now: datetime, until: datetime) -> None:
    """Hold a task until then, or until its holder goes on with it; it takes one of the holder's shelves.

    Raises:
        Invalid: `until` has passed, or is later than the workflow allows.
        HoldsFull: they have as many on hold as one person may.
        LeaseExpired: the person no longer holds it.
    """
    leased = (
        leased_under(lease_token, actor).filter(lease_until__gt=now).select_related("workflow__review_rules")
    )
    task = leased.first()
    if task is None:
        raise LeaseExpired()
    rules = rules_of(task)
    latest = now + timedelta(hours=rules.hold_max_hours)
    if not now < until <= latest:
        fix = Words(
            "Choose a time from now on, at most %(most)s hours ahead.", most=figure(rules.hold_max_hours)
        )
        raise Invalid([Problem(field="until", error="is no time until which it may be on hold", fix=fix)])
    params = lease_params(actor, now) | {"token": lease_token, "until": until, "cap": rules.hold_cap}
    for _ in range(rules.hold_cap + 1):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(HOLD, params)
                if cursor.rowcount == 1:
                    return
        except IntegrityError:  # another page of the same person took the same shelf at the same moment
            continue
        break
    if not leased_under(lease_token, actor).exists():
        raise LeaseExpired()
    raise HoldsFull()


def unhold(*, task_id: UUID, actor: Actor, now: datetime) -> LeasedTask:
    """Give the person a task back that they have on hold.

    Raises:
        LeaseExpired: they have not, or it went back to the queue.
        HandsFull: they hold as many as one person may.
    """
    params = lease_params(actor, now) | {"task": task_id}
    if (task := lease_asked_for(TAKE_UP, params, actor)) is not None:
        return task
    if holds_all_places(actor):
        raise HandsFull()
    raise LeaseExpired("This case is no longer on hold for you: its time was over.")


@transaction.atomic
def escalate(*, lease_token: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Escalate a task to the adjudicators, with the reason; whoever escalated it is not offered it again.

    Raises:
        Invalid: the reason is too long, or adjudicators have it already.
        LeaseExpired: the person no longer holds it.
    """
    said = reason.strip()
    if len(said) > MAX_ESCALATION:
        error = Words("has %(count)s characters", count=len(said))
        raise Invalid(
            [Problem(field="reason", error=error, fix=Words("Say it in %(most)s.", most=MAX_ESCALATION))]
        )
    changes = {
        "for_adjudicator": True,
        "escalated_by_id": person_id(actor),
        "escalated_at": now,
        "escalation": said,
        "reasons": with_reason(TaskReason.ESCALATED),
    }
    leased = leased_under(lease_token, actor).filter(lease_until__gt=now)
    if leased.filter(for_adjudicator=True).exists():  # it would wait for another adjudicator, if there is one
        fix = Words("Answer it, hold it, or skip it.")
        raise Invalid([Problem(field="case", error=Words("is with the adjudicators already"), fix=fix)])
    if move(leased, table=TASK_TRANSITIONS, to=TaskStatus.WAITING, **NO_LEASE, **changes) != 1:
        raise LeaseExpired()


def end_skips(*, actor: Actor, now: datetime) -> int:
    """Offer the person what they have skipped again, from now on."""
    mine = Skip.objects.filter(reviewer_id=actor.user_id, until__gt=now, until__lte=now + SKIP_LASTS)
    return mine.update(until=now)
