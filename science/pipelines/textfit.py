"""What a linear model reads in texts: words, characters and meanings, side by side; and as blocks for
serving.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from science.pipelines.candidates import Candidate
from science.pipelines.corpus import GRAMS, MAX_CHARS, MAX_GRAMS, MAX_WORDS, Weighted, weigh
from science.pipelines.data import Data
from science.serving.sentences import SentenceBlock
from science.serving.served_model import Text
from science.serving.text import TextBlock
from science.serving.vectors import VectorBlock, WordVectors

# Beside words of length 1, so that what a text means counts as much as in which words.
BESIDE_WORDS = 2.0


@dataclass(slots=True)
class Read:
    """One text field of all rows: TF-IDF of words and of grams, with the vocabulary of the rows fitted on,
    and what its words mean (n_rows, width)."""

    name: str
    words: Weighted | None = None
    grams: Weighted | None = None
    meaning: np.ndarray | None = None

    @property
    def counted(self) -> list[Weighted]:
        """Words and grams, where they are read."""
        return [part for part in (self.words, self.grams) if part is not None]


@dataclass(slots=True)
class TextFeatures:
    """All text fields; `table` is what `meaning` was read with."""

    fields: tuple[Read, ...]
    table: WordVectors | None

    def words(self) -> Iterator[Weighted]:
        """The words of every field."""
        return (read.words for read in self.fields if read.words is not None)

    def take_matrix(self, dense: np.ndarray) -> sparse.csr_matrix | np.ndarray:
        """All fields and then the dense columns side by side, (n_rows, n_features); once only.

        The parts are given up, because they are as large as what they make. Dense where no word is counted.
        """
        if not any(read.counted for read in self.fields):
            return np.hstack([*(read.meaning for read in self.fields if read.meaning is not None), dense])
        parts: list[sparse.csr_matrix] = []
        for read in self.fields:
            for part in read.counted:
                parts.append(part.matrix)
                part.matrix = None
            if read.meaning is not None:
                parts.append(sparse.csr_matrix(read.meaning * BESIDE_WORDS))
        if dense.shape[1]:
            parts.append(sparse.csr_matrix(dense))
        return sparse.hstack(parts, format="csr") if len(parts) > 1 else parts[0]

    def to_blocks(self, coefficients: np.ndarray) -> tuple[Text, ...]:
        """Text blocks for serving; `coefficients` is (n_outputs, n_features)."""
        out: list[Text] = []
        start = 0
        for read in self.fields:
            if read.words is not None:
                names = read.grams.names if read.grams is not None else []
                idf = np.concatenate([part.idf for part in read.counted])
                weights = np.ascontiguousarray(coefficients[:, start : start + len(idf)].T)
                out.append(TextBlock(read.name, read.words.names, names, GRAMS, idf, weights, MAX_CHARS))
                start += len(idf)
            if read.meaning is not None and self.table is not None:
                weights = np.ascontiguousarray(coefficients[:, start : start + self.table.width].T)
                weights = weights * BESIDE_WORDS if read.counted else weights
                out.append(VectorBlock(read.name, self.table, weights, MAX_CHARS))
                start += self.table.width
        return tuple(out)


@dataclass(slots=True)
class SentenceFeatures:
    """Vectors (n_rows, 384) of all rows' texts, field by field."""

    fields: Mapping[str, np.ndarray]

    def take_matrix(self, dense: np.ndarray) -> np.ndarray:
        """All fields and then the dense columns side by side, (n_rows, n_features)."""
        return np.hstack([*self.fields.values(), dense])

    def to_blocks(self, coefficients: np.ndarray) -> tuple[SentenceBlock, ...]:
        """Blocks for serving; `coefficients` is (n_outputs, n_features)."""
        parts = np.split(coefficients, len(self.fields), axis=1)
        return tuple(
            SentenceBlock(name, np.ascontiguousarray(part.T))
            for name, part in zip(self.fields, parts, strict=True)
        )


def text_features(candidate: Candidate, data: Data, on: np.ndarray) -> TextFeatures | SentenceFeatures | None:
    """What a candidate reads in the texts of all rows, with the vocabulary of those with indices `on`."""
    if candidate.by_meaning:
        return SentenceFeatures(data.sentences) if data.text_names else None
    fields = []
    for name in data.text_names:
        read = Read(name)
        if candidate.words:
            words = weigh(data.words[name], on, data.min_df, MAX_WORDS)
            if not words.names:  # a field that is empty everywhere says nothing
                continue
            read.words = words
            read.grams = weigh(data.grams[name], on, data.min_df, MAX_GRAMS) if candidate.grams else None
        read.meaning = data.meanings[name] if candidate.vectors else None
        fields.append(read)
    return TextFeatures(tuple(fields), data.vectors) if fields else None
