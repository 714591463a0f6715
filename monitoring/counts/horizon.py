"""Which rows are new, by the transactions that wrote them: nothing that commits late is left out.

A row's date is taken before it commits, so a cursor of dates would pass over rows that come late. The lowest
transaction that is still running is a horizon: all below it have ended, and all rows they wrote are there.
Rows from one horizon up to the next are new, each once, however long their transactions were open.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

DATED_BEFORE = timedelta(minutes=15)  # a row's date is taken at most so long before its transaction writes


@dataclass(frozen=True, slots=True)
class Horizon:
    """Transactions at a moment.

    Attributes:
        ended: all below it have ended.
        coming: the next one that begins is not below it.
    """

    ended: int
    coming: int


# What runs in another database of the cluster writes no row of ours; what cannot be told counts as ours.
_HORIZON = """
WITH taken AS MATERIALIZED (SELECT pg_current_snapshot() AS at),
running AS (SELECT pg_snapshot_xip(at)::text::bigint AS xid FROM taken),
elsewhere AS (
    SELECT held.transactionid::text::bigint AS xid
    FROM pg_locks AS held JOIN pg_stat_activity AS who USING (pid)
    WHERE held.locktype = 'transactionid' AND held.granted AND held.mode = 'ExclusiveLock'
      AND who.datname <> current_database()
)
SELECT coalesce(
    (SELECT min(xid) FROM running WHERE (xid & 4294967295) NOT IN (SELECT xid FROM elsewhere)),
    pg_snapshot_xmax(at)::text::bigint
), pg_snapshot_xmax(at)::text::bigint FROM taken
"""


def horizon() -> Horizon:
    """Return the horizon now."""
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        ended, coming = cursor.fetchone()
    return Horizon(ended, coming)


def dated_from(marks: list[list[object]], from_xid: int) -> datetime | None:
    """Return from when on rows of transactions from this one on may be dated; None: from ever.

    Args:
        marks: [time, next transaction at that time], oldest first.
    """
    before = [str(at) for at, coming in marks if int(str(coming)) <= from_xid]
    return datetime.fromisoformat(before[-1]) - DATED_BEFORE if before else None


def kept_marks(marks: list[list[object]], from_xid: int) -> list[list[object]]:
    """Return the marks without those that `dated_from` will not ask for again."""
    before = [mark for mark in marks if int(str(mark[1])) <= from_xid]
    return [*before[-1:], *(mark for mark in marks if int(str(mark[1])) > from_xid)]
