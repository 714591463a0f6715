"""What to do when the database or the store of files is gone, or when two transactions collide."""

import errno
import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection

from hitl.shared.errors import HitlError
from hitl.shared.storage import StoreAway
from hitl.shared.words import Words

log = logging.getLogger(__name__)

T = TypeVar("T")

LOST = frozenset({"40P01", "40001"})  # deadlock, serialization failure: nothing of ours was written
TRIES = 4
RETRY_SECONDS = 5


class Unavailable(HitlError):
    """The database cannot be reached at the moment. Nothing was half saved; send it again shortly."""

    code, status = "unavailable", 503


class NoRoom(HitlError):
    """There is no room left to keep this. Nothing was half saved; tell an administrator, and send it
    again."""

    code, status = "no_room", 507


def is_outage(error: BaseException | None) -> bool:
    """Tell whether this error means that database or store are not there, or that a disk is full."""
    return isinstance(error, OperationalError | InterfaceError | StoreAway) or _is_full(error)


def _is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def unavailable(error: BaseException) -> HitlError:
    """Return what the client is told, and log what happened, in one line."""
    if _is_full(error):
        log.error("no room on the disk", extra={"error": str(error)[:300]})  # untranslated: a log
        return NoRoom(headers={"Retry-After": str(60 * RETRY_SECONDS)})
    if isinstance(error, StoreAway):
        away = {"error": str(error)[:300]}
        log.error("the object store does not answer", extra=away)  # untranslated: a log
        return Unavailable(
            Words(
                "The store of files cannot be reached at the moment. Nothing was half saved; "
                "send it again soon."
            ),
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    facts = {"error": str(error).strip()[:300], "state": state(error)}
    log.error("the database does not answer", extra=facts)  # untranslated: a log
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
                extra = {"state": state(error), "attempt": attempt}
                log.warning("tried again", extra=extra)  # untranslated: a log
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads load
        return call(*arguments, **words)

    return calling
