"""If a model is too slow, do not ask it for a while: its cases go to people, as if it had failed.

A call under way cannot be ended; what is bounded is how many requests of a process a slow model holds up: a
few, then one every `REST`. Time is CPU time of the call: that the machine is busy is no fault of the model's.
Each process finds out for itself, which needs no word to the others.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, thread_time
from uuid import UUID

log = logging.getLogger(__name__)

FIRST_SECONDS = (
    2.0  # a whole call with one case: the slowest there is, a long recording, takes a quarter of it
)
CASE_SECONDS = 0.05  # for every further case of the call
STRIKES = 3  # slow calls in a row
REST = 60.0  # seconds; then one call is tried again


@dataclass(slots=True)
class _Slow:
    strikes: int = 0
    rests_until: float = 0.0


_slow: dict[UUID, _Slow] = {}  # releases whose last call was slow


def bears_with(release_id: UUID) -> bool:
    """Tell whether the model may be asked now."""
    seen = _slow.get(release_id)
    return seen is None or monotonic() >= seen.rests_until


@contextmanager
def timed(release_id: UUID, cases: int) -> Iterator[None]:
    """Time one call of the model with this many cases; calls that raise do not count."""
    start = thread_time()
    yield
    seconds = thread_time() - start
    if seconds <= FIRST_SECONDS + CASE_SECONDS * (cases - 1):
        if _slow:
            _slow.pop(release_id, None)
        return
    seen = _slow.setdefault(release_id, _Slow())
    seen.strikes += 1
    facts = {"release": str(release_id), "cases": cases, "seconds": round(seconds, 1)}
    if seen.strikes < STRIKES:
        log.warning("scoring is slow", extra=facts)  # untranslated: a log
        return
    seen.rests_until = monotonic() + REST
    log.error(
        "scoring is slow again and again, the next cases go to people",  # untranslated: a log
        extra=facts,
    )
