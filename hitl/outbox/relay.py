"""Take events to their subscribers, at least once each.

One relay works at a time. A delivery is claimed by moving its due time past the longest exchange, in one
short transaction; then it is sent, outside of any; then what came back is recorded, unless somebody else has
taken it up meanwhile. A process that dies in between leaves a delivery that is due again after the lease.

No subscriber holds up another: each has a few places of its own, one that failed lately has a single one, and
one that keeps failing is left in peace for a while (`breaker.py`).
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from hitl.outbox import breaker
from hitl.outbox.addresses import check_url
from hitl.outbox.models import Attempt, Delivery, Endpoint
from hitl.outbox.sending import SECONDS, Reply, plain, post
from hitl.outbox.signing import body_of, headers_of
from hitl.outbox.types import TRANSITIONS, DeliveryStatus
from hitl.shared.errors import Invalid
from hitl.shared.transitions import move
from hitl.shared.words import Words

log = logging.getLogger(__name__)

_MINUTE, _HOUR = 60, 3600
RETRIES = (5, 5 * _MINUTE, 30 * _MINUTE, *(h * _HOUR for h in (2, 5, 10, 14, 20, 24)))  # seconds
JITTER = 0.1
LONGEST_WAIT = 24 * _HOUR  # however long a subscriber asks us to wait
AT_ONCE = 32
LEASE = timedelta(seconds=8 * SECONDS)
LOOK_SECONDS = 0.5
_LOCK = 0x6869746C_72656C61  # one relay at a time, in the whole database

Calls = dict["Future[Reply]", Delivery]


def relay(*, now: datetime, for_seconds: float = 45.0) -> int:
    """Deliver what is due until nothing is or the time is up; return how many were sent.

    Returns 0 at once while another relay works.
    """
    with _only_one() as is_ours:
        return _relay(now, for_seconds) if is_ours else 0


def _relay(now: datetime, for_seconds: float) -> int:
    started, sent = time.monotonic(), 0
    calls: Calls = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            spent = time.monotonic() - started
            at = now + timedelta(seconds=spent)
            if spent < for_seconds:
                busy = Counter(delivery.endpoint_id for delivery in calls.values())
                for delivery in claim_due(now=at, busy=busy):
                    calls[pool.submit(_send, delivery, at)] = delivery
            if not calls:
                return sent
            for call in wait(calls, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED).done:
                record_reply(calls.pop(call), _reply(call), now=now + _since(started))
                sent += 1


def claim_due(*, now: datetime, busy: Mapping[UUID, int] | None = None) -> Iterator[Delivery]:
    """Yield deliveries to send now, as many as each subscriber has room for; nobody else sends them
    meanwhile.

    `busy` says how many are on their way to whom.
    """
    busy = busy or {}
    room = AT_ONCE - sum(busy.values())
    due_there = Delivery.objects.filter(endpoint=OuterRef("pk"), status=DeliveryStatus.DUE, due_at__lte=now)
    # Those that answer come first, so that the others share what is left.
    for endpoint in Endpoint.objects.filter(Exists(due_there), disabled_at=None).order_by("failures", "pk"):
        places = min(breaker.places(endpoint, now=now) - busy.get(endpoint.pk, 0), room)
        if places <= 0:
            continue
        for delivery in _claim(endpoint, places, now):
            room -= 1
            yield delivery


@transaction.atomic
def _claim(endpoint: Endpoint, places: int, now: datetime) -> list[Delivery]:
    due = (
        Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(endpoint=endpoint, status=DeliveryStatus.DUE, due_at__lte=now)
        .select_related("event")
        .order_by("due_at")[:places]
    )
    claimed = list(due)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed]).update(
        due_at=now + LEASE, attempts=F("attempts") + 1
    )
    for delivery in claimed:
        delivery.attempts += 1
        delivery.endpoint = endpoint
    return claimed


@transaction.atomic
def record_reply(delivery: Delivery, reply: Reply, *, now: datetime) -> None:
    """Record the attempt and decide what follows: delivered, failed, or again later."""
    Attempt.objects.create(
        delivery=delivery,
        at=now,
        http_status=reply.status,
        error=plain(reply.error),
        milliseconds=reply.milliseconds,
    )
    breaker.note(delivery.endpoint_id, is_success=reply.is_success, now=now)
    mine = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    if reply.is_success:
        move(mine, table=TRANSITIONS, to=DeliveryStatus.DELIVERED)
        return
    if reply.status == 410:
        Endpoint.objects.filter(pk=delivery.endpoint_id, disabled_at=None).update(
            disabled_at=now, disabled_because=_GONE
        )
    if reply.status == 410 or delivery.attempts > len(RETRIES):
        move(mine, table=TRANSITIONS, to=DeliveryStatus.FAILED)
        return
    mine.filter(status=DeliveryStatus.DUE).update(due_at=now + wait_before(delivery.attempts, reply))


_GONE = Words("It answered 410 Gone: the subscriber wants no more events.")


def wait_before(attempts: int, reply: Reply) -> timedelta:
    """Return how long to wait after so many attempts: the schedule, or longer where the subscriber asks."""
    seconds = RETRIES[attempts - 1] * (1 + JITTER * (2 * random.random() - 1))  # noqa: S311 - spreads load
    if reply.retry_after is not None:
        seconds = max(seconds, min(reply.retry_after, LONGEST_WAIT))
    return timedelta(seconds=seconds)


def _send(delivery: Delivery, now: datetime) -> Reply:
    """Send one delivery; runs in a thread and does not touch the database."""
    try:
        url = check_url(delivery.endpoint.url)
    except Invalid as invalid:
        return Reply(None, Words("the address %(error)s", error=invalid.facts["errors"][0]["error"]), 0)
    body = body_of(delivery.event)
    headers = headers_of(delivery.event, body, delivery.endpoint.secrets, now)
    return post(url, headers, body, wall_time=now.timestamp())


def _reply(call: "Future[Reply]") -> Reply:
    """Return what came back; a fault of ours is an attempt as well, and holds up nobody else's."""
    try:
        return call.result()
    except Exception as error:
        log.exception("a delivery could not be sent")
        return Reply(None, Words("could not be sent: %(error)s", error=type(error).__name__), 0)


@contextmanager
def _only_one() -> Iterator[bool]:
    """Hold the relay's lock, which PostgreSQL gives back when this connection ends; False: another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _since(started: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - started)
