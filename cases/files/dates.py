"""Dates as much of the world writes them, the day before the month."""

import re
from datetime import datetime

_DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T ,]+(\d{1,2}:\d{2}.*))?")


def day_first(cell: object) -> object:
    """Return a date that is written day first in ISO form; every other cell as it is.

    >>> day_first("31.12.2026"), day_first("1/2/2026 9:30"), day_first("2026-12-31"), day_first("12/31/2026")
    ('2026-12-31', '2026-02-01T09:30', '2026-12-31', '12/31/2026')
    """
    found = _DAY_FIRST.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if found is None:
        return cell
    day, _, month, year, time = found.groups()
    text = f"{year}-{month:0>2}-{day:0>2}" + (f"T{'0' * (time[1] == ':')}{time}" if time else "")
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return cell
    return text
