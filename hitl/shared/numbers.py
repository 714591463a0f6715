"""Numbers with the separators of the language of this moment; English where none was chosen."""

from typing import Any

from django.utils.formats import get_format

_ENGLISH = (".", ",")


def number(value: Any, form: str = ",") -> str:
    """Write a number by one of Python's format specifications, in the person's language.

    >>> number(12345.678, ",.1f")
    '12,345.7'
    """
    return separated(format(value, form))


def separated(text: str) -> str:
    """Return a number in English digits with the separators of the person's language."""
    marks = get_format("DECIMAL_SEPARATOR"), get_format("THOUSAND_SEPARATOR")
    return (
        text if marks == _ENGLISH else text.translate(str.maketrans(dict(zip(_ENGLISH, marks, strict=True))))
    )


def percent_as_set(share: float) -> str:
    """Write a share that somebody chose, with the digits that they gave it.

    >>> percent_as_set(0.005)
    '0.5 %'
    """
    return f"{number(100 * share, '.3g')} %"
