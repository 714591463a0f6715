"""Take events to their subscribers, at least once each.

A delivery is claimed by moving its due time past the longest exchange, in one short transaction; then it is
sent, outside of any; then what came back is recorded, unless somebody else has taken it up meanwhile. A
process that dies in between leaves a delivery that is due again after the lease.
"""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from hitl.outbox.addresses import check_url
from hitl.outbox.models import Attempt, Delivery, Endpoint
from hitl.outbox.sending import SECONDS, Reply, post
from hitl.outbox.signing import body_of, headers_of
from hitl.outbox.types import TRANSITIONS, DeliveryStatus
from hitl.shared.errors import Invalid
from hitl.shared.transitions import move

_MINUTE, _HOUR = 60, 3600
RETRIES = (5, 5 * _MINUTE, 30 * _MINUTE, *(h * _HOUR for h in (2, 5, 10, 14, 20, 24)))  # seconds
JITTER = 0.1
LONGEST_WAIT = 24 * _HOUR  # however long a subscriber asks us to wait
AT_ONCE = 8
PER_ENDPOINT = 4  # of one round, so that a subscriber that does not answer holds up nobody else
LEASE = timedelta(seconds=8 * SECONDS)


def relay(*, now: datetime, for_seconds: float = 45.0) -> int:
    """Deliver what is due, round by round, until nothing is or the time is up; return how many were sent."""
    started, sent = time.monotonic(), 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while (spent := time.monotonic() - started) < for_seconds:
            at = now + timedelta(seconds=spent)
            claimed = list(claim_due(now=at))
            if not claimed:
                break
            calls = {pool.submit(_send, delivery, at): delivery for delivery in claimed}
            for call in as_completed(calls):
                at = now + timedelta(seconds=time.monotonic() - started)
                record_reply(calls[call], call.result(), now=at)
                sent += 1
    return sent


def claim_due(*, now: datetime) -> Iterator[Delivery]:
    """Yield deliveries to send now, a few for each subscriber; nobody else sends them within the lease."""
    for endpoint in Endpoint.objects.filter(disabled_at=None):
        with transaction.atomic():
            due = (
                Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                .filter(endpoint=endpoint, status=DeliveryStatus.DUE, due_at__lte=now)
                .select_related("event")
                .order_by("due_at")[:PER_ENDPOINT]
            )
            claimed = list(due)
            Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed]).update(
                due_at=now + LEASE, attempts=F("attempts") + 1
            )
        for delivery in claimed:
            delivery.attempts += 1
            delivery.endpoint = endpoint
            yield delivery


@transaction.atomic
def record_reply(delivery: Delivery, reply: Reply, *, now: datetime) -> None:
    """Record the attempt and decide what follows: delivered, failed, or again later."""
    Attempt.objects.create(
        delivery=delivery,
        at=now,
        http_status=reply.status,
        error=reply.error,
        milliseconds=reply.milliseconds,
    )
    mine = Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    if reply.is_success:
        move(mine, table=TRANSITIONS, to=DeliveryStatus.DELIVERED)
        return
    if reply.status == 410:
        Endpoint.objects.filter(pk=delivery.endpoint_id, disabled_at=None).update(
            disabled_at=now, disabled_because="It answered 410 Gone: the subscriber wants no more events."
        )
    if reply.status == 410 or delivery.attempts > len(RETRIES):
        move(mine, table=TRANSITIONS, to=DeliveryStatus.FAILED)
        return
    mine.filter(status=DeliveryStatus.DUE).update(due_at=now + wait_before(delivery.attempts, reply))


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
        return Reply(None, f"the address {invalid.facts['errors'][0]['error']}", 0)
    body = body_of(delivery.event)
    headers = headers_of(delivery.event, body, delivery.endpoint.secrets, now)
    return post(url, headers, body, wall_time=now.timestamp())
