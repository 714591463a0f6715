"""Number: a finite float, perhaps between bounds."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import pgettext_lazy

from cases.kinds.plain import exported, say, stripped
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit, json_type
from hitl.shared.words import Words, figure
from science.fields import Field, Kind

MAX_DIGITS = 15  # of a whole number; a float tells no more of them apart
_SHORT = 16
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _check(field: Field) -> Check:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Unfit(
                Words("is %(kind)s, not a number", kind=json_type(value)),
                "Send a JSON number, without quotes.",
            )
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if isinstance(value, int) and math.isfinite(number) and int(number) != value:
            raise Unfit(
                Words(
                    "is %(value)s: a number keeps no more than some %(most)s digits",
                    value=str(value)[:40],
                    most=MAX_DIGITS,
                ),
                "Send it as text, to a field of the kind text or category.",
            )
        if not math.isfinite(number):
            raise Unfit("is not a finite number", "Send a finite number, or null where there is none.")
        if not low <= number <= high:
            raise Unfit(
                Words("is %(number)s", number=figure(number)),
                _within(low, high),
            )
        return number

    return check


def _within(low: float, high: float) -> Words:
    """Say which numbers fit, where there is an end to them."""
    if math.isinf(high):
        return Words("Send a number of %(low)s or more.", low=figure(low))
    if math.isinf(low):
        return Words("Send a number of at most %(high)s.", high=figure(high))
    return Words("Send a number from %(low)s to %(high)s.", low=figure(low), high=figure(high))


def is_number(text: str) -> bool:
    """Tell whether the text is a plain decimal number."""
    return _is_short_number(text) if len(text) < _SHORT else _is_number(text)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


_is_short_number = lru_cache(maxsize=1 << 14)(
    _is_number
)  # a file is looked at several times, much of it alike


def is_code(text: str) -> bool:
    """Tell whether digits name something and count nothing: a float would make another code of them.

    >>> [is_code(text) for text in ("07075", "0.5", "1234567890123456789", "+4930123456", "12")]
    [True, False, True, True, False]
    """
    digits = text.lstrip("+-")
    if not digits.isdecimal():
        return False
    return (
        (len(digits) > 1 and digits[0] == "0")
        or len(digits) > MAX_DIGITS
        or (text[0] == "+" and len(digits) > 6)
    )


def _is_cell(value: object) -> bool:
    is_long = isinstance(value, int) and abs(value) >= 10**MAX_DIGITS
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and not is_long


def _is_said(texts: Sequence[str]) -> bool:
    return all(is_number(text) and not is_code(text) for text in texts)


def _read_text(text: str) -> object:
    if not is_number(text):
        return text
    return _as_float(int(text)) if len(text) > MAX_DIGITS and text.lstrip("+-").isdecimal() else float(text)


def _read_typed(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return _as_float(value) if isinstance(value, int) else float(value)


def _as_float(value: int) -> int | float:
    """Return the float that is this number; where none is, the number, which no field takes."""
    return float(value) if value.bit_length() < 1_000 and int(float(value)) == value else value


def _is_formed(value: object) -> bool:
    return isinstance(value, float)


def _example(field: Field) -> float:
    low, high = field.minimum, field.maximum
    return low if low is not None else high if high is not None else 1


RECORD = KindRecord(
    kind=Kind.NUMBER,
    word=pgettext_lazy("kind", "number"),
    noun=Words("a number"),
    check=_check,
    is_cell=_is_cell,
    is_said=_is_said,
    read_text=stripped(_read_text),
    read_typed=_read_typed,
    is_formed=_is_formed,
    example=_example,
    column="number",
    exported=exported,
    layout="table",
    said=say,
)
