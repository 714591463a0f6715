"""Turn the cells of a file into what a field takes: a CSV knows only texts, a Parquet file more than JSON."""

import math
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

from science.fields import Kind

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TRUE = {"true", "yes", "t", "y", "1"}
_FALSE = {"false", "no", "f", "n", "0"}
HAS_FORM: dict[Kind, type] = {Kind.NUMBER: float, Kind.BOOLEAN: bool, Kind.DATE: str}


def cell_as(value: object, kind: Kind) -> object:
    """Return the cell as a value of the kind, None where it is empty.

    What cannot be read as the kind is returned as it is: checking the case then says so, naming the field.

    >>> cell_as(" 12.5 ", Kind.NUMBER), cell_as("yes", Kind.BOOLEAN), cell_as("", Kind.CATEGORY)
    (12.5, True, None)
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value if kind is Kind.TEXT else _text_as(value.strip(), kind)
    if isinstance(value, bytes | dict | list):
        return value
    return _typed_as(value, kind)


def as_name(cell: object) -> str:
    """Return the cell as the name of a label or a case, "" where it is empty.

    >>> as_name(" spam "), as_name(3.0), as_name(True), as_name(None)
    ('spam', '3', 'true', '')
    """
    value = cell_as(cell, Kind.CATEGORY)
    return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


def is_of(value: object, kind: Kind) -> bool:
    """Tell whether what `cell_as` returned is empty or of the kind, as far as a cell alone shows it."""
    if value is None or kind not in HAS_FORM:
        return True
    return isinstance(value, HAS_FORM[kind]) and (kind is not Kind.DATE or is_date(str(value)))


def is_number(text: str) -> bool:
    """Tell whether the text is a plain decimal number."""
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def is_boolean(text: str) -> bool:
    """Tell whether the text says yes or no in words; 0 and 1 may as well be numbers."""
    return text.lower() in (_TRUE | _FALSE) - {"0", "1"}


def is_date(text: str) -> bool:
    """Tell whether the text is an ISO date or time."""
    return _date(text) is not None


def as_time(value: object) -> datetime | None:
    """Return the cell as a time, UTC where it names no zone; None where it is none."""
    if isinstance(value, str):
        text = _date(value.strip())
        value = datetime.fromisoformat(text) if text else None
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone is added below
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _text_as(text: str, kind: Kind) -> object:
    if not text:
        return None
    if kind is Kind.NUMBER:
        return float(text) if is_number(text) else text
    if kind is Kind.BOOLEAN:
        word = text.lower()
        return True if word in _TRUE else False if word in _FALSE else text
    if kind is Kind.DATE:
        return _date(text) or text
    return text


def _typed_as(value: object, kind: Kind) -> object:
    if kind is Kind.NUMBER:
        is_plain = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        is_plain &= not isinstance(value, int) or value.bit_length() < 1_000  # larger ones are no floats
        return float(value) if is_plain else value  # type: ignore[arg-type]  # narrowed by is_plain
    if kind is Kind.BOOLEAN:
        return bool(value) if value in (0, 1) else value
    if kind is Kind.DATE:
        return value.isoformat() if isinstance(value, date) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _date(text: str) -> str | None:
    """Return the date in ISO form; also 2026/11/23, which many tools write."""
    if not 8 <= len(text) <= 40 or not text[:4].isdigit() or text.isdigit():
        return None
    try:
        return datetime.fromisoformat(text.replace("/", "-")).isoformat() and text.replace("/", "-")
    except ValueError:
        return None
