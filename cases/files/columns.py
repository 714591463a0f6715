"""Turn the cells of a file into what a field takes: a CSV knows only texts, a Parquet file more than JSON."""

import math
import re
from datetime import UTC, date, datetime

from cases.kinds import KINDS
from cases.kinds.date import iso_date
from cases.names import clean_name
from science.fields import Kind

_NAMELESS = re.compile(r"Unnamed: \d+(\.\d+)*(_level_\d+)?")


def is_nameless(name: str) -> bool:
    """Tell whether a column has no name: none at all, or the one that pandas gives a column without one.

    >>> [is_nameless(name) for name in ("", "Unnamed: 0", "Unnamed: 0.1", "Unnamed")]
    [True, True, True, False]
    """
    return not name or _NAMELESS.fullmatch(name) is not None


def cell_as(value: object, kind: Kind) -> object:
    """Return the cell as a value of the kind, None where it is empty.

    What cannot be read as the kind is returned as it is: checking the case then says so, naming the field.

    >>> cell_as(" 12.5 ", Kind("number")), cell_as("yes", Kind("boolean")), cell_as("", Kind("category"))
    (12.5, True, None)
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return KINDS[kind].read_text(value)
    if isinstance(value, bytes | dict | list):
        return value
    return KINDS[kind].read_typed(value)


def as_name(cell: object) -> str:
    """Return the cell as the name of a label or a case, "" where it is empty.

    >>> as_name(" spam "), as_name(3.0), as_name(True), as_name(None)
    ('spam', '3', 'true', '')
    """
    value = cell_as(cell, Kind.CATEGORY)
    return "" if value is None else clean_name(str(value))


def is_of(value: object, kind: Kind) -> bool:
    """Tell whether what `cell_as` returned is empty or of the kind, as far as a cell alone shows it."""
    is_formed = KINDS[kind].is_formed
    return value is None or is_formed is None or is_formed(value)


def is_date(text: str) -> bool:
    """Tell whether the text is an ISO date or time."""
    return iso_date(text) is not None


def as_time(value: object) -> datetime | None:
    """Return the cell as a time in UTC, also where it names no zone; None where it is none.

    Nor is it one where UTC falls out of the calendar: a database takes it, and nobody can read it back.
    """
    if isinstance(value, str):
        text = iso_date(value.strip())
        value = datetime.fromisoformat(text) if text else None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone is added below
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None
