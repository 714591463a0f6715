"""Exact evidence in a text: what every word adds to a linear model's log-odds.

A feature's contribution is its weight times its value; an occurrence has its part of that, and an
n-gram is split evenly over the words it covers. Nothing is estimated, so it adds up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from science.explain.places import Places
from science.explain.types import Unit
from science.serving.text import WORDS, TextBlock

_MOST_FEATURES = 3


@dataclass(frozen=True, slots=True)
class _Occurrences:
    """Every place of every known feature: names, start, end, contribution, each (n,)."""

    names: list[str]
    start: np.ndarray
    end: np.ndarray
    contribution: np.ndarray


def text_units(block: TextBlock, value: object, direction: np.ndarray) -> tuple[list[Unit], float]:
    """One unit per distinct word of a text, its score summed over all its places.

    The second value is what no word covers (n-grams of punctuation): with it, everything adds up.

    Parameters
    ----------
    block: of the plan. value: the field's value. direction: (n_outputs,), what turns the block's
        outputs into the log-odds that are explained.
    """
    text = block.read(value)
    words = WORDS.words(text)
    if not words:
        return [], float(_occurrences(block, text, direction).contribution.sum())
    found = _occurrences(block, text, direction)
    starts = np.array([start for _, start, _ in words])
    ends = np.array([end for _, _, end in words])
    first = np.searchsorted(ends, found.start, "right")
    last = np.searchsorted(starts, found.end, "left")
    n_covered = np.maximum(last - first, 0)
    part = np.divide(found.contribution, n_covered, out=np.zeros(len(first)), where=n_covered > 0)
    change = np.zeros(len(words) + 1)
    np.add.at(change, first[n_covered > 0], part[n_covered > 0])
    np.subtract.at(change, last[n_covered > 0], part[n_covered > 0])
    score = np.cumsum(change)[:-1]
    same_word: defaultdict[str, list[int]] = defaultdict(list)
    for i, (word, _, _) in enumerate(words):
        same_word[word].append(i)
    places = Places(block.name, value if isinstance(value, str) else "")
    units = []
    for members in same_word.values():
        located = [places.locate(int(starts[i]), int(ends[i])) for i in members]
        features = _LazyFeatures(found, first, last, part, tuple(members))
        times = f" ({len(members)} times)" if len(members) > 1 else ""
        label = f'word "{located[0]["quote"]}"{times}'
        units.append(
            Unit(float(score[members].sum()), located[0], label, {"features": features}, tuple(located[1:]))
        )
    return units, float(found.contribution[n_covered == 0].sum())


def _occurrences(block: TextBlock, text: str, direction: np.ndarray) -> _Occurrences:
    _, ids, values = block.features([text])
    spans = block.spans(text, 0) + (block.spans(text, 1) if block.n_grams else [])
    if not spans:
        return _Occurrences([], np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    of_feature = dict(zip(ids.tolist(), (values * (block.weights[ids] @ direction)).tolist(), strict=True))
    at = np.array([i for i, _, _, _ in spans])
    counts = np.bincount(at, minlength=len(block.idf))[at]
    contribution = np.array([of_feature[i] for i in at.tolist()]) / counts
    start, end = np.array([(start, end) for _, _, start, end in spans]).T
    return _Occurrences([name for _, name, _, _ in spans], start, end, contribution)


@dataclass(frozen=True, slots=True)
class _LazyFeatures:
    """Which features made a word's score: worked out only for the words that are shown."""

    found: _Occurrences
    first: np.ndarray
    last: np.ndarray
    part: np.ndarray
    members: tuple[int, ...]

    def strongest(self) -> list[list[object]]:
        """The features that moved most through this word: ``[[name, log-odds], ...]``."""
        total: defaultdict[str, float] = defaultdict(float)
        for member in self.members:
            for i in np.flatnonzero((self.first <= member) & (member < self.last)):
                total[self.found.names[i]] += float(self.part[i])
        ranked = sorted(total.items(), key=lambda item: (-abs(item[1]), item[0]))
        return [[name, score] for name, score in ranked[:_MOST_FEATURES]]
