"""Scoring text: TF-IDF over words and over characters within words, times a linear model.

Equal to scikit-learn's ``FeatureUnion`` of two ``TfidfVectorizer(sublinear_tf=True)`` (word pairs and
`char_wb`), each of unit length on its own, followed by a dot product. One path for one text and for
thousands; a text's outputs do not depend on what else is in its batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.serving.analyzer import Span
from science.serving.errors import BadArtifact
from science.serving.keys import WORDS, gram_keys, keys_of_grams, keys_of_words, word_keys
from science.serving.lookup import Lookup
from science.serving.spans import Spans, gram_spans, word_spans
from science.serving.unread import Unread

__all__ = ["WORDS", "ReadTexts", "ReadsText", "TextBlock"]

MAX_TEXTS, MAX_CHARACTERS = 64, 100_000  # scored together: about what a processor keeps close
_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ReadTexts:
    """What one pass over some texts gives.

    `outputs` (n_texts, n_outputs) of the linear model, without intercept; how many words of each text are
    unknown, and how many there are, (n_texts,); `vectors` (n_texts, width) of texts that are read by meaning.
    """

    outputs: np.ndarray
    unknown: np.ndarray
    words: np.ndarray
    vectors: np.ndarray | None = None


class ReadsText(ABC):
    """What blocks of one text field share, however they read it: what is read, and a linear model's outputs.

    `weights` have shape (n_features, n_outputs); `max_chars` is how much of a text is read, and `unread` the
    words that are left out.
    """

    weights: np.ndarray
    max_chars: int
    unread: Unread

    @property
    def n_outputs(self) -> int:
        """How many numbers the linear model gives for one text."""
        return int(self.weights.shape[1])

    def read(self, value: object) -> str:
        """The part of a field's value that the model reads; no text reads as empty."""
        return self.unread(value[: self.max_chars]) if isinstance(value, str) else ""

    def outputs(self, values: Sequence[object]) -> np.ndarray:
        """Linear outputs of shape (n_texts, n_outputs), without intercept."""
        return self.read_all(values).outputs

    @abstractmethod
    def read_all(self, values: Sequence[object]) -> ReadTexts:
        """Read some texts once for all that is asked of them."""


