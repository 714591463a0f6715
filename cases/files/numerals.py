"""Read numbers in common notations: with a decimal comma, grouped digits, or a currency."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cases.kinds.number import is_code, is_number
from cases.names import seen
from hitl.shared.words import Words

_GROUPS = "[.,' \u00a0\u202f\u2019]"
_UNIT = r"(?:[%\u2030\u00b0\u20ac$\u00a3\u00a5\u20b9\u20bd\u20ba]|[A-Z]{3}|Fr\.|kr\.?|z\u0142|R\$)"
_NUMERAL = re.compile(
    rf"(?P<before>{_UNIT})?\s*(?P<sign>[+\-\u2212])?\s*(?P<first>{_UNIT})?\s*"
    rf"(?P<digits>\d[\d.,' \u00a0\u202f\u2019]*|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?\s*(?P<after>{_UNIT})?"
)


@dataclass(frozen=True, slots=True)
class Numerals:
    """How the numbers of a column are written.

    Attributes:
        comma: the comma is the decimal sign; else the point is.
        unit: what stands beside each number, "" for nothing.
        example: one that a plain reader could not read.
    """

    comma: bool
    unit: str
    example: str

    def read(self, text: str) -> str | None:
        """Return the number as plain digits with a point; None where the text is none."""
        found = _parts(text)
        if found is None or found[2] != self.unit:
            return None
        sign, digits, _ = found
        plain = _ungrouped(digits, comma=self.comma)
        return None if plain is None else sign + plain

    @property
    def note(self) -> str:
        """Say how they are read."""
        return Words(
            '"%(example)s" is read as %(number)s', example=seen(self.example), number=self.read(self.example)
        )


def numerals_of(texts: Sequence[str], *, most_odd: int) -> Numerals | None:
    """Return how numbers are written in texts of which all but a few are some; None: plainly, or none are.

    A point that groups and one that divides look alike: where no cell decides it, the point divides.
    """
    odd = [text for text in texts if not is_number(text)]
    if not odd or any(map(is_code, texts)):
        return None
    units = {found[2] for text in texts if (found := _parts(text)) is not None}
    best, fewest = None, min(most_odd, len(odd) - 1)
    for unit in sorted(units)[:5]:
        for comma in (False, True):
            style = Numerals(comma, unit, next((text for text in odd if _reads(text, comma, unit)), ""))
            missed = 0
            for text in texts:
                missed += style.read(text) is None
                if missed > fewest:
                    break
            if missed <= fewest and style.example:
                best, fewest = style, missed - 1
    return best


def _reads(text: str, comma: bool, unit: str) -> bool:
    return Numerals(comma, unit, "").read(text) is not None


def _parts(text: str) -> tuple[str, str, str] | None:
    """Return sign, digits with their signs and the unit."""
    found = _NUMERAL.fullmatch(text.strip())
    if found is None:
        return None
    units = [found[name] for name in ("before", "first", "after") if found[name]]
    if len(units) > 1:
        return None
    sign = "-" if found["sign"] in ("-", "\u2212") else ""
    return sign, found["digits"].rstrip() + (found["exponent"] or ""), units[0] if units else ""


def _ungrouped(digits: str, *, comma: bool) -> str | None:
    decimal = "," if comma else "."
    whole, point, rest = digits.partition(decimal)
    if point and not re.fullmatch(r"\d*([eE][+-]?\d+)?", rest):
        return None
    groups = re.split(_GROUPS, whole)
    signs = set(re.findall(_GROUPS, whole))
    if len(signs) > 1 or decimal in signs:
        return None
    if len(groups) > 1:
        is_indian = signs == {","} and len(groups[-1]) == 3 and all(len(g) == 2 for g in groups[1:-1])
        if not (1 <= len(groups[0]) <= 3 and (is_indian or all(len(g) == 3 for g in groups[1:]))):
            return None
    plain = "".join(groups) + ("." + rest if point else "")
    return plain if is_number(plain) else None
