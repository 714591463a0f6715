"""Text to features, bit for bit as scikit-learn's vectorizers make them, and with spans.

`Analyzer.features` is the quick way to the same list that `CountVectorizer.build_analyzer()` gives;
`Analyzer.spans` gives, for each of those features in the same order, where in the original text it
comes from, in code points. scikit-learn itself is not imported.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from science.serving.tokens import ASCII_TOKEN_PATTERN, TOKEN_PATTERN

Span = tuple[str, int, int]
RUN = re.compile(r"\S+")
_WHITESPACE_RUN = re.compile(r"\s\s+")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Analyzer:
    """One configuration of scikit-learn's text analysis.

    `unit` is its ``analyzer``: words, characters, or characters within words (`char_wb`).
    """

    unit: Literal["word", "char", "char_wb"] = "word"
    shortest: int = 1
    longest: int = 1
    lowercase: bool = True
    strip_accents: Literal["unicode", "ascii"] | None = None
    token_pattern: str = TOKEN_PATTERN

    def features(self, text: str) -> list[str]:
        """The features of one text, in scikit-learn's order."""
        if self.unit == "word" and self.longest <= 2 and self.strip_accents is None:
            words = self.tokens(text)
            pairs = [f"{a} {b}" for a, b in pairwise(words)] if self.longest == 2 else []
            return words + pairs if self.shortest == 1 else pairs
        return [feature for feature, _, _ in self.spans(text)]

    def tokens(self, text: str) -> list[str]:
        """The words of a text whose accents are kept, without their places."""
        return self.pattern(text).findall(text.lower() if self.lowercase else text)

    def pattern(self, text: str) -> re.Pattern[str]:
        """What finds the words of a text."""
        ascii_only = self.token_pattern is TOKEN_PATTERN and text.isascii()
        return _compiled(ASCII_TOKEN_PATTERN if ascii_only else self.token_pattern)

    def spans(self, text: str) -> list[Span]:
        """The same features, each with ``(feature, start, end)``: code points of `text`."""
        prepared, source = self._prepare(text)
        if self.unit == "word":
            return self._word_spans(prepared, source)
        if self.unit == "char":
            prepared, collapsed = _collapse_whitespace(prepared)
            return self._char_spans(prepared, _compose(source, collapsed))
        return self._char_wb_spans(prepared, source)

    def words(self, text: str) -> list[Span]:
        """The tokens before n-grams are made of them: what a person sees as one word."""
        prepared, source = self._prepare(text)
        return [
            (match.group(), *_original(source, *match.span()))
            for match in self.pattern(prepared).finditer(prepared)
        ]

    def _prepare(self, text: str) -> tuple[str, list[int] | None]:
        source: list[int] | None = None
        if self.lowercase:
            text, source = lower(text)
        if self.strip_accents and not text.isascii():
            text, stripped = _strip_accents(text, self.strip_accents)
            source = _compose(source, stripped)
        return text, source

    def _word_spans(self, text: str, source: list[int] | None) -> list[Span]:
        pattern = _compiled(self.token_pattern)
        group = pattern.groups
        words = [(match.group(group), *match.span(group)) for match in pattern.finditer(text)]
        spans: list[Span] = []
        for size in range(self.shortest, min(self.longest, len(words)) + 1):
            for i in range(len(words) - size + 1):
                run = words[i : i + size]
                name = " ".join(word for word, _, _ in run)
                spans.append((name, *_original(source, run[0][1], run[-1][2])))
        return spans

    def _char_spans(self, text: str, source: list[int] | None) -> list[Span]:
        return [
            (text[i : i + size], *_original(source, i, i + size))
            for size in range(self.shortest, min(self.longest, len(text)) + 1)
            for i in range(len(text) - size + 1)
        ]

    def _char_wb_spans(self, text: str, source: list[int] | None) -> list[Span]:
        spans: list[Span] = []
        for match in RUN.finditer(text):
            word, first = match.group(), match.start()
            grams = padded_grams(word, self.shortest, self.longest)
            places = _gram_places(len(word), self.shortest, self.longest)
            for gram, (start, end) in zip(grams, places, strict=True):
                spans.append((gram, *_original(source, first + start, first + end)))
        return spans


def padded_grams(word: str, shortest: int, longest: int) -> list[str]:
    """The character n-grams of one word with a space on both sides, as `char_wb` counts them.

    A word shorter than n is counted once, whole, and longer n are not tried (so does scikit-learn).
    """
    padded, size = f" {word} ", len(word) + 2
    grams: list[str] = []
    for n in range(shortest, longest + 1):
        if n >= size:
            grams.append(padded)
            break
        grams += [padded[i : i + n] for i in range(size - n + 1)]
    return grams


def _gram_places(length: int, shortest: int, longest: int) -> list[tuple[int, int]]:
    """Start and end of each of `padded_grams` in a word of that length; the padding is nobody's."""
    size = length + 2
    places: list[tuple[int, int]] = []
    for n in range(shortest, longest + 1):
        if n >= size:
            places.append((0, length))
            break
        places += [(max(i - 1, 0), min(i - 1 + n, length)) for i in range(size - n + 1)]
    return places


def lower(text: str) -> tuple[str, list[int] | None]:
    """Lower case, with the source of every character where lengths changed.

    ``str.lower`` never shortens, so an equal length means one for one.
    """
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered, None
    return lowered, [i for i, char in enumerate(text) for _ in char.lower()]


def _strip_accents(text: str, how: str) -> tuple[str, list[int]]:
    kept: list[str] = []
    source: list[int] = []
    for i, char in enumerate(text):
        for part in unicodedata.normalize("NFKD", char):
            if not unicodedata.combining(part) if how == "unicode" else part.isascii():
                kept.append(part)
                source.append(i)
    return "".join(kept), source


def _collapse_whitespace(text: str) -> tuple[str, list[int] | None]:
    if not _WHITESPACE_RUN.search(text):
        return text, None
    kept: list[str] = []
    source: list[int] = []
    position = 0
    for match in _WHITESPACE_RUN.finditer(text):
        kept += [text[position : match.start()], " "]
        source += [*range(position, match.start()), match.start()]
        position = match.end()
    return "".join([*kept, text[position:]]), [*source, *range(position, len(text))]


def _compose(outer: list[int] | None, inner: list[int] | None) -> list[int] | None:
    if outer is None:
        return inner
    return outer if inner is None else [outer[i] for i in inner]


def _original(source: list[int] | None, start: int, end: int) -> tuple[int, int]:
    if source is None or start >= end:
        return (start, end) if source is None else (0, 0)
    return source[start], source[end - 1] + 1
