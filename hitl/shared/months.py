"""Tables of which each month, in UTC, is a partition: made ahead, and dropped whole when it is too old.

The service may make no table (`hitl.runtime.database_roles`): functions of the owner's do it, for tables
whose comment is "by month" and for no others (`models_store/migrations/0002_shadow_scores_by_month.sql`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

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


@dataclass(frozen=True, slots=True)
class ByMonth:
    """One such table, by its name (ADR 0088)."""

    table: str

    def months(self) -> list[datetime]:
        """Return the beginnings of the months that have a partition, oldest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                " WHERE i.inhparent = %s::regclass",
                [self.table],
            )
            names = [name for (name,) in cursor.fetchall()]
        return sorted(datetime.strptime(name[-6:], "%Y%m").replace(tzinfo=UTC) for name in names)

    @transaction.atomic
    def make(self, months: Iterable[datetime]) -> int:
        """Make the partitions of these months that are missing; return how many.

        Whoever writes rows of several months calls it before the first of them.
        """
        wanted = set(months)
        if wanted <= set(self.months()):
            return 0
        _lock()
        missing = sorted(wanted - set(self.months()))  # again, behind the lock
        self._call("hitl_make_month", missing)
        return len(missing)

    @transaction.atomic
    def drop(self, *, before: datetime) -> int:
        """Drop the months that end at or before a moment, with all their rows; return how many."""
        old = [month for month in self.months() if later(month, 1) <= before]
        if old:
            _lock()
            self._call("hitl_drop_month", old)
        return len(old)

    def keep(self, *, now: datetime, kept_from: datetime) -> tuple[int, int]:
        """Make this month and those ahead, drop what ends before `kept_from`; return how many of each."""
        this = month_of(now)
        return self.make(later(this, i) for i in range(AHEAD + 1)), self.drop(before=kept_from)

    def _call(self, function: str, months: Iterable[datetime]) -> None:
        with connection.cursor() as cursor:
            for month in months:
                cursor.execute(f"SELECT {function}(%s::regclass, %s)", [self.table, month])


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")  # whoever reads for long is not waited for in a queue
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
