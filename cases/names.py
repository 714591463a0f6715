"""Names of fields, options, labels and cases in one Unicode form, so that equal-looking names are equal.

A name is brought into one form at every edge, since é has two and people see one. Joiners that hold words and
emoji together are text: Persian cannot do without them. Characters that control a terminal, or turn what
follows them around, are not.
"""

import unicodedata

_JOINERS = "\u200c\u200d"
_TAGS = range(0xE0020, 0xE0080)  # what flags of regions are written with
_EMOJI = range(0x1F000, 0x20000)  # also those that this Python has not heard of


def clean_name(text: str) -> str:
    """Return the name in NFC, without surrounding spaces.

    >>> clean_name(" de\u0301ga\u0302t ") == "d\u00e9g\u00e2t"
    True
    """
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_plain(text: str) -> bool:
    """Tell whether people can see what is written, apart from joiners where such belong.

    >>> [is_plain(text) for text in ("ok", "\u0645\u06cc\u200c\u0634\u0648\u062f", "a\u202eb", "\u200dx")]
    [True, True, False, False]
    """
    return text.isprintable() or all(_is_seen(text, place) for place in range(len(text)))


def seen(text: str, instead: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """Return the text with `instead` for what nobody could see, and plain spaces."""
    if text.isprintable():
        return text
    return "".join(
        c
        if c.isprintable() or (c in _JOINERS and _is_seen(text, place))
        else " "
        if unicodedata.category(c) == "Zs"
        else instead
        for place, c in enumerate(text)
    )


def _is_seen(text: str, place: int) -> bool:
    character = text[place]
    if character.isprintable() or unicodedata.category(character) == "Zs" or ord(character) in _EMOJI:
        return True
    before = text[place - 1] if place else " "
    if character in _JOINERS:
        return (before not in _JOINERS and unicodedata.category(before)[0] in "LMNS") or ord(before) in _EMOJI
    return ord(character) in _TAGS and (ord(before) in _TAGS or ord(before) in _EMOJI)
