"""Count cases: from their contents to how many values of each field fall into each cell.

Which cells there are is learned once, for all fields of a schema together; a vocabulary of each text with
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from science.drift.cells import CategoryCells, Cells, NumberCells, cells_from_json
from science.drift.measures import Measure, Words, vocabulary

if TYPE_CHECKING:
    from science.fields import Field, Schema

Key = tuple[str, str]  # a field and a measure of it
Content = Mapping[str, Any]
Files = Mapping[str, Mapping[str, Any]]  # by the name of a file: what was kept of it


@dataclass(frozen=True, slots=True)
class Bins:
    """The cells of all measures of a schema's fields.

    Attributes:
        cells: by field and measure.
        words: vocabularies, by field.
    """

    cells: Mapping[Key, Cells]
    words: Mapping[str, Words]

    @classmethod
    def learn(cls, schema: Schema, contents: Sequence[Content], files: Files) -> Self:
        """Take the cells from cases; counts of the same cases in them would find nothing new."""
        cells: dict[Key, Cells] = {}
        words: dict[str, Words] = {}
        for field in schema.fields:
            values = values_of(field, contents, files)
            measures = field.kind.traits.measured
            if measures.has_vocabulary:
                words[field.name] = vocabulary(values)
            columns = measures.of(values, words.get(field.name, frozenset()))
            for measure in measures.each:
                cells[field.name, measure.name] = _learned(measure, columns[measure.name])
        return cls(cells, words)

    def count(self, schema: Schema, contents: Sequence[Content], files: Files) -> dict[Key, np.ndarray]:
        """Count the cases; fields that the bins do not know are left out.

        Counts of parts add up to the counts of the whole, whatever the parts and their order.
        """
        counted = {}
        for field in schema.fields:
            measures = field.kind.traits.measured
            known = [one for one in measures.each if (field.name, one.name) in self.cells]
            if not known:
                continue
            values = values_of(field, contents, files)
            columns = measures.of(values, self.words.get(field.name, frozenset()))
            for measure in known:
                key = field.name, measure.name
                counted[key] = self.cells[key].count(columns[measure.name])
        return counted

    def to_json(self) -> dict[str, Any]:
        """All of it, to be stored."""
        return {
            "cells": [[*key, cells.to_json()] for key, cells in sorted(self.cells.items())],
            "words": {field: sorted(words) for field, words in self.words.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            {(field, measure): cells_from_json(cells) for field, measure, cells in stored["cells"]},
            {field: frozenset(words) for field, words in stored["words"].items()},
        )


def _learned(measure: Measure, values: Iterable[Any]) -> Cells:
    if measure.is_ordered:
        return NumberCells.learn([value for value in values if isinstance(value, int | float)])
    return CategoryCells.learn(value for value in values if isinstance(value, str))


def values_of(field: Field, contents: Sequence[Content], files: Files) -> list[object]:
    """Return the values of a field; of media what was kept of the file, nothing where it is unknown."""
    values: list[object] = [content.get(field.name) for content in contents]
    if not field.is_media:
        return values
    names = (value.get("asset") if isinstance(value, Mapping) else value for value in values)
    return [None if name is None else files.get(str(name)) or {} for name in names]


def add(into: dict[Any, np.ndarray], more: Mapping[Any, np.ndarray]) -> None:
    """Add counts to others of the same cells, in place."""
    for key, counts in more.items():
        into[key] = into[key] + counts if key in into else counts