class TextBlock(ReadsText):
    """One text field: its vocabulary, and the weights of its features.

    `words` (and pairs of them) and `grams` name the features, in this order; `idf` has shape
    (n_features,), `weights` (n_features, n_outputs). `max_chars` is how much of a text the model reads, and
    `unread` the words that it leaves out.
    The names are kept packed: scoring needs their keys alone.

    Raises:
        BadArtifact: a feature is there twice, or n-grams begin longer than the shortest word.
    """

    is_exact = True  # what a word adds is known to the last bit
    counts_words = True  # and which of them it knows

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        grams: Sequence[str],
        gram_range: tuple[int, int],
        idf: np.ndarray,
        weights: np.ndarray,
        max_chars: int,
        unread: Sequence[str] = (),
    ) -> None:
        self.unread = Unread(unread)
        self.name, self.gram_range, self.max_chars = name, gram_range, max_chars
        if gram_range[0] > 3:
            raise BadArtifact(f"field {name!r}: n-grams that are longer than short words")
        self.n_words, self.n_grams = len(words), len(grams)
        self._packed = _pack_words(words), _pack_words(grams)
        # Side by side, a feature's numbers are one fetch from memory; the two names are views of it.
        self._table = np.column_stack([idf, weights])
        self.idf, self.weights = self._table[:, 0], self._table[:, 1:]
        self._shift = len(idf).bit_length()
        try:
            self._known = Lookup(np.concatenate([keys_of_words(words), keys_of_grams(grams)]))
        except ValueError as fault:
            raise BadArtifact(f"field {name!r}: {fault}") from None

    @property
    def words(self) -> list[str]:
        """The words and pairs of words it knows."""
        return _unpack_words(self._packed[0])

    @property
    def grams(self) -> list[str]:
        """The character n-grams it knows."""
        return _unpack_words(self._packed[1])

    def read_all(self, values: Sequence[object]) -> ReadTexts:
        """Read some texts once for all that is asked of them."""
        parts = [self._chunk(chunk) for chunk in _chunks([self.read(value) for value in values])]
        return ReadTexts(*map(np.concatenate, zip(*parts, strict=True)))

    def _chunk(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ids, text_of, n_words = self._ids(texts)
        group, known, tf = self._counted(texts, ids, text_of)
        found = self._table.take(known, axis=0)
        weighted = tf * found[:, 0]
        length = self._lengths(group, weighted, len(texts))
        out = np.empty((len(texts), self.n_outputs))
        for k in range(self.n_outputs):
            of_group = np.bincount(group, weights=weighted * found[:, k + 1], minlength=len(length)) / length
            out[:, k] = of_group[0::2] + of_group[1::2]
        is_unknown = ids[:n_words] < 0
        if text_of is None:
            return out, np.array([is_unknown.sum()]), np.array([n_words])
        of_words = text_of[:n_words]
        unknown, words = (
            np.bincount(each, minlength=len(texts)) for each in (of_words[is_unknown], of_words)
        )
        return out, unknown, words

    def features(self, values: Sequence[object]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The TF-IDF features of some texts, as three arrays of length n_nonzero.

        ``group`` is 2 x text + unit (0 words, 1 characters), ``ids`` the feature, ``value`` what
        scikit-learn's matrix holds there.
        """
        texts = [self.read(value) for value in values]
        group, ids, tf = self._counted(texts, *self._ids(texts)[:2])
        weighted = tf * self.idf[ids]
        return group, ids, weighted / self._lengths(group, weighted, len(values))[group]

    def _lengths(self, group: np.ndarray, weighted: np.ndarray, n: int) -> np.ndarray:
        """The length of each group's vector (2 x n,); 1 where it is empty."""
        square = np.bincount(group, weights=weighted * weighted, minlength=2 * n)
        return np.sqrt(np.where(square > 0, square, 1.0))

    def _counted(
        self, texts: Sequence[str], ids: np.ndarray, text_of: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The distinct features: group, id and sublinear term frequency ``1 + log(count)``."""
        found = self._occurrences(texts, ids, text_of)
        found.sort()
        is_first = np.empty(len(found), dtype=bool)
        is_first[:1] = True
        np.not_equal(found[1:], found[:-1], out=is_first[1:])
        first = np.flatnonzero(is_first)
        counts = np.append(first[1:], len(found)) - first
        found = found[first]
        ids = found & ((1 << self._shift) - 1)
        group = (found >> self._shift) * 2 + (ids >= self.n_words)
        return group, ids, 1.0 + np.log(counts)

    def _ids(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray | None, int]:
        """The feature of every word, pair and n-gram, -1 where unknown; its text; how many are words."""
        keys, text_of, n_words = word_keys(texts)
        if self.n_grams:
            more, also = gram_keys(texts, *self.gram_range)
            keys = np.concatenate([keys, more])
            text_of = None if text_of is None or also is None else np.concatenate([text_of, also])
        return self._known.find(keys), text_of, n_words

    def _occurrences(self, texts: Sequence[str], ids: np.ndarray, text_of: np.ndarray | None) -> np.ndarray:
        """One number ``text << shift | id`` per occurrence of a known feature; small ones sort faster."""
        is_known = ids >= 0
        if text_of is None:
            return ids[is_known]
        is_small = len(texts) << self._shift <= _LARGEST_INT32
        number = np.dtype(np.int32 if is_small else np.int64)
        shifted: np.ndarray = text_of[is_known].astype(number) << self._shift
        return shifted | ids[is_known].astype(number, copy=False)

    def ids_of(self, keys: np.ndarray) -> np.ndarray:
        """The features (n,) of some keys, -1 where one is unknown."""
        return self._known.find(keys)

    def spans(self, text: str, words: list[Span]) -> tuple[np.ndarray, Spans]:
        """Every occurrence of a feature in a text of those words, and its id, -1 where it is unknown."""
        found = word_spans(words)
        if self.n_grams:
            found = found.followed_by(gram_spans(text, *self.gram_range))
        return self._known.find(found.key), found

    def to_parts(self, prefix: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Meta and arrays for an artifact; `from_parts` reads them."""
        meta = {"name": self.name, "gram_range": list(self.gram_range), "max_chars": self.max_chars}
        if self.unread.words:
            meta["unread"] = list(self.unread.words)
        arrays = {
            f"{prefix}.words": self._packed[0],
            f"{prefix}.grams": self._packed[1],
            f"{prefix}.idf": self.idf,
            f"{prefix}.weights": self.weights,
        }
        return meta, arrays

    @classmethod
    def from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], prefix: str) -> TextBlock:
        """Read and check what `to_parts` wrote.

        Raises:
            BadArtifact: sizes disagree or a weight is not a finite number.
        """
        words, grams = _unpack_words(arrays[f"{prefix}.words"]), _unpack_words(arrays[f"{prefix}.grams"])
        idf, weights = arrays[f"{prefix}.idf"], arrays[f"{prefix}.weights"]
        n_features = len(words) + len(grams)
        if idf.shape != (n_features,) or weights.ndim != 2 or len(weights) != n_features:
            raise BadArtifact(f"text block {meta.get('name')!r}: vocabulary and weights differ in length")
        if not (np.isfinite(idf).all() and (idf > 0).all() and np.isfinite(weights).all()):
            raise BadArtifact(f"text block {meta.get('name')!r}: a weight is not a finite number")
        shortest, longest = meta["gram_range"]
        if not 1 <= int(shortest) <= int(longest) <= 8 or not 1 <= int(meta["max_chars"]) <= 1_000_000:
            raise BadArtifact(f"text block {meta.get('name')!r}: impossible settings")
        gram_range = (int(shortest), int(longest))
        return cls(
            str(meta["name"]),
            words,
            grams,
            gram_range,
            idf,
            weights,
            int(meta["max_chars"]),
            [str(word) for word in meta.get("unread", ())],
        )


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a batch into runs of texts; at least one, so that no text gives no rows."""
    start = characters = 0
    for i, text in enumerate(texts):
        if i > start and (i - start == MAX_TEXTS or characters + len(text) > MAX_CHARACTERS):
            yield texts[start:i]
            start, characters = i, 0
        characters += len(text)
    yield texts[start:]


def _pack_words(words: Sequence[str]) -> np.ndarray:
    """Words hold no line break (tokens and split text never do), so it can part them."""
    return np.frombuffer("\n".join(words).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _unpack_words(packed: np.ndarray) -> list[str]:
    if packed.dtype != np.uint8 or packed.ndim != 1:
        raise BadArtifact("a vocabulary must be bytes")
    try:
        text = packed.tobytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise BadArtifact("a vocabulary is not UTF-8") from None
    return text.split("\n") if text else []
