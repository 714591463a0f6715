"""What science tells people: English sentences that still know their pattern and values."""

from __future__ import annotations

from typing import Any


class Told(str):
    """A sentence like any text, which whoever shows it can say in another language.

    Values: whole numbers (counts), other numbers, texts, and other `Told`.

    >>> told = Told("Learning from %(n)s quarters of the labels", n=2)
    >>> str(told), told.pattern, told.values
    ('Learning from 2 quarters of the labels', 'Learning from %(n)s quarters of the labels', {'n': 2})
    """

    pattern: str
    values: dict[str, Any]

    def __new__(cls, pattern: str, /, **values: Any) -> Told:
        """Fill the values into the pattern."""
        told = super().__new__(
            cls, pattern % {k: _english(v) for k, v in values.items()} if values else pattern
        )
        told.pattern, told.values = pattern, values
        return told

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Let it be copied and pickled."""
        return (self.pattern,), self.values


def _english(value: Any) -> str:
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
    )
