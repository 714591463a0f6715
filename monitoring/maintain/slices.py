"""Slices of cases by their fields and by what the model says, alike for answered and for waiting ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from models_store.slice_words import slice_in_words
from monitoring.maintain.evidence import Answered, Waiting
from science.fields import Schema
from science.kinds.traits import Common


class Cut(NamedTuple):
    """One slice.

    Attributes:
        kind: the field's name; empty for what the model says.
        answered, waiting: its members among these, (n_answered,) and (n_waiting,).
    """

    kind: str
    words: str
    answered: np.ndarray
    waiting: np.ndarray


def cuts_of(answered: Answered, waiting: Waiting, schema: Schema) -> list[Cut]:
    """Return every slice; the ends of those of numbers are set by all these cases together."""
    n = len(answered.contents)
    said = [*answered.predicted, *waiting.suggestions]
    every = _slices([*answered.contents, *waiting.contents], said, schema)
    return [Cut(kind, words, own[:n], own[n:]) for kind, words, own in every]


def _slices(
    contents: Sequence[Mapping[str, Any]], said: Sequence[str], schema: Schema
) -> Iterator[tuple[str, str, np.ndarray]]:
    labels = np.array(said, dtype=object)
    for label in sorted(set(said)):
        yield "", slice_in_words("", Common("says", label)), labels == label
    for field in schema.fields if contents else ():
        slices = field.kind.traits.slices
        if not field.show or slices is None:
            continue
        values = [content.get(field.name) for content in contents]
        absent = np.array([value is None or value == "" for value in values], dtype=bool)
        yield field.name, slice_in_words(field.name, Common("missing")), absent
        for common, own in slices(values):
            yield field.name, slice_in_words(field.name, common), own & ~absent
