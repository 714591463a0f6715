"""What to do when the database is gone, or when two transactions stood in each other's way."""

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection

from hitl.shared.errors import HitlError

log = logging.getLogger(__name__)

T = TypeVar("T")

LOST = frozenset({"40P01", "40001"})  # deadlock, serialization failure: nothing of ours was written
TRIES = 4
RETRY_SECONDS = 5


class Unavailable(HitlError):
    """The database cannot be reached at the moment. Nothing was half saved; send it again shortly."""

    code, status = "unavailable", 503


def is_outage(error: BaseException | None) -> bool:
    """Tell whether this error means that the database is not there, is full or has no connection left."""
    return isinstance(error, OperationalError | InterfaceError)


def unavailable(error: BaseException) -> Unavailable:
    """Return what the client is told, and log what happened, in one line."""
    log.error(
        "the database does not answer", extra={"error": str(error).strip()[:300], "state": state(error)}
    )
    return Unavailable(headers={"Retry-After": str(RETRY_SECONDS)})


def state(error: BaseException) -> str | None:
    """Return PostgreSQL's code for what went wrong, None where it said none."""
    code = getattr(error.__cause__, "pgcode", None) or getattr(error, "pgcode", None)
    return str(code) if code else None


def lost_to_others(error: BaseException) -> bool:
    """Tell whether the transaction was undone only because another one was in its way."""
    return isinstance(error, OperationalError) and state(error) in LOST


def again_where_others_won(call: Callable[..., T]) -> Callable[..., T]:
    """Call something again, a few times, when its transaction was undone in favour of another.

    Only for what does all it does in one transaction, as a view that calls one service.
    """

    @wraps(call)
    def calling(*arguments: Any, **words: Any) -> Any:
        for attempt in range(1, TRIES):
            try:
                return call(*arguments, **words)
            except OperationalError as error:
                if connection.in_atomic_block or not lost_to_others(error):
                    raise
                log.warning("tried again", extra={"state": state(error), "attempt": attempt})
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads load
        return call(*arguments, **words)

    return calling
