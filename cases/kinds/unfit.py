"""How a value is refused: what is wrong with it, and how to mend it."""

import unicodedata

from cases.names import seen
from hitl.shared.words import Words


class Unfit(Exception):
    """A value that does not fit its field: what is wrong with it, and how to mend it."""

    def __init__(self, error: str, fix: str) -> None:
        super().__init__(error, fix)
        self.error, self.fix = error, fix


def json_type(value: object) -> str:
    """Return what a JSON value is, in words."""
    names = {
        str: Words("a text"),
        bool: Words("true or false"),
        int: Words("a number"),
        float: Words("a number"),
        list: Words("a list"),
        dict: Words("an object"),
    }
    return "null" if value is None else names.get(type(value), Words("something else"))


def printable(text: str, limit: int = 60) -> str:
    """Return text that may stand in an error message: short, and without control characters or surrogates."""
    clean = seen(text[: limit + 1])
    return clean if len(clean) <= limit else clean[:limit] + "…"


def clean_text(value: str) -> str:
    """Return the text in NFC.

    Raises:
        Unfit: it holds a NUL or half a surrogate pair, which no database or page can carry.
    """
    if value.isascii():
        if "\x00" in value:
            raise Unfit("contains a NUL character", "Remove U+0000 from the text.")
        return value
    if "\x00" in value:
        raise Unfit("contains a NUL character", "Remove U+0000 from the text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Unfit(
            Words("contains half a surrogate pair at character %(start)s", start=error.start),
            "Send text that is valid Unicode.",
        ) from None
    return value if unicodedata.is_normalized("NFC", value) else unicodedata.normalize("NFC", value)
