"""Languages that nobody speaks: English made longer and accented, to see what is untranslated or too tight.

`en-xa` is read from left to right, `ar-xb` from right to left. They are made from the code and kept nowhere,
and offered only under `HITL_DEBUG`.
"""

import re
from pathlib import Path

import django
from babel.messages.catalog import Catalog

from hitl.languages.catalogues import read
from hitl.languages.gathering import texts
from hitl.languages.rooms import ROOMS

LANGUAGES = {"en-xa": "en", "ar-xb": "en"}
FORMAT = "date format"
"""The context of texts that are no words: how a date is written."""
OPEN, CLOSE = "⟦", "⟧"
_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀçđéƒğĥíĵķĺɱñóþɋŕšţúṽŵẋýžÁƁÇĐÉƑĞĤÍĴĶĹḾÑÓÞɊŔŠŢÚṼŴẊÝŽ",
)
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|%[sd]|<[^>]*>|&#?\w+;|\{\w*\})")
"""Places for values, and marks of HTML."""


def pseudo(text: str) -> str:
    """Return the text in the pseudo language: a third longer, in brackets.

    >>> pseudo("%(n)s cases")
    '⟦%(n)s çášéš··⟧'
    """
    parts = _KEPT.split(text)
    said = "".join(part if i % 2 else part.translate(_LETTERS) for i, part in enumerate(parts))
    letters = sum(len(part) for part in parts[::2])
    return f"{OPEN}{said}{'·' * (letters // 3)}{CLOSE}"


def pseudo_catalogue(domain: str) -> Catalog:
    """Return every text of ours and of Django's own in the pseudo language."""
    made = Catalog(locale="en")
    for room in ROOMS:
        for text in texts(room, domain):
            if text.context != FORMAT:
                made.add(text.id, context=text.context)
    for folder in ("conf", "contrib/auth", "contrib/admin"):
        path = Path(django.__file__).parent / folder / "locale/en/LC_MESSAGES" / f"{domain}.po"
        for message in read(path, "en"):
            if message.id:
                made.add(message.id, context=message.context)
    for message in made:
        if isinstance(message.id, str):
            message.string = pseudo(message.id) if message.id else ""
        else:
            message.string = tuple(pseudo(one) for one in message.id)
    return made
