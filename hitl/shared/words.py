"""Texts that machines read in English, and pages show in the person's language.

An error, or a reason that is kept in a row, is the same for everybody: English, as the API, the audit log and
the logs say it. `Words` is such a text that still knows its pattern and values, so that a page can say it in
another language: `shown(words)` (ADR 0089). Whole numbers among the values are counts, and get separators.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from hitl.shared.numbers import number


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
        values = {name: v if isinstance(v, int) else str(v) for name, v in self.values.items()}
        return {"one": self.one, "many": self.many, "values": values}

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> "Words":
        """Return the sentence that was kept."""
        one, many, values = kept["one"], kept["many"], kept["values"]
        return cls._made(one, many, many if many and values["n"] != 1 else one, values)

    def in_language(self) -> str:
        """Return the sentence in the language of this moment."""
        pattern = ngettext(self.one, self.many, self.values["n"]) if self.many else gettext(self.one)
        if not self.values:
            return pattern
        return pattern % {name: _spoken(value) for name, value in self.values.items()}


def _english(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _spoken(value: Any) -> str:
    return (
        number(value) if isinstance(value, int) else shown(value) if isinstance(value, Words) else str(value)
    )


def shown(text: str) -> str:
    """Return a text in the language of this moment: that of `Words`, or of a sentence without values."""
    if isinstance(text, Words):
        return text.in_language()
    return gettext(text) if text else ""
