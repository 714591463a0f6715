"""Numbers and times as people read them."""

import math
from datetime import UTC, datetime

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (7 * 86_400, 86_400, "d"))


def time_ago(moment: datetime, now: datetime) -> str:
    """Say how long ago, or in how long; a date from a week on.

    >>> time_ago(datetime(2026, 1, 1, 9, 57, tzinfo=UTC), datetime(2026, 1, 1, 10, tzinfo=UTC))
    '3 min ago'
    """
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 5:
        return "now"
    for below, unit, name in _STEPS:
        if size < below:
            count = int(size // unit)
            return f"{count} {name} ago" if seconds > 0 else f"in {count} {name}"
    local = moment.astimezone(UTC)
    return f"{local.day} {local:%b}" if local.year == now.year else f"{local.day} {local:%b %Y}"


def exact_time(moment: datetime) -> str:
    """Say a time to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def percent(share: float | None, digits: int = 1) -> str:
    """Say a share as a percentage; a dash where there is none.

    >>> percent(0.0123)
    '1.2 %'
    """
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.{digits}f} %"


def size(count: int) -> str:
    """Say a number of bytes.

    >>> size(25 * 1024 * 1024)
    '25 MB'
    """
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "kB")):
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{count} bytes"
