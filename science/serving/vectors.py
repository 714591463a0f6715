"""What words mean, as a table: a vector for each piece of a word, added up over a text.

A text's vector is the sum of its words', a word's that of its pieces (WordPiece: Wu et al., 2016, the longest
piece that the vocabulary knows, again and again), made 1 long. So a word's part in it is known to the last
bit, and so is the text without the word. The table is distilled from a language model (`science.distil`)
and lies in each model that uses it: whoever scores needs no other file and no library (ADR 0082).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from science.serving.artifact import pack, unpack
from science.serving.errors import BadArtifact
from science.serving.keys import WORDS
from science.serving.text import ReadsText, ReadTexts
from science.serving.unread import Unread

VERSION = "vectors/1"
MAX_PIECES = 60_000
MAX_WIDTH = 1_024
_MAX_WORD = 100  # characters; what is longer is no word
_KEPT = 50_000  # words whose pieces are remembered


class WordVectors:
    """Vectors of pieces of words: ``values * scale`` is (n_pieces, width); `names` begin with "##" inside a
    word.

    `values` are int8, `scale` one float32 a piece. Immutable; tables of equal content are one object.

    Raises:
        BadArtifact: sizes disagree, a name is there twice, or a number is not finite.
    """

    def __init__(self, names: Sequence[str], values: np.ndarray, scale: np.ndarray) -> None:
        n = len(names)
        if values.dtype != np.int8 or values.ndim != 2 or scale.shape != (n,) or len(values) != n:
            raise BadArtifact("word vectors of another shape")
        if not 0 < n <= MAX_PIECES or not 0 < values.shape[1] <= MAX_WIDTH or not np.isfinite(scale).all():
            raise BadArtifact("word vectors of impossible size, or with a number that is not finite")
        self.values, self.scale = values, scale
        self.sha256 = ""  # of the parts, as `table_from` found them
        self._id = {name: i for i, name in enumerate(names)}
        if len(self._id) != n:
            raise BadArtifact("word vectors with a piece twice")
        self._pieces: dict[str, tuple[int, ...]] = {}

    @property
    def names(self) -> list[str]:
        """The pieces in the order of their rows."""
        return list(self._id)

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.values.shape[1])

    def pieces(self, word: str) -> tuple[int, ...]:
        """The rows (n,) of one word in lower case; none where no piece of it is known."""
        known = self._pieces.get(word)
        if known is None:
            known = tuple(self._cut(word)) if len(word) <= _MAX_WORD else ()
            if len(self._pieces) >= _KEPT:
                self._pieces.clear()
            self._pieces[word] = known
        return known

    def _cut(self, word: str) -> list[int]:
        rows: list[int] = []
        for part in _parts(word):
            own: list[int] = []
            start = 0
            while start < len(part):
                mark = "##" if start else ""
                ends = range(len(part), start, -1)
                end = next((end for end in ends if mark + part[start:end] in self._id), None)
                if end is None:
                    own = []
                    break
                own.append(self._id[mark + part[start:end]])
                start = end
            rows += own
        return rows

    def of_pieces(self, rows: Sequence[int]) -> np.ndarray:
        """The vectors (n, width) of some rows in float64."""
        at = np.asarray(rows, dtype=np.intp)
        return np.asarray(self.values[at] * self.scale[at].astype(np.float64)[:, None])

    def sum_of(self, text: str) -> np.ndarray:
        """The sum (width,) of the vectors of a text's words."""
        rows: list[int] = []
        for word in WORDS.tokens(text):
            rows += self.pieces(word)
        return np.asarray(self.of_pieces(rows).sum(axis=0))

    def vector_of(self, text: str) -> np.ndarray:
        """The vector (width,) of a text, of length 1; zero where no word is known."""
        return unit(self.sum_of(text))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for an artifact; `table_from` reads them."""
        names = np.frombuffer("\n".join(self._id).encode(), dtype=np.uint8)
        return {
            "vectors.values": self.values.view(np.uint8),
            "vectors.scale": self.scale,
            "vectors.names": names,
        }


def unit(total: np.ndarray) -> np.ndarray:
    """Vectors (..., width) made 1 long; what is zero stays zero."""
    length = np.sqrt((total * total).sum(axis=-1, keepdims=True))
    return np.asarray(total / np.where(length > 0, length, 1.0))


_tables: WeakValueDictionary[bytes, WordVectors] = WeakValueDictionary()


def table_from(arrays: Mapping[str, np.ndarray]) -> WordVectors:
    """Read and check what `WordVectors.to_arrays` wrote; equal tables are one object in a process.

    Raises:
        BadArtifact: the parts are not those of a table.
    """
    parts = [arrays[f"vectors.{part}"] for part in ("values", "scale", "names")]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).digest()
    found = _tables.get(digest)
    if found is None:
        values, scale, names = parts
        try:
            words = names.tobytes().decode().split("\n")
        except UnicodeDecodeError:
            raise BadArtifact("word vectors: names that are not UTF-8") from None
        if values.dtype != np.uint8:
            raise BadArtifact("word vectors: values of another type")
        found = WordVectors(
            words, values.copy().view(np.int8), scale.copy()
        )  # keeps no other bytes in memory
        found.sha256 = digest.hex()
        _tables[digest] = found
    return found


class VectorBlock(ReadsText):
    """One text field read by what its words mean; `weights` are (width, n_outputs). Used as a `TextBlock`."""

    is_exact = True  # what a word adds is known to the last bit
    counts_words = False

    def __init__(
        self, name: str, table: WordVectors, weights: np.ndarray, max_chars: int, unread: Sequence[str] = ()
    ) -> None:
        self.name, self.table, self.weights, self.max_chars = name, table, weights, max_chars
        self.idf = np.ones(table.width)
        self.unread = Unread(unread)

    def read_all(self, values: Sequence[object]) -> ReadTexts:
        """Read some texts once for all that is asked of them."""
        vectors = np.array([self.table.vector_of(self.read(value)) for value in values])
        vectors, none = vectors.reshape(len(values), self.table.width), np.zeros(len(values), dtype=np.intp)
        found = [(vector[:, None] * self.weights).sum(axis=0) for vector in vectors]
        return ReadTexts(np.array(found).reshape(len(values), self.n_outputs), none, none, vectors)

    def of_sum(self, total: np.ndarray) -> np.ndarray:
        """Outputs (n_outputs,) of a text whose words' vectors add up to `total` (width,)."""
        return np.asarray((unit(total)[:, None] * self.weights).sum(axis=0))

    def features(self, values: Sequence[object]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The vectors of some texts, in the form that `TextBlock.features` has."""
        vectors = np.array([self.table.vector_of(self.read(value)) for value in values])
        text, ids = np.nonzero(vectors.reshape(len(values), self.table.width))
        return 2 * text, ids, vectors[text, ids]

    def to_parts(self, prefix: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Meta and arrays for an artifact; `from_parts` reads them. All fields share the table."""
        meta: dict[str, Any] = {"name": self.name, "reader": "vectors", "max_chars": self.max_chars}
        if self.unread.words:
            meta["unread"] = list(self.unread.words)
        return meta, {f"{prefix}.weights": self.weights, **self.table.to_arrays()}

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], prefix: str
    ) -> VectorBlock:
        """Read and check what `to_parts` wrote.

        Raises:
            BadArtifact: a weight is no number, or does not belong to the table.
        """
        table, weights = table_from(arrays), arrays[f"{prefix}.weights"]
        if weights.ndim != 2 or len(weights) != table.width or not np.isfinite(weights).all():
            raise BadArtifact(f"vector block {meta.get('name')!r}: weights of another shape")
        if not 1 <= int(meta["max_chars"]) <= 1_000_000:
            raise BadArtifact(f"vector block {meta.get('name')!r}: impossible settings")
        unread = [str(word) for word in meta.get("unread", ())]
        return cls(str(meta["name"]), table, weights, int(meta["max_chars"]), unread)


def _parts(word: str) -> list[str]:
    """A word without accents, cut at everything that is neither letter nor digit (which is a part itself)."""
    if word.isascii() and word.isalnum():
        return [word]
    parts, run = [], ""
    for char in unicodedata.normalize("NFD", word):
        if unicodedata.category(char) == "Mn":
            continue
        if char.isalnum():
            run += char
            continue
        parts += [run, char] if run else [char]
        run = ""
    return [*parts, run] if run else parts


def save_table(table: WordVectors) -> bytes:
    """The file of a table alone."""
    return pack({"version": VERSION}, table.to_arrays())


def load_table(content: bytes) -> WordVectors:
    """Read what `save_table` wrote.

    Raises:
        BadArtifact: the file is damaged, or of another version.
    """
    meta, arrays = unpack(content)
    try:
        if meta["version"] != VERSION:
            raise BadArtifact(f"word vectors of version {meta['version']!r}, this is {VERSION!r}")
        return table_from(arrays)
    except KeyError as absent:
        raise BadArtifact(f"no word vectors: {absent} is missing") from None
