"""The rows of one training run, with everything that is computed once for all candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from science.fields import Field, Schema
from science.pipelines.corpus import MAX_CHARS, Counts, count_grams, count_words
from science.serving.sentences import MAX_CHARS as MAX_SENTENCES
from science.serving.sentences import vector_of
from science.serving.served_model import MediaBlock
from science.serving.unread import Unread
from science.serving.vectors import WordVectors

MIN_EXAMPLES = 2  # different examples of a label, of different groups, before a model may say it


@dataclass
class Data:
    """Rows, label indices and weights; counted text and described media on demand.

    `y` is (n_rows,): the index in `labels`, or -1 for a row whose label the model does not learn. `groups`,
    (n_rows,), are equal in rows that belong together. `unread` are words that no text is read with, `vectors`
    what words mean, where that is known.
    """

    rows: Sequence[Mapping[str, object]]
    y: np.ndarray
    weights: np.ndarray
    labels: tuple[str, ...]
    schema: Schema
    groups: np.ndarray
    unread: tuple[str, ...] = ()
    vectors: WordVectors | None = None

    @property
    def n_outputs(self) -> int:
        """One output for two labels, else one for each."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    @property
    def min_df(self) -> int:
        """In how many texts a feature must occur: twice, or once where texts are few."""
        return 2 if len(self.rows) >= 200 else 1

    @cached_property
    def is_weighted(self) -> bool:
        """Whether some rows count more than others."""
        return bool(len(self.weights) and (self.weights != self.weights[0]).any())

    @cached_property
    def text_names(self) -> tuple[str, ...]:
        """The text fields."""
        return tuple(field.name for field in self.schema.fields if field.kind.traits.family == "text")

    def texts(self, name: str) -> list[str]:
        """One field's texts as the model reads them; what is no text is empty."""
        values, blanked = (row.get(name) for row in self.rows), Unread(self.unread)
        return [blanked(value[:MAX_CHARS]) if isinstance(value, str) else "" for value in values]

    @cached_property
    def words(self) -> dict[str, Counts]:
        """Words and word pairs of every text field."""
        return {name: count_words(self.texts(name), self.min_df) for name in self.text_names}

    @cached_property
    def grams(self) -> dict[str, Counts]:
        """Character n-grams of every text field."""
        return {name: count_grams(self.texts(name), self.min_df) for name in self.text_names}

    @cached_property
    def meanings(self) -> dict[str, np.ndarray]:
        """What the words of every text field mean together, (n_rows, width)."""
        if self.vectors is None:
            return {}
        return {
            name: np.array([self.vectors.vector_of(text) for text in self.texts(name)])
            for name in self.text_names
        }

    @cached_property
    def sentences(self) -> dict[str, np.ndarray]:
        """What every text field means as sentences, (n_rows, 384)."""
        return {
            name: np.array([vector_of(text[:MAX_SENTENCES]) for text in self.texts(name)])
            for name in self.text_names
        }

    @cached_property
    def n_characters(self) -> int:
        """How much text there is."""
        return sum(len(text) for name in self.text_names for text in self.texts(name))

    @cached_property
    def usual_length(self) -> float:
        """The median length of what the text fields of a row hold together."""
        return float(np.median(np.sum([[*map(len, self.texts(name))] for name in self.text_names], axis=0)))

    @cached_property
    def media(self) -> tuple[tuple[MediaBlock, np.ndarray], ...]:
        """Every media field's block and its features (n_rows, width), infinite where unreadable."""
        fields = [field for field in self.schema.fields if field.kind.traits.features]
        blocks = [_described(field, [row.get(field.name) for row in self.rows]) for field in fields]
        return tuple(block for block in blocks if block is not None)

    @cached_property
    def unreadable(self) -> np.ndarray:
        """(n_rows,) whether a file of the row cannot be read."""
        bad = np.zeros(len(self.rows), dtype=bool)
        for _, features in self.media:
            bad |= np.isinf(features).any(axis=1)
        return bad

    def to_learn(self, among: np.ndarray) -> np.ndarray:
        """Those of some row indices that can teach: a known label, readable, a weight."""
        teaches: np.ndarray = (self.y >= 0) & ~self.unreadable & (self.weights > 0)
        chosen: np.ndarray = among[teaches[among]]
        return chosen

    @cached_property
    def learnable(self) -> np.ndarray:
        """`y`, with -1 too for rows that cannot teach (n_rows,)."""
        teaches = np.zeros(len(self.rows), dtype=bool)
        teaches[self.to_learn(np.arange(len(self.rows)))] = True
        return np.where(teaches, self.y, -1)

    def to_calibrate(self, among: np.ndarray) -> np.ndarray:
        """Those of some row indices that can say how sure to be: as `to_learn`, and those of labels that the
        model does not know."""
        says: np.ndarray = ~self.unreadable & (self.weights > 0)
        chosen: np.ndarray = among[says[among]]
        return chosen

    @cached_property
    def as_next(self) -> np.ndarray:
        """`y`, with -1 too for a label that would not be known without the row's own group (n_rows,).

        How often the next case has an unknown label is how often a case would have had one, had it come last
        (Good, "The population frequencies of species", 1953, by leaving one out): a label of two groups would
        have had one.
        """
        n_groups = np.array([len(set(self.groups[self.learnable == k])) for k in range(len(self.labels))])
        is_left = (self.y < 0) | (n_groups[self.y] <= MIN_EXAMPLES)
        return np.where(is_left, -1, self.y) if (self.y < 0).any() else self.y


def _described(field: Field, values: Sequence[object]) -> tuple[MediaBlock, np.ndarray] | None:
    how = field.kind.traits.features
    side = how.side(values) if how else None
    if side is None:
        return None
    block = MediaBlock(field.name, field.kind, side, 0)
    for value in values:
        try:
            block.width = len(block.describe(block.read(value)))
            break
        except ValueError:
            continue
    return (block, block.raw(values)) if block.width else None
