"""Functions that the records of several kinds share."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext

from hitl.shared.numbers import number


def never(value: object) -> bool:
    """Refuse a cell: this kind has no typed form in files."""
    return False


def never_said(texts: Sequence[str]) -> bool:
    """Refuse a column of texts: no text says a value of this kind."""
    return False


def stripped(read: Callable[[str], object]) -> Callable[[str], object]:
    """Read texts without the spaces around them; an empty one is no value."""

    def reading(text: str) -> object:
        inner = text.strip()
        return read(inner) if inner else None

    return reading


def as_it_is(text: str) -> str:
    """Return the text."""
    return text


def as_words(value: object) -> str:
    """Write a typed cell as the text it stands for: 3.0 is "3", True is "true"."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def exported(value: Any) -> Any:
    """Return a value for one cell of an export: a file by its hash, any other object as JSON.

    Whatever the kind: what was a picture in an old version of the schema may be a text in the new one.
    """
    if isinstance(value, dict):
        return value.get("asset") or json.dumps(value, ensure_ascii=False)
    return value


def say(value: Any) -> str:
    """Write a value for people, in their language: in English 12000.0 is "12,000", True is "yes".

    >>> [say(v) for v in (12000.0, 0.125, True, None, "2026-11-23")]
    ['12,000', '0.125', 'yes', '', '2026-11-23']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float):
        return number(value, ",.0f" if value.is_integer() and abs(value) < 1e15 else ",.6g")
    return str(value)
