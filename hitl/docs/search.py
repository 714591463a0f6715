"""Find documents by their words."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from hitl.docs.library import Document, documents
from hitl.docs.rendering import marked

MAX_HITS = 20
_BEFORE, _LENGTH = 60, 220


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that has all the words, and the place where the first of them stands."""

    document: Document
    excerpt: SafeString


def search(query: str) -> list[Hit]:
    """Return at most `MAX_HITS` documents that have every word of the query, the likeliest first.

    A word in the title counts most, then one in a heading, then how often it stands in the text.
    """
    words = query.lower().split()
    if not words:
        return []
    weighed = [(sum(_weight(one, word) for word in words), one) for one in documents().values()]
    having = [pair for pair in weighed if all(word in _all(pair[1]) for word in words)]
    having.sort(key=lambda pair: (-pair[0], pair[1].address))
    return [Hit(one, _excerpt(one.rendered.text, words)) for _, one in having[:MAX_HITS]]


def _all(document: Document) -> str:
    return document.rendered.text.lower()


def _weight(document: Document, word: str) -> float:
    rendered = document.rendered
    in_headings = sum(word in heading.words.lower() for heading in rendered.headings)
    often = _all(document).count(word)
    return 100 * (word in rendered.title.lower()) + 10 * in_headings + 5 * often / (often + 3)


def _excerpt(text: str, words: list[str]) -> SafeString:
    lower = text.lower()
    first = min(at for word in words if (at := lower.find(word)) >= 0)
    start = max(0, first - _BEFORE)
    start = text.find(" ", start) + 1 if start else 0
    piece = text[start : start + _LENGTH].rsplit(" ", 1)[0]
    return marked(("… " if start else "") + piece + " …", words)
