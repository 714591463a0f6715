"""Exact evidence in a text: what every word adds to a linear model's log-odds (ADR 0022).

A feature's contribution is its weight times its value; an occurrence has its part of that, and an
n-gram is split evenly over the words it covers. Nothing is estimated, so it adds up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from science.explain.places import Places
from science.explain.types import Unit
from science.serving.analyzer import Span
from science.serving.sentences import SentenceBlock, tokens_of
from science.serving.served_model import Text
from science.serving.spans import Spans
from science.serving.text import WORDS, TextBlock
from science.serving.vectors import VectorBlock

_MAX_FEATURES = 3


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """Every place of every known feature: its place in `spans`, id, start, end, contribution, each (n,)."""

    spans: Spans
    at: np.ndarray
    ids: np.ndarray
    start: np.ndarray
    end: np.ndarray
    contribution: np.ndarray


def text_units(block: Text, value: object, direction: np.ndarray) -> tuple[list[Unit], float]:
    """One unit per distinct word of a text, its score summed over all its places.

    The second value is what no word covers (n-grams of punctuation): with it, everything adds up.

    Parameters
    ----------
    block: of the served model. value: the field's value. direction: (n_outputs,), what turns the block's
        outputs into the log-odds that are explained.
    """
    text = block.read(value)
    words = WORDS.words(text)
    if isinstance(block, SentenceBlock):
        found, beyond = _tokens(block, text, direction)
    elif isinstance(block, VectorBlock):
        found, beyond = _meanings(block, text, words, direction), 0.0
    else:
        found, beyond = _occurrences(block, text, words, direction), 0.0
    if not words:
        return [], float(found.contribution.sum()) + beyond
    starts = np.array([start for _, start, _ in words])
    ends = np.array([end for _, _, end in words])
    first = np.searchsorted(ends, found.start, "right")
    last = np.searchsorted(starts, found.end, "left")
    n_covered = np.maximum(last - first, 0)
    is_covered = n_covered > 0
    part = np.divide(found.contribution, n_covered, out=np.zeros(len(first)), where=is_covered)
    change = np.bincount(first[is_covered], part[is_covered], len(words) + 1)
    change -= np.bincount(last[is_covered], part[is_covered], len(words) + 1)
    score = np.cumsum(change)[:-1].tolist()
    same_word: defaultdict[str, list[int]] = defaultdict(list)
    for i, (word, _, _) in enumerate(words):
        same_word[word].append(i)
    places = Places(block.name, value if isinstance(value, str) else "")
    units = []
    for members in same_word.values():
        located = [places.locate(words[i][1], words[i][2]) for i in members]
        features = _LazyFeatures(found, first, last, part, tuple(members), len(words))
        times = f" ({len(members)} times)" if len(members) > 1 else ""
        label = f'word "{located[0]["quote"]}"{times}'
        total = sum(score[i] for i in members)
        units.append(Unit(total, located[0], label, {"features": features}, tuple(located[1:])))
    return units, float(found.contribution[~is_covered].sum()) + beyond


def _occurrences(block: TextBlock, text: str, words: list[Span], direction: np.ndarray) -> _Occurrences:
    ids, spans = block.spans(text, words)
    at = np.flatnonzero(ids >= 0)
    ids = ids[at]
    _, feature, value = block.features([text])
    moved = np.zeros(len(block.idf))
    moved[feature] = value * (block.weights[feature] @ direction)
    contribution = moved[ids] / np.bincount(ids, minlength=len(moved))[ids]
    return _Occurrences(spans, at, ids, spans.start[at], spans.end[at], contribution)


def _meanings(block: VectorBlock, text: str, words: list[Span], direction: np.ndarray) -> _Occurrences:
    """The words of a text, each with what its vector adds to the text's."""
    table = block.table
    sums = [table.of_pieces(table.pieces(word)).sum(axis=0) for word, _, _ in words]
    each = np.array(sums).reshape(len(words), table.width)
    total = each.sum(axis=0)
    length = float(np.sqrt(total @ total)) or 1.0
    contribution = each @ (block.weights @ direction) / length
    start, end = np.array([[a, b] for _, a, b in words], dtype=np.intp).reshape(-1, 2).T
    ids = np.unique([word for word, _, _ in words], return_inverse=True)[1] if words else np.zeros(0, np.intp)
    names = Spans(np.zeros(0, np.uint64), start, end, lambda i: f"meaning of {words[i][0]}")
    return _Occurrences(names, np.arange(len(words)), ids, start, end, contribution)


def _tokens(block: SentenceBlock, text: str, direction: np.ndarray) -> tuple[_Occurrences, float]:
    """The tokens of a language model, each with its share in the text's vector; and what no token holds."""
    read = tokens_of(text)
    weights = block.weights @ direction
    contribution = read.share @ weights
    names = Spans(np.zeros(0, np.uint64), read.start, read.end, lambda i: text[read.start[i] : read.end[i]])
    each = np.arange(len(contribution))
    found = _Occurrences(names, each, read.ids, read.start, read.end, contribution)
    return found, float(read.vector @ weights - contribution.sum())


def together(units: list[Unit], more: list[Unit]) -> list[Unit]:
    """Evidence of several readers of one text: what two say of the same word is one unit."""
    merged = {_place(unit): unit for unit in units}
    for unit in more:
        old = merged.get(_place(unit))
        if old is not None:
            features = _Both((old.why["features"], unit.why["features"]))
            unit = replace(old, score=old.score + unit.score, why={"features": features})
        merged[_place(unit)] = unit
    return list(merged.values())


def _place(unit: Unit) -> tuple[object, ...]:
    where = unit.where
    return (where["part"], where["start"]) if "part" in where else tuple(where.values())


@dataclass(frozen=True, slots=True)
class _Both:
    """The features of a word in several readers."""

    parts: tuple[_LazyFeatures | _Both, ...]

    def strongest(self) -> list[list[object]]:
        """As `_LazyFeatures.strongest`."""
        found = [one for part in self.parts for one in part.strongest()]
        return sorted(found, key=lambda one: (-abs(float(str(one[1]))), str(one[0])))[:_MAX_FEATURES]


@dataclass(frozen=True, slots=True)
class _LazyFeatures:
    """Which features made a word's score: worked out only for the words that are shown."""

    found: _Occurrences
    first: np.ndarray
    last: np.ndarray
    part: np.ndarray
    members: tuple[int, ...]
    n_words: int

    def strongest(self) -> list[list[object]]:
        """The features that moved most through this word: ``[[name, log-odds], ...]``."""
        is_member = np.zeros(self.n_words + 1)
        is_member[1:][list(self.members)] = 1
        before = np.cumsum(is_member)  # members among the words before each
        times = before[np.maximum(self.first, self.last)] - before[self.first]
        touched = np.flatnonzero(times)
        ids, place, of = np.unique(self.found.ids[touched], return_index=True, return_inverse=True)
        moved = np.bincount(of, self.part[touched] * times[touched], len(ids))
        total: defaultdict[str, float] = defaultdict(float)  # a word and an n-gram may be spelled alike
        for i, score in zip(place.tolist(), moved.tolist(), strict=True):
            total[self.found.spans.name(int(self.found.at[touched[i]]))] += score
        ranked = sorted(total.items(), key=lambda item: (-abs(item[1]), item[0]))
        return [[name, score] for name, score in ranked[:_MAX_FEATURES]]
