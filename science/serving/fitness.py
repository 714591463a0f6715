"""Whether the model can read a row; if not, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from science.fields import Field
from science.kinds.traits import Unfit
from science.serving.table import Column

Check = tuple[Field, Column | None, Unfit]


def reason_unfit(row: Mapping[str, object], checks: Sequence[Check]) -> str | None:
    """The first thing about a row that the model has no experience with, naming the field."""
    for field, column, unfit in checks:
        value = row.get(field.name)
        is_absent = value is None or value == "" or value == b""
        reason = _missing(field, column) if is_absent else unfit(value)
        if reason:
            return f"field {field.name!r} {reason}"
    return None


def _missing(field: Field, column: Column | None) -> str | None:
    if field.required:
        return "is missing"
    if column is not None and not column.saw_missing:
        return "is missing, and the model never saw a case without it"
    return None
