"""Pause deliveries to a subscriber that keeps failing: try one now and then until it arrives.

What is due there waits meanwhile, without using up its attempts.
"""

from datetime import datetime, timedelta
from uuid import UUID

from hitl.outbox.models import Endpoint

PLACES = 4  # deliveries on their way to one subscriber at once
FAILURES = 5  # in a row, before it is left in peace
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
MAX_COUNTED = 30_000


def places(endpoint: Endpoint, *, now: datetime) -> int:
    """Return how many deliveries may be on their way to it: all, one after a failure, none in a pause."""
    if endpoint.paused_until is not None and now < endpoint.paused_until:
        return 0
    return 1 if endpoint.failures else PLACES


def note(endpoint_id: UUID, *, is_success: bool, now: datetime) -> None:
    """Take in how an attempt went."""
    if is_success:
        healthy = Endpoint.objects.filter(pk=endpoint_id).exclude(failures=0, paused_until=None)
        healthy.update(failures=0, paused_until=None)
        return
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    endpoint.failures = min(endpoint.failures + 1, MAX_COUNTED)
    if endpoint.failures >= FAILURES:
        endpoint.paused_until = now + pause_after(endpoint.failures)
    endpoint.save(update_fields=["failures", "paused_until"])


def end_pause(endpoint_id: UUID) -> None:
    """Try again at once: a person asked for it."""
    Endpoint.objects.filter(pk=endpoint_id).update(paused_until=None)


def pause_after(failures: int) -> timedelta:
    """Return how long it is left in peace after so many failures in a row."""
    doublings: int = min(failures - FAILURES, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
