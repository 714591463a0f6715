"""What a text would score without one of its words: in closed form, for every word at once.

A word is taken away by blanking each of its places; nothing else moves. Then its own features and the pairs
and n-grams it was in are gone, and its neighbours make a pair. From how often every feature is there (c),
that changes a few sums only: with sublinear counts 1 + log c and inverse document frequencies, the squared
length of the text's vector and its product with the weights. So a thousand words cost little more than one,
and each result is what scoring the blanked text would give, to the last few bits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

import numpy as np

from science.serving.analyzer import RUN, Span, lower
from science.serving.keys import WORDS, gram_keys, keys_of_tokens, pair_keys
from science.serving.text import TextBlock
from science.serving.vectors import VectorBlock

_NONE = np.zeros(0, dtype=np.int64)
_SIGMA = "\N{GREEK CAPITAL LETTER SIGMA}"  # its small form depends on what follows


@dataclass(frozen=True, slots=True)
class Without:
    """The distinct words of a text, as they are counted, each with its places in code points.

    `outputs` (n_words, n_outputs) is what the block gives without each.
    """

    words: list[str]
    places: list[list[tuple[int, int]]]
    outputs: np.ndarray


@dataclass(frozen=True, slots=True)
class _Changes:
    """Feature `ids` that are there `by` times more without the word `of`; each (n,)."""

    of: np.ndarray
    ids: np.ndarray
    by: np.ndarray

    def and_then(self, other: _Changes) -> _Changes:
        """These and the others."""
        pairs = ((self.of, other.of), (self.ids, other.ids), (self.by, other.by))
        return _Changes(*(np.concatenate(pair) for pair in pairs))


def without_each_word(block: TextBlock | VectorBlock, value: object) -> Without | None:
    """Score a text without each of its words.

    None where there are no words, and for a text whose other words might be written otherwise without one:
    those with a capital sigma.

    Parameters
    ----------
    block: of the served model. value: the field's value.
    """
    text = block.read(value)
    words = WORDS.words(text)
    if not words or _SIGMA in text:
        return None
    number: dict[str, int] = {}
    of_token = np.array([number.setdefault(token, len(number)) for token, _, _ in words])
    places: list[list[tuple[int, int]]] = [[] for _ in number]
    for word, (_, start, end) in zip(of_token.tolist(), words, strict=True):
        places[word].append((start, end))
    if isinstance(block, VectorBlock):
        return Without(list(number), places, _without_meaning(block, list(number), of_token))
    all_ids, changes = _of_words(block, words, of_token)
    if block.n_grams:
        more, also = _of_grams(block, text, number)
        all_ids = np.concatenate([all_ids, more])
        changes = changes.and_then(also)
    return Without(list(number), places, _outputs(block, all_ids, changes, len(number)))


def _without_meaning(block: VectorBlock, words: list[str], of_token: np.ndarray) -> np.ndarray:
    """Outputs (n_words, n_outputs) of a text's vector less that of each word, as often as it is there."""
    table = block.table
    own = np.array([table.of_pieces(table.pieces(word)).sum(axis=0) for word in words])
    own *= np.bincount(of_token, minlength=len(words))[:, None]
    left = own.sum(axis=0) - own
    left[np.abs(left) < 1e-9 * np.abs(own).max(initial=1.0)] = 0.0  # nothing is left but what rounding leaves
    return np.array([block.of_sum(one) for one in left])


def _of_words(block: TextBlock, words: list[Span], of_token: np.ndarray) -> tuple[np.ndarray, _Changes]:
    """Words and pairs of neighbours: those that go, and the pairs that are made where a word was."""
    n = len(words)
    keys = keys_of_tokens([token for token, _, _ in words])
    ids = block.ids_of(keys)
    single, pair = ids[:n], ids[n:]
    left, right = of_token[:-1], of_token[1:]
    is_other = left != right  # a pair of the same word twice goes once
    run_start = np.flatnonzero(np.append(True, is_other))  # of equal words in a row
    run_end = np.append(run_start[1:], n) - 1
    is_between = (run_start > 0) & (run_end < n - 1)
    before, after = run_start[is_between] - 1, run_end[is_between] + 1
    made = block.ids_of(pair_keys(keys[before], keys[after]))
    gone = [single, pair, pair[is_other]]
    changes = _Changes(
        np.concatenate([of_token, left, right[is_other], of_token[run_start[is_between]]]),
        np.concatenate([*gone, made]),
        np.concatenate([*(np.full(len(part), -1) for part in gone), np.ones(len(made), dtype=np.int64)]),
    )
    return ids, changes


