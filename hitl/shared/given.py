"""Read what strangers send in addresses, forms and headers so that Python and PostgreSQL can handle it.

What neither can is refused here, once for every page and address (ADR 0066).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.shared.words import Words

LARGEST = 2**63 - 1
"""Of PostgreSQL's numbers of rows."""


class BadParameter(Invalid):
    """A parameter of the address cannot be used."""

    code, status = "bad_parameter", 400


def whole_number(text: str, *, most: int = LARGEST) -> int | None:
    """Return the number that the ASCII digits say; None for anything else, and for more than `most`.

    >>> whole_number("12"), whole_number("²"), whole_number("9" * 5000)
    (12, None, None)
    """
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None


def moment(text: str) -> datetime:
    """Return a time that was sent with its zone, in UTC: of the years 2 to 9998, which all zones can say.

    Raises:
        ValueError: it is none.
    """
    found = parse_datetime(text)
    if found is None or found.tzinfo is None or not is_in_calendar(found):
        raise ValueError(text)
    return found.astimezone(UTC)


def is_in_calendar(found: datetime) -> bool:
    """Tell whether the time is one that all zones can say: PostgreSQL takes others, and nobody reads them."""
    return 1 < found.year < 9999


_NO_ID = Words("is not an id")


def posted_id(request: HttpRequest, name: str, *, error: str = _NO_ID, fix: str) -> UUID:
    """Return the id that a form sends under this name.

    Raises:
        Invalid: it sends none.
    """
    try:
        return UUID(str(request.POST.get(name, "")))
    except ValueError:
        raise Invalid([Problem(field=name, error=error, fix=fix)]) from None


def refuse_nul(request: HttpRequest, *, form: bool) -> None:
    """Refuse an address, or a form, that holds a NUL character: PostgreSQL has no text with one.

    Raises:
        NotFound: the path holds one.
        BadParameter: a parameter or a field does; it is named.
    """
    if "\x00" in request.path_info:
        raise NotFound()
    names = _with_nul(request.GET.lists()) if "%00" in request.META.get("QUERY_STRING", "") else []
    if form:
        names += _with_nul(request.POST.lists())
    if names:
        fix = Words("Leave it out: it is no text.")
        raise BadParameter(
            [Problem(field=name, error="holds a NUL character", fix=fix) for name in names[:20]]
        )


def _with_nul(pairs: Iterable[tuple[str, Sequence[object]]]) -> list[str]:
    return [
        name.replace("\x00", "\\0")[:100]
        for name, values in pairs
        if "\x00" in name or any("\x00" in str(value) for value in values)
    ]
