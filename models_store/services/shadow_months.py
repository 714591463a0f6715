"""The months of the table of shadow scores: each is a partition, made ahead and dropped when too old.

The service may make no table (`hitl.runtime.database_roles`): functions of the owner's do it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection, transaction

TABLE = "models_store_shadowscore"
AHEAD = 2  # months made beforehand
_LOCK = 0x5AD0  # of the installation: one process at a time makes or drops months


def month_of(moment: datetime) -> datetime:
    """Return the beginning of a moment's month, in UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def later(month: datetime, months: int) -> datetime:
    """Return the beginning of the month so many months later.

    >>> later(datetime(2026, 11, 1, tzinfo=UTC), 2).isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    count = month.year * 12 + month.month - 1 + months
    return month.replace(year=count // 12, month=count % 12 + 1)


def present_months() -> list[datetime]:
    """Return the beginnings of the months that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass",
            [TABLE],
        )
        names = [name for (name,) in cursor.fetchall()]
    return sorted(datetime.strptime(name[-6:], "%Y%m").replace(tzinfo=UTC) for name in names)


@transaction.atomic
def make_months(months: Iterable[datetime]) -> int:
    """Make the partitions of these months that are missing; return how many."""
    wanted = set(months)
    if wanted <= set(present_months()):
        return 0
    _lock()
    missing = sorted(wanted - set(present_months()))  # again, behind the lock
    with connection.cursor() as cursor:
        for month in missing:
            cursor.execute("SELECT hitl_make_shadow_month(%s)", [month])
    return len(missing)


@transaction.atomic
def drop_months(*, before: datetime) -> int:
    """Drop the months that end at or before a moment, with all their scores; return how many."""
    old = [month for month in present_months() if later(month, 1) <= before]
    if old:
        _lock()
        with connection.cursor() as cursor:
            for month in old:
                cursor.execute("SELECT hitl_drop_shadow_month(%s)", [month])
    return len(old)


def keep_months(*, now: datetime, needed_from: datetime | None = None) -> tuple[int, int]:
    """Make the months ahead and drop those past keeping; return how many of each.

    `needed_from` is the earliest moment whose scores some evidence still rests on: they stay, however old.
    """
    this = month_of(now)
    made = make_months(later(this, i) for i in range(AHEAD + 1))
    kept_from = later(this, -settings.SHADOW_SCORE_MONTHS)
    return made, drop_months(before=min(kept_from, needed_from or kept_from))


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")  # whoever reads for long is not waited for in a queue
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