def _of_grams(block: TextBlock, text: str, number: dict[str, int]) -> tuple[np.ndarray, _Changes]:
    """N-grams of characters lie within runs between blanks: only the runs that a word is in change."""
    runs, blanked = _runs(lower(text)[0], number)
    texts = [*runs, *(changed for _, _, changed in blanked)]
    place = {run: i for i, run in enumerate(runs)}
    word = np.array([of for of, _, _ in blanked], dtype=np.int64)
    whole = np.array([place[run] for _, run, _ in blanked], dtype=np.int64)
    by = np.array(list(blanked.values()), dtype=np.int64)
    keys, text_of = gram_keys(texts, *block.gram_range)
    ids = block.ids_of(keys)
    if text_of is None:
        text_of = np.zeros(len(ids), dtype=np.int64)
    order = np.argsort(text_of, kind="stable")
    order = order[ids[order] >= 0]
    ids, text_of = ids[order], text_of[order]
    first = np.searchsorted(text_of, np.arange(len(texts) + 1))
    at_gone, of_gone = _slices(first, whole)
    at_made, of_made = _slices(first, np.arange(len(runs), len(texts)))
    changes = _Changes(
        np.concatenate([word[of_gone], word[of_made]]),
        np.concatenate([ids[at_gone], ids[at_made]]),
        np.concatenate([-by[of_gone], by[of_made]]),
    )
    count = np.array(list(runs.values()), dtype=np.int64)
    is_whole = text_of < len(runs)
    return np.repeat(ids[is_whole], count[text_of[is_whole]]), changes


def _runs(lowered: str, number: dict[str, int]) -> tuple[Counter[str], Counter[tuple[int, str, str]]]:
    """How often each run between blanks is there; for each word and run it is in, what is left of the run.

    A word may reach into several runs: what counts as a blank differs between the two.
    """
    runs: Counter[str] = Counter()
    blanked: Counter[tuple[int, str, str]] = Counter()
    words = [(found.group(), *found.span()) for found in WORDS.pattern(lowered).finditer(lowered)]
    first = 0
    for found in RUN.finditer(lowered):
        run, (start, end) = found.group(), found.span()
        runs[run] += 1
        while first < len(words) and words[first][2] <= start:
            first += 1
        left: dict[str, list[str]] = {}
        for token, begins, ends in islice(words, first, None):
            if begins >= end:
                break
            letters = left.setdefault(token, list(run))
            for i in range(max(begins, start) - start, min(ends, end) - start):
                letters[i] = " "
        for token, letters in left.items():
            blanked[number[token], run, "".join(letters)] += 1
    return runs, blanked


def _slices(first: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of all that is in some slices ``first[i]:first[i + 1]``, and which of `wanted` each is of."""
    size = first[wanted + 1] - first[wanted] if len(wanted) else _NONE
    of = np.repeat(np.arange(len(wanted)), size)
    within = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
    return (first[wanted][of] + within if len(of) else _NONE), of


def _outputs(block: TextBlock, all_ids: np.ndarray, changes: _Changes, n_words: int) -> np.ndarray:
    """The block's outputs (n_words, n_outputs) from what is there and what changes."""
    n = len(block.idf)
    there, count = np.unique(all_ids[all_ids >= 0], return_counts=True)
    is_known = changes.ids >= 0
    code, at = np.unique(changes.of[is_known] * n + changes.ids[is_known], return_inverse=True)
    by = np.bincount(at, changes.by[is_known], len(code)).round().astype(np.int64)
    word, ids = code // n, code % n
    now = _count_of(ids, there, count)
    kind = (ids >= block.n_words).astype(np.int64)
    group = word * 2 + kind
    old, new = _weighted(now) * block.idf[ids], _weighted(now + by) * block.idf[ids]
    own = _weighted(count) * block.idf[there]
    own_kind = (there >= block.n_words).astype(np.int64)

    def total(of_own: np.ndarray, of_change: np.ndarray) -> np.ndarray:
        """The sum of each word's each kind, (n_words, 2): what is there, and what changes."""
        there_now = np.bincount(own_kind, of_own, 2)
        changed = np.bincount(group, of_change, 2 * n_words).reshape(n_words, 2)
        return np.asarray(there_now + changed)

    features = total(np.ones(len(there)), (now + by > 0).astype(float) - (now > 0))
    is_empty = features < 0.5
    length = np.sqrt(np.where(is_empty, 1.0, total(own * own, new * new - old * old)))
    out = np.empty((n_words, block.n_outputs))
    for k in range(block.n_outputs):
        weight = block.weights[:, k]
        product = total(own * weight[there], (new - old) * weight[ids])
        out[:, k] = np.where(is_empty, 0.0, product / length).sum(axis=1)
    return out


def _count_of(ids: np.ndarray, there: np.ndarray, count: np.ndarray) -> np.ndarray:
    """How often each of `ids` is there now."""
    if not len(there):
        return np.zeros(len(ids), dtype=np.int64)
    at = np.minimum(np.searchsorted(there, ids), len(there) - 1)
    return np.where(there[at] == ids, count[at], 0)


def _weighted(count: np.ndarray) -> np.ndarray:
    """``1 + log(count)``, 0 where there is none."""
    return np.where(count > 0, 1.0 + np.log(np.maximum(count, 1)), 0.0)
