"""Texts that machines read in English, and pages show in the person's language.

An error, or a reason that is kept in a row, is the same for everybody: English, as the API, the audit log and
the logs say it. `Words` is such a text that still knows its pattern and values, so that a page can say it in
another language: `shown(words)` (ADR 0089). Whole numbers among the values are counts, and get separators;
a `figure` is any other number.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from hitl.shared.numbers import number, separated
from science.told import Told


class Words(str):
    """An English sentence: a text as any other, that remembers what it is made of."""

    one: str
    many: str | None
    values: dict[str, Any]

    def __new__(cls, pattern: str, /, **values: Any) -> "Words":
        """Fill the values into the pattern: `Words("%(n)s s are left.", n=3)`."""
        return cls._made(pattern, None, pattern, values)

    @classmethod
    def counted(cls, one: str, many: str, /, n: int, **values: Any) -> "Words":
        """Choose by a number, which both patterns may name as `%(n)s`."""
        return cls._made(one, many, one if n == 1 else many, {"n": n, **values})

    @classmethod
    def _made(cls, one: str, many: str | None, pattern: str, values: dict[str, Any]) -> "Words":
        made = super().__new__(
            cls, pattern % {k: _english(v) for k, v in values.items()} if values else pattern
        )
        made.one, made.many, made.values = one, many, values
        return made

    def kept(self) -> dict[str, Any]:
        """Return it as JSON values; `again` reads them back."""
        values = {name: _kept(value) for name, value in self.values.items()}
        return {_WORDS: {"one": self.one, "many": self.many, "values": values}}

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> "Words":
        """Return the sentence that was kept."""
        said = kept[_WORDS]
        one, many = said["one"], said["many"]
        values = {name: v if isinstance(v, int) else again(v) for name, v in said["values"].items()}
        return cls._made(one, many, many if many and values["n"] != 1 else one, values)

    def strip(self, chars: str | None = None, /) -> str:
        """As of any text; a sentence that has nothing to strip stays one."""
        stripped = super().strip(chars)
        return self if stripped == self else stripped

    def in_language(self) -> str:
        """Return the sentence in the language of this moment."""
        pattern = ngettext(self.one, self.many, self.values["n"]) if self.many else gettext(self.one)
        if not self.values:
            return pattern
        return pattern % {name: _spoken(value) for name, value in self.values.items()}


class Figure(str):
    """A number as English writes it, which pages write as their language does."""


def figure(value: float, form: str = "g") -> Figure:
    """Write a number by one of Python's format specifications, for a value of `Words`."""
    return Figure(format(value, form))


def joined(parts: Iterable[str], between: str = " ") -> str:
    """Return several sentences as one that still knows them: `str.join` would forget."""
    named = {f"part_{place}": as_words(part) for place, part in enumerate(parts)}
    return Words(between.join(f"%({name})s" for name in named), **named) if named else ""


def as_words(text: str) -> Words:
    """Return a text as one that a page says in its language, wherever in a sentence it stands."""
    if isinstance(text, Told):
        return Words(text.pattern, **{name: _of_science(value) for name, value in text.values.items()})
    return text if isinstance(text, Words) else Words(text)


def _of_science(value: Any) -> Any:
    if isinstance(value, Told):
        return as_words(value)
    return figure(value) if isinstance(value, float) else value


def kept(value: Any) -> Any:
    """Return a JSON value that keeps `Words` by their patterns and values; `again` reads it back."""
    if isinstance(value, Words):
        return value.kept() if value.values else str(value)
    if isinstance(value, Mapping):
        return {name: kept(part) for name, part in value.items()}
    return [kept(part) for part in value] if isinstance(value, list | tuple) else value


def again(value: Any) -> Any:
    """Return the JSON value that was kept."""
    if isinstance(value, Mapping):
        if value.keys() == {_WORDS}:
            return Words.again(value)
        if value.keys() == {_FIGURE}:
            return Figure(value[_FIGURE])
        return {name: again(part) for name, part in value.items()}
    return [again(part) for part in value] if isinstance(value, list) else value


_WORDS = " words"
"""What says of an object that it is a sentence: no label and no field is called so, as names have no space
before them, and reports are keyed by names."""

_FIGURE = " figure"


def _kept(value: Any) -> Any:
    if isinstance(value, Figure):
        return {_FIGURE: str(value)}
    return value if isinstance(value, int) else value.kept() if isinstance(value, Words) else str(value)


def _english(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _spoken(value: Any) -> str:
    if isinstance(value, int):
        return number(value)
    if isinstance(value, Words):
        return shown(value)
    if isinstance(value, Figure):
        return separated(value)
    if share := _PER_CENT.fullmatch(str(value)):
        return separated(share[1]) + share[2]
    return str(value)


_PER_CENT = re.compile(r"(-?\d+(?:\.\d+)?)( ?%)")
"""A share as English writes it. Other numbers may be somebody's data, and are left as they are."""


def shown(text: str) -> str:
    """Return a text in the language of this moment: that of `Words`, or of a sentence without values."""
    if isinstance(text, Words):
        return text.in_language()
    return gettext(text) if text else ""
