"""Category: ``str | None``, one raw column of codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from science.drift.measures import Columns, Measure, Measures, Words
from science.kinds.traits import MAX_MOVES, AsColumns, Common, Hostile, Learned, Move, Slice, Traits, Unfit

if TYPE_CHECKING:
    from science.fields import Field
    from science.serving.table import Column

MAX_CODES = 200  # scikit-learn's trees take categories with at most 255 codes
_RARE = 3  # a category seen less often shares a code with the others of its kind
_MAX_SLICES = 12


def _unfit(field: Field, column: Column | None, max_chars: int) -> Unfit:
    def reason(value: object) -> str | None:
        if not isinstance(value, str):
            return "is not a category (text)"
        if column is not None and value not in column.coded:
            return f"has a value the model never saw: {value[:40]!r}"
        return None

    return reason


def slices_by_value(values: Sequence[object]) -> Iterator[Slice]:
    """One slice for each of the commonest values."""
    said = [str(value) for value in values]
    for value, _ in sorted(Counter(said).most_common(_MAX_SLICES)):
        yield Common("value", value[:60]), np.array([one == value for one in said])


def _learn(values: Sequence[object]) -> Learned:
    """Codes of their own for what is common, one for all that is rare."""
    seen = Counter(value for value in values if isinstance(value, str) and value != "")
    ranked = sorted(seen, key=lambda value: (-seen[value], value))
    common = [value for value in ranked if seen[value] >= _RARE][: MAX_CODES - 1] or ranked[: MAX_CODES - 1]
    rare = sorted(set(ranked) - set(common))
    return {"values": tuple(sorted(common)), "rare": tuple(rare)}


def _codes(column: Column) -> tuple[int, ...]:
    return (len(column.values) + bool(column.rare),)


def _raw(column: Column, values: Sequence[object]) -> list[list[float]]:
    get = column.coded.get
    return [[get(value, nan) if isinstance(value, str) else nan for value in values]]


def _moves(field: Field, column: Column, own: float, known: np.ndarray) -> list[Move]:
    codes, counts = np.unique(known.astype(int), return_counts=True)
    common = codes[np.argsort(-counts, kind="stable")][:MAX_MOVES].tolist()
    # The last code may stand for many rare values, which is no value to propose.
    return [
        Move(float(code), column.values[code], 1.0)
        for code in common
        if code < len(column.values) and code != own
    ]


def commonest(values: Sequence[object]) -> str | None:
    """The value that is there most often, as text."""
    counts = Counter(map(str, values))
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None


def _measured(values: Sequence[object], words: Words) -> Columns:
    return {"value": [None if value is None else str(value) for value in values]}


TRAITS = Traits(
    name="category",
    has_options=True,
    has_range=False,
    unfit=_unfit,
    slices=slices_by_value,
    hostile=Hostile.or_real(None, "", "never seen", "\ud800", 3, "x" * 10_000),
    measured=Measures((Measure("value", is_ordered=False),), _measured),
    columns=AsColumns(_learn, _codes, _raw, _moves, commonest),
)
