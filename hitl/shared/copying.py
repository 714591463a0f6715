"""Write many rows with COPY, the cheapest way PostgreSQL has, by psycopg2 (ADR 0003)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from operator import itemgetter
from types import NoneType
from typing import Any
from uuid import UUID

from django.db import connection


def copy_rows(table: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Stream rows, by column, into a table of ours; text is JSON where the column is, bytes are bytea."""
    values_of = itemgetter(*columns)
    lines = [
        "\t".join([_WRITERS.get(type(value), _escaped)(value) for value in values_of(row)]) for row in rows
    ]
    if not lines:
        return
    stream = BytesIO("\n".join([*lines, ""]).encode())
    # Django wraps the errors of what it calls itself, and this it does not.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", stream)


def _text(value: str) -> str:
    # Nothing to replace is the common case, and found out quicker than any table or pattern would.
    escaped = value.replace("\\", "\\\\").replace("\t", "\\t")
    return escaped.replace("\n", "\\n").replace("\r", "\\r")


def _escaped(value: Any) -> str:
    """Anything else by its text: members of string enumerations, for one."""
    return _text(str(value))


def _array(values: Sequence[Any]) -> str:
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return _text(f'"{quoted}"')
    return repr(value)


_WRITERS: dict[type, Callable[[Any], str]] = {
    NoneType: lambda value: r"\N",
    str: _text,
    float: repr,
    bool: lambda value: "t" if value else "f",
    int: repr,
    bytes: lambda value: r"\\x" + value.hex(),
    list: _array,
    tuple: _array,
    datetime: datetime.isoformat,
    UUID: lambda value: value.hex,
}
