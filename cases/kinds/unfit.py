"""How a value is refused: what is wrong with it, and how to mend it."""

import unicodedata

from cases.names import seen


class Unfit(Exception):
    """A value that does not fit its field: what is wrong with it, and how to mend it."""

    def __init__(self, error: str, fix: str) -> None:
        super().__init__(error, fix)
        self.error, self.fix = error, fix


def json_type(value: object) -> str:
    """Return what a JSON value is, in words."""
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return "null" if value is None else names.get(type(value), "something else")


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
            f"contains half a surrogate pair at character {error.start}", "Send text that is valid Unicode."
        ) from None
    return value if unicodedata.is_normalized("NFC", value) else unicodedata.normalize("NFC", value)
