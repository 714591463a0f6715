"""Where the features of one text are: the keys of `keys`, each with its place in the text as it was written.

The same features, names and places as `Analyzer.spans`, some ten times faster: names are put together only
for those that somebody asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.serving.analyzer import RUN, Span, lower
from science.serving.keys import codes, grams_within, keys_of_tokens


@dataclass(frozen=True, slots=True)
class Spans:
    """Occurrences of features: key, start, end (code points of the text), each (n,); `name` of the i-th."""

    key: np.ndarray
    start: np.ndarray
    end: np.ndarray
    name: Callable[[int], str]

    def followed_by(self, other: Spans) -> Spans:
        """These and then the others."""
        n = len(self.key)
        return Spans(
            np.concatenate([self.key, other.key]),
            np.concatenate([self.start, other.start]),
            np.concatenate([self.end, other.end]),
            lambda i: self.name(i) if i < n else other.name(i - n),
        )


def word_spans(words: list[Span]) -> Spans:
    """Words (as `Analyzer.words` gives them), then pairs of neighbours."""
    tokens = [token for token, _, _ in words]
    start = np.array([start for _, start, _ in words], dtype=np.intp)
    end = np.array([end for _, _, end in words], dtype=np.intp)

    def name(i: int) -> str:
        n = len(tokens)
        return tokens[i] if i < n else f"{tokens[i - n]} {tokens[i - n + 1]}"

    return Spans(
        keys_of_tokens(tokens), np.concatenate([start, start[:-1]]), np.concatenate([end, end[1:]]), name
    )


def gram_spans(text: str, shortest: int, longest: int) -> Spans:
    """The n-grams within words padded with a space on both sides; the padding is nobody's place."""
    lowered, source = lower(text)
    found = [(match.group(), match.start()) for match in RUN.finditer(lowered)]
    padded = " " + "  ".join(word for word, _ in found) + " " if found else ""
    size = np.array([len(word) for word, _ in found], dtype=np.intp)
    first = np.array([start for _, start in found], dtype=np.intp)
    word = np.repeat(np.arange(len(found)), size + 2)
    before = np.cumsum(size + 2) - (size + 2)
    place = np.arange(len(padded)) - before[word] - 1
    begin = first[word] + np.clip(place, 0, size[word])
    finish = first[word] + np.clip(place + 1, 0, size[word])
    keys, at = grams_within(codes(padded), word, shortest, longest)
    n = np.repeat(np.arange(shortest, longest + 1), [len(part) for part in at])
    where = np.concatenate(at)
    start, end = begin[where], finish[where + n - 1]
    if source is not None:
        start, end = _original(np.array(source, dtype=np.intp), start, end)
    return Spans(np.concatenate(keys), start, end, lambda i: padded[where[i] : where[i] + n[i]])


def _original(source: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places in the text as written; `source` (n_lowered,) is where each lowered character comes from."""
    holds = start < end
    if not holds.any():
        return np.zeros_like(start), np.zeros_like(end)
    begin, last = source[np.where(holds, start, 0)], source[np.where(holds, end - 1, 0)]
    return np.where(holds, begin, 0), np.where(holds, last + 1, 0)
