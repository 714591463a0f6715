"""Boolean: ``bool | None``, one raw column of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from science.drift.measures import Columns, Measure, Measures, Words
from science.kinds.category import commonest, slices_by_value
from science.kinds.traits import AsColumns, Hostile, Learned, Move, Traits, Unfit

if TYPE_CHECKING:
    from science.fields import Field
    from science.serving.table import Column


def _unfit(field: Field, column: Column | None, max_chars: int) -> Unfit:
    def reason(value: object) -> str | None:
        return None if isinstance(value, bool) else "is neither true nor false"

    return reason


def _learn(values: Sequence[object]) -> Learned:
    return {}


def _codes(column: Column) -> tuple[int, ...]:
    return (0,)


def _raw(column: Column, values: Sequence[object]) -> list[list[float]]:
    return [[float(value) if isinstance(value, bool) else nan for value in values]]


def _moves(field: Field, column: Column, own: float, known: np.ndarray) -> list[Move]:
    return [Move(value, bool(value), 1.0) for value in np.unique(known).tolist() if value != own]


def _measured(values: Sequence[object], words: Words) -> Columns:
    return {"value": [None if value is None else "yes" if value is True else "no" for value in values]}


TRAITS = Traits(
    name="boolean",
    has_options=False,
    has_range=False,
    unfit=_unfit,
    slices=slices_by_value,
    hostile=Hostile.or_real(None, True, False, 1, "true"),
    measured=Measures((Measure("value", is_ordered=False),), _measured),
    columns=AsColumns(_learn, _codes, _raw, _moves, commonest),
)
