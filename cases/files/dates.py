"""Read dates in common notations: day or month first, with points, slashes or dashes."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

Order = Literal["day", "month"]

_DATE = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)?\s*([AaPp][Mm])?(Z|[+-]\d{2}:?\d{2})?)?"
)
_PIVOT = 69  # of years written in two digits, as POSIX has it


def day_first(cell: object) -> object:
    """Return a date that is written day first in ISO form; every other cell as it is.

    >>> day_first("31.12.2026"), day_first("1/2/2026 9:30"), day_first("2026-12-31"), day_first("12/31/2026")
    ('2026-12-31', '2026-02-01T09:30', '2026-12-31', '12/31/2026')
    """
    return in_order(cell, "day")


def in_order(cell: object, order: Order) -> object:
    """Return a date that is written in this order in ISO form; every other cell as it is.

    >>> in_order("12/31/2026 9:30 PM", "month")
    '2026-12-31T21:30'
    """
    found = _DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if found is None:
        return cell
    first, separator, second, year, hour, minute, rest, half, zone = found.groups()
    if len(year) == 2 and len(first + second) < 4 and separator != "/":  # rather the number of a version
        return cell
    day, month = (first, second) if order == "day" else (second, first)
    if len(year) == 2:
        year = ("20" if int(year) < _PIVOT else "19") + year
    text = f"{year}-{month:0>2}-{day:0>2}"
    if hour:
        if half:
            if not 1 <= int(hour) <= 12:
                return cell
            hour = str(int(hour) % 12 + 12 * (half.lower() == "pm"))
        text += f"T{hour:0>2}:{minute}{rest or ''}{zone or ''}"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return cell
    return text


def orders_of(texts: Sequence[str], *, most_odd: int) -> list[Order]:
    """Return the orders in which all but a few of the texts are dates; none where they are not written so.

    With points the day always comes first. What is ISO is a date in any order.
    """
    found = [match for text in texts if (match := _DATE.fullmatch(text))]
    if not found:
        return []
    orders: list[Order] = ["day"] if all(match[2] == "." for match in found) else ["day", "month"]
    return [order for order in orders if sum(not _is_date(text, order) for text in texts) <= most_odd]


def _is_date(text: str, order: Order) -> bool:
    try:
        datetime.fromisoformat(str(in_order(text, order)).replace("/", "-"))
    except ValueError:
        return False
    return not text.isdigit()
