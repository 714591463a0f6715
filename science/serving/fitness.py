"""Whether the model can read a row; if not, why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from science.fields import Field, Kind
from science.serving.table import Column, moment_of, number

Check = tuple[Field, Column | None, int]


def reason_unfit(row: Mapping[str, object], checks: Sequence[Check]) -> str | None:
    """The first thing about a row that the model has no experience with, naming the field."""
    for field, column, max_chars in checks:
        value = row.get(field.name)
        if value is None or value == "" or value == b"":
            reason = _missing(field, column)
        else:
            reason = _unreadable(field, value, column, max_chars)
        if reason:
            return f"field {field.name!r} {reason}"
    return None


def _missing(field: Field, column: Column | None) -> str | None:
    if field.required:
        return "is missing"
    if column is not None and not column.saw_missing:
        return "is missing, and the model never saw a case without it"
    return None


def _unreadable(field: Field, value: object, column: Column | None, max_chars: int) -> str | None:
    kind = field.kind
    if kind is Kind.NUMBER:
        return _bad_number(field, value)
    if kind is Kind.CATEGORY:
        if not isinstance(value, str):
            return "is not a category (text)"
        if column is not None and not column.knows(value):
            return f"has a value the model never saw: {value[:40]!r}"
    elif kind is Kind.TEXT:
        if not isinstance(value, str):
            return "is not text"
        if field.required and value.isspace():
            return "is empty"
        if max_chars and len(value) > max_chars:
            return f"is longer than the {max_chars} characters the model reads"
    elif kind is Kind.BOOLEAN:
        if not isinstance(value, bool):
            return "is neither true nor false"
    elif kind is Kind.DATE:
        if moment_of(value) is None or not isinstance(value, str | date):
            return "is not a date (YYYY-MM-DD)"
    elif not isinstance(value, bytes | bytearray | memoryview):
        return "is not a file"
    return None


def _bad_number(field: Field, value: object) -> str | None:
    size = number(value)
    if math.isnan(size):
        return "is not a number the model can read"
    if field.minimum is not None and size < field.minimum:
        return f"is below {field.minimum:g}"
    if field.maximum is not None and size > field.maximum:
        return f"is above {field.maximum:g}"
    return None
