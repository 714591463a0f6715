"""The only source of the current time, so that a simulation can replace it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

MAX_BEHIND = timedelta(hours=1)


class Steady:
    """A clock that does not go back within one process when the system's is set back.

    Decisions are dated, and what was dated up to a moment is sealed by a digest: a date from before it would
    look like a row that was slipped in. After a step back this clock goes on at half speed until the other
    has caught up; of a step of more than `MAX_BEHIND` it was the system's clock that was wrong before.

    Args:
        wall: the system's time of day. elapsed: seconds that only ever grow.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._anchor = wall(), elapsed()

    def __call__(self) -> datetime:
        """Return the time, aware and in UTC."""
        wall, elapsed = self._wall(), self._elapsed()
        then, since = self._anchor
        held_back = then + timedelta(seconds=(elapsed - since) / 2)
        if wall >= held_back or held_back - wall > MAX_BEHIND:
            self._anchor = wall, elapsed
            return wall
        return held_back


_steady = Steady()
_source: Callable[[], datetime] = _steady


def now() -> datetime:
    """Return the current time, aware and in UTC."""
    return _source()


def use(source: Callable[[], datetime] | None) -> None:
    """Take the time from `source` from now on; None returns to the system's clock."""
    global _source
    _source = source or _steady
