"""Rows of hand-written SQL whose values have names: those that the statement gives its columns."""

from collections import namedtuple
from functools import lru_cache
from typing import Any

from django.db.backends.utils import CursorWrapper


def fetch_named(cursor: CursorWrapper) -> list[Any]:
    """Return what is left of a result, each row as a named tuple.

    Raises:
        ValueError: two columns have one name, or one has none: say `AS name`.
    """
    row = _row_type(tuple(column.name for column in cursor.description))
    return [row(*values) for values in cursor.fetchall()]


@lru_cache(maxsize=200)
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)
