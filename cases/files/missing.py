"""How tools write that a value is missing. In a text or a choice these words may be meant."""

_WORDS = (
    "na n/a n.a. n.a #n/a #na <na> nan -nan nat null none nil nul ? . - -- --- "  # untranslated: files
    "\\n #value! #div/0! #ref! #null! #num! (null) (none) (blank) [null] k.a. k/a entf\u00e4llt \u2013 \u2014"
)
MISSING = frozenset(_WORDS.split()) | {"not available", "not applicable", "no data"}


def is_missing(text: str) -> bool:
    """Tell whether a cell of a column of numbers, dates or yes and no says that there is nothing.

    >>> is_missing(" N/A "), is_missing("12")
    (True, False)
    """
    return text.strip().lower() in MISSING
