"""Hand out the work: the next case, the ones after it ahead of time, and one that the person had before.

PostgreSQL keeps the order: one lease per task, and at most `MAX_LEASES` per person, because each takes one of
that many places (ADR 0013). What becomes of a lease is in `leases`, what people do instead of answering in
`skip_hold_escalate`.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection

from hitl.shared.actor import Actor
from reviews.errors import HandsFull, LeaseExpired
from reviews.lease_length import AHEAD_LASTS
from reviews.models import Task
from reviews.selectors import LeasedTask, lanes_of
from reviews.services.leases import holds_all_places, lease_asked_for, lease_params
from reviews.sql_queue import BEGIN_LEASED_AHEAD, CLAIM_NEXT, TAKE_AGAIN
from reviews.types import MAX_AHEAD, MAX_LEASES, TaskStatus

_TRIES = MAX_LEASES + 1  # each lost race for a place fills one of them


def claim_next(*, actor: Actor, workflow_ids: list[UUID] | None, now: datetime) -> LeasedTask | None:
    """Give the person the most pressing task they may answer; None when there is none.

    Never a case they have answered, one they skipped a while ago, or one in somebody else's hands.

    Raises:
        HandsFull: they hold as many as one person may.
    """
    leased = _claim(actor, workflow_ids, now, ahead_seconds=None)
    if leased is None and holds_all_places(actor):
        raise HandsFull()
    return leased


def claim_ahead(
    *, actor: Actor, workflow_ids: list[UUID] | None, now: datetime, most: int = MAX_AHEAD
) -> list[LeasedTask]:
    """Lease up to `most` of the next cases to the person ahead of time, for `AHEAD_LASTS` only.

    What they hold ahead already counts towards it and is not returned again. Fewer come back when fewer wait
    or their hands are full. `begin` says that one is on the page now; `leases.renew` of the case on the page
    keeps those ahead as well.
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
        params = lease_params(actor, now) | {
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
        cursor.execute(BEGIN_LEASED_AHEAD, lease_params(actor, now) | {"token": lease_token})
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
    params = lease_params(actor, now) | {"case": case_id}
    if (task := lease_asked_for(TAKE_AGAIN, params, actor)) is not None:
        return task
    if holds_all_places(actor):
        raise HandsFull()
    raise LeaseExpired("Somebody else has this case now, or it needs no answer any more.")
