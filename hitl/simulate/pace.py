"""When the cases of a played world come in, and how many at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cases.services.imports import Labelled

CASES_A_DAY = 1_000  # where the file names no time
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)


def moments(items: Sequence[Labelled]) -> list[datetime]:
    """Return when each case comes in: as the file says, else evenly. Never before there were computers."""
    if items[0].at is None:
        return [BEGINS + timedelta(days=i / CASES_A_DAY) for i in range(len(items))]
    late = max(timedelta(0), EARLIEST - items[0].at)
    return [item.at + late for item in items if item.at is not None]


def chunk_size(n: int) -> int:
    """Return how many cases come in together: few enough that an alarm takes effect soon."""
    return min(250, max(20, n // 200))
