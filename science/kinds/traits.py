"""The record of a kind of field for models: how they learn from it, are checked and are explained.

Nothing here imports fields or models: they are made of these records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

import numpy as np

from science.drift.measures import Measures

if TYPE_CHECKING:
    from science.fields import Field
    from science.serving.table import Column

MAX_MOVES = 12  # values of one field that a counterfactual tries

Family = Literal["text", "table", "media"]
Places = Literal["boxes", "times"]
Unfit = Callable[[object], str | None]


class Common(NamedTuple):
    """What the rows of a slice have in common, for whoever says it in words.

    what: "value": it is `value`. "size": it is above `low` and up to `high`, None where that end is open, in
        `unit`. Else a word of the kind's own.
    """

    what: str
    value: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""


Slice = tuple[Common, np.ndarray]  # and (n_rows,) whether a row belongs


class Learned(TypedDict, total=False):
    """What training reads out of the values of a field; `science.serving.table.Column` keeps it."""

    values: tuple[str, ...]
    rare: tuple[str, ...]
    low: float
    high: float
    with_time: bool


class Move(NamedTuple):
    """A value to try: as the raw column has it, as a case has it, and what the change costs."""

    raw: float
    value: float | str | bool
    cost: float


@dataclass(frozen=True, slots=True)
class AsColumns:
    """How values become columns of the table that a model reads.

    Attributes
    ----------
    learn: from a field's values in training to what its column keeps.
    codes: for every raw column of a field how many categories it has, 0 for a number.
    raw: the raw columns of some values; what cannot be read is NaN.
    moves: from the field, its column, the case's own raw value and those that other cases have (NaN left
        out) to what a counterfactual may propose. None: nothing is ever proposed.
    typical: what is usual among present values, None where nothing can be said. None in its place: it is
        never said.
    """

    learn: Callable[[Sequence[object]], Learned]
    codes: Callable[[Column], tuple[int, ...]]
    raw: Callable[[Column, Sequence[object]], list[list[float]]]
    moves: Callable[[Field, Column, float, np.ndarray], list[Move]] | None
    typical: Callable[[Sequence[object]], float | str | None] | None


@dataclass(frozen=True, slots=True)
class AsFeatures:
    """How the bytes of a file become numbers that describe it.

    Attributes
    ----------
    side: how large a model looks at files like these, None where none can be read.
    read: from a file and that size to its content (pixels, samples).

        Raises `science.media.BadMedia` if it cannot be read.
    describe: from the content to its features (width,).
    places: what evidence in it points at: a box of a picture or a stretch of time.
    said: what people should know of how it is looked at, in a sentence.
    """

    side: Callable[[Sequence[object]], int | None]
    read: Callable[[object, int], np.ndarray]
    describe: Callable[[np.ndarray], np.ndarray]
    places: Places
    said: str = ""


@dataclass(frozen=True, slots=True)
class Hostile:
    """What nobody should send: a model must treat it as the library that trained it would.

    `values` are tried one by one; `draw` makes another from a real value and some dice.
    """

    values: tuple[object, ...]
    draw: Callable[[object, np.random.Generator], object]

    @classmethod
    def or_real(cls, *values: object) -> Hostile:
        """Of these values; every second time the real one is drawn instead."""

        def draw(real: object, rng: np.random.Generator) -> object:
            return real if rng.random() < 0.5 else values[int(rng.integers(0, len(values)))]

        return cls(values, draw)


@dataclass(frozen=True, slots=True)
class Traits:
    """One kind of field, as models and those who explain them see it.

    Attributes
    ----------
    name: the word for it in schemas.
    has_options, has_range: whether a field of it may list its values, or bound them.
    unfit: from the field, its column and the most characters the model reads to a check, which says of a
        present value why the model cannot read it, or None. Made once per model, asked for every case.
    slices: groups of rows to look for errors in. None: no slice is made of it, nor of its absence.
    hostile: None where comparing models leaves it empty.
    measured: what is counted of its values, to see whether they change.
    columns, features: one of them for tables and for media; neither for text, which is read word by word.
    """

    name: str
    has_options: bool
    has_range: bool
    unfit: Callable[[Field, Column | None, int], Unfit]
    slices: Callable[[Sequence[object]], Iterable[Slice]] | None
    hostile: Hostile | None
    measured: Measures
    columns: AsColumns | None = None
    features: AsFeatures | None = None

    @property
    def family(self) -> Family:
        """What part of a model reads it."""
        return "table" if self.columns else "media" if self.features else "text"
