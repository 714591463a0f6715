"""The style in which a column is written, and how its cells are changed before they are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from cases.files.dates import in_order, orders_of
from cases.files.missing import is_missing
from cases.files.numerals import Numerals, numerals_of
from cases.kinds import KINDS
from cases.kinds.number import is_code
from cases.names import seen
from hitl.shared.words import Words
from science.fields import Kind

FEW = 0.05  # of the cells of a column may be something else

Prepare = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Style:
    """How a column is written.

    Attributes:
        prepare: what is done to a cell before it is read; None: nothing.
        note: what people should know of it, "" for nothing.
    """

    prepare: Prepare | None = None
    note: str = ""


PLAIN = Style()
_DAY_FIRST, _MONTH_FIRST = (
    Words("the day comes first in its dates"),
    Words("the month comes first in its dates"),
)


def style_of(cells: Sequence[object], *, kind: Kind | None = None, day_first: bool | None = None) -> Style:
    """Return how a column is written; `kind` is that of its field where it is known, else it is guessed.

    Where days and months cannot be told apart and nobody said which comes first, no date is read.
    """
    texts = [text for cell in cells if isinstance(cell, str) and (text := cell.strip())]
    if not texts or kind not in (None, Kind.NUMBER, Kind.DATE, Kind.BOOLEAN):
        return PLAIN
    said = [text for text in texts if not is_missing(text)]
    has_missing = len(said) < len(texts)
    if not said:
        return PLAIN
    few = int(FEW * len(said))
    most_odd = len(said) if kind else few
    if kind in (None, Kind.NUMBER) and (style := _numbers(said, most_odd, has_missing, is_told=bool(kind))):
        return style
    if kind in (None, Kind.DATE) and (style := _dates(said, few, has_missing, day_first)):
        return style
    if kind in (None, Kind.BOOLEAN) and has_missing and KINDS[Kind.BOOLEAN].is_said(said):
        return Style(_without_missing)
    return Style(_without_missing) if kind and has_missing else PLAIN


def time_style_of(cells: Sequence[object], *, day_first: bool | None = None) -> Style:
    """Return how the times of a column are written that somebody calls a time."""
    return style_of(cells, kind=Kind.DATE, day_first=day_first)


def _numbers(said: Sequence[str], most_odd: int, has_missing: bool, *, is_told: bool) -> Style | None:
    numerals = numerals_of(said, most_odd=most_odd)
    if numerals is not None:
        return Style(partial(_numeral, numerals), numerals.note)
    is_plain = is_told or _are_numbers(said, most_odd)
    return Style(_without_missing) if has_missing and is_plain else None


def _are_numbers(said: Sequence[str], most_odd: int) -> bool:
    if any(map(is_code, said)):
        return False
    is_said = KINDS[Kind.NUMBER].is_said
    return sum(not is_said([text]) for text in said) <= most_odd


def _dates(said: Sequence[str], most_odd: int, has_missing: bool, day_first: bool | None) -> Style | None:
    orders = orders_of(said, most_odd=most_odd)
    if day_first is not None and orders:
        return Style(partial(_date, "day" if day_first else "month"))
    if len(orders) == 1:
        is_day = orders[0] == "day"
        return Style(partial(_date, orders[0]), _DAY_FIRST if is_day else _MONTH_FIRST)
    if len(orders) == 2:
        return Style(
            None,
            Words(
                '"%(date)s" may be read with the day or the month first, so it is no date: say which'
                " (--day-first, --month-first)",
                date=seen(said[0]),
            ),
        )
    is_said = KINDS[Kind.DATE].is_said
    if has_missing and sum(not is_said([text]) for text in said) <= most_odd:
        return Style(_without_missing)
    return None


def _without_missing(cell: object) -> object:
    return None if isinstance(cell, str) and is_missing(cell) else cell


def _numeral(numerals: Numerals, cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    plain = numerals.read(cell)
    return _without_missing(cell) if plain is None else plain


def _date(order: str, cell: object) -> object:
    return in_order(_without_missing(cell), "day" if order == "day" else "month")
