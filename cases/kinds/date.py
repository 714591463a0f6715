"""Date: a day or a moment in ISO form."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import pgettext_lazy

from cases.kinds.plain import exported, say, stripped
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit, printable
from hitl.shared.words import Words
from science.fields import Field, Kind

_FIX = Words('Send an ISO date like "2026-11-23" or "2026-11-23T05:19:00Z".')


def _check(field: Field) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > 40:
            raise Unfit("is not a date", _FIX)
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(value).isoformat()
        except ValueError:
            raise Unfit(Words('is "%(value)s"', value=printable(value)), _FIX) from None

    return check


def iso_date(text: str) -> str | None:
    """Return the date in ISO form; also 2026/11/23, which many tools write."""
    if not 8 <= len(text) <= 40 or not text[:4].isdigit() or text.isdigit():
        return None
    try:
        return datetime.fromisoformat(text.replace("/", "-")).isoformat() and text.replace("/", "-")
    except ValueError:
        return None


def _is_cell(value: object) -> bool:
    return isinstance(value, date)


def _is_said(texts: Sequence[str]) -> bool:
    return all(iso_date(text) is not None for text in texts)


def _read_text(text: str) -> str:
    return iso_date(text) or text


def _read_typed(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _is_formed(value: object) -> bool:
    return isinstance(value, str) and iso_date(value.strip()) is not None


def _example(field: Field) -> str:
    return "2026-11-23"[: field.max_length]


RECORD = KindRecord(
    kind=Kind.DATE,
    word=pgettext_lazy("kind", "date"),
    noun=Words("a date"),
    check=_check,
    is_cell=_is_cell,
    is_said=_is_said,
    read_text=stripped(_read_text),
    read_typed=_read_typed,
    is_formed=_is_formed,
    example=_example,
    column="text",
    exported=exported,
    layout="table",
    said=say,
)
