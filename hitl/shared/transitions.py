"""Statuses move along one table, by compare-and-set."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from hitl.shared.errors import Conflict


def move(rows: QuerySet[Any], *, table: Mapping[str, Iterable[str]], to: str, **changes: Any) -> int:
    """Set `status` to `to` on those of `rows` whose present status may lead there; return how many moved.

    The check and the change are one UPDATE, so that of two racing callers exactly one wins.
    """
    return rows.filter(status__in=sources_of(table, to)).update(status=to, **changes)


def sources_of(table: Mapping[str, Iterable[str]], to: str) -> list[str]:
    """Return the statuses that lead to one."""
    return [status for status, targets in table.items() if to in targets]


def move_one(rows: QuerySet[Any], *, table: Mapping[str, Iterable[str]], to: str, **changes: Any) -> None:
    """As `move`, for exactly one row.

    Raises:
        Conflict: the row is gone or no longer in a status that leads there.
    """
    if move(rows, table=table, to=to, **changes) != 1:
        raise Conflict(to=to)
