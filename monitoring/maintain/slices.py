"""Slices of cases by their fields and by what the model says, alike for answered and for waiting ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hitl.shared.words import Words
from monitoring.maintain.evidence import Answered, Waiting
from science.fields import Schema


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
        yield "", Words("the model says %(label)s", label=label), labels == label
    for field in schema.fields if contents else ():
        slices = field.kind.traits.slices
        if not field.show or slices is None:
            continue
        values = [content.get(field.name) for content in contents]
        absent = np.array([value is None or value == "" for value in values], dtype=bool)
        yield field.name, Words("%(field)s: missing", field=field.name), absent
        for words, own in slices(values):
            yield field.name, f"{field.name}{words}", own & ~absent
