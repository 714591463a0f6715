"""Which rows are new, by the transactions that wrote them: nothing that commits late is left out (ADR 0061).

A row's date is taken before it commits, so a cursor of dates would pass over rows that come late. The lowest
transaction that is still running is a horizon: all below it have ended, and all rows they wrote are there.
Rows from one horizon up to the next are new, each once, however long their transactions were open.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from hitl.shared.statements import statements_beside

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


_SQL = statements_beside(__file__)


def horizon() -> Horizon:
    """Return the horizon now."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["horizon"].text)
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
