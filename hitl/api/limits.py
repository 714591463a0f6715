"""How many requests a key may make: a token bucket in each process, which costs a microsecond.

Each web process hands out its share of `KEY_REQUESTS_PER_MINUTE`, so the limit needs no broker and no
database, and holds when either is gone. A client whose requests all land in one process meets that share.
"""

import math
import time
from uuid import UUID

from django.conf import settings

from hitl.shared.errors import HitlError

_MOST = 10_000
_buckets: dict[UUID, tuple[float, float]] = {}  # tokens left, and when they were counted


class TooManyRequests(HitlError):
    """This key has made too many requests. Wait as long as Retry-After says; batches count as one."""

    code, status = "too_many_requests", 429


def take_token(key_id: UUID) -> None:
    """Count one request of the key.

    Raises:
        TooManyRequests: its share of this minute is used up.
    """
    capacity = max(1.0, settings.KEY_REQUESTS_PER_MINUTE / settings.WEB_WORKERS)
    per_second = capacity / 60
    at = time.monotonic()
    left, counted = _buckets.get(key_id, (capacity, at))
    left = min(capacity, left + (at - counted) * per_second)
    if left < 1.0:
        _buckets[key_id] = (left, at)
        wait = math.ceil((1.0 - left) / per_second)
        raise TooManyRequests(headers={"Retry-After": str(wait)})
    if len(_buckets) >= _MOST:
        _buckets.clear()
    _buckets[key_id] = (left - 1.0, at)


def forget_limits() -> None:
    """Begin anew, as a fresh process does."""
    _buckets.clear()
