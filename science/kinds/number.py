"""Number: ``float | None``, one raw column as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from science.drift.cells import number_or_none
from science.drift.measures import Columns, Measure, Measures, Words
from science.kinds.quarters import quarters
from science.kinds.traits import MAX_MOVES, AsColumns, Hostile, Learned, Move, Slice, Traits, Unfit

if TYPE_CHECKING:
    from science.fields import Field
    from science.serving.table import Column

LARGEST = 1e100  # no quantity is larger; beyond, scaling would overflow
_FARTHEST = 6.0  # median absolute deviations after which a change costs no more
_NASTY = (None, float("nan"), float("inf"), -1e308, 1e308, 0.0, -0.0, 5e-324, True, "12", 10**400)


def number(value: object) -> float:
    """A number as a float; anything else (also True, infinity, and beyond `LARGEST`) is NaN."""
    if type(value) is not float:  # a float is the common case, and this runs for every number of every row
        if isinstance(value, bool) or not isinstance(value, int | Decimal | np.number | float):
            return nan
        if isinstance(value, int) and abs(value) > LARGEST:
            return nan
        value = float(value)
    return value if -LARGEST <= value <= LARGEST else nan


def _unfit(field: Field, column: Column | None, max_chars: int) -> Unfit:
    low, high = field.minimum, field.maximum

    def reason(value: object) -> str | None:
        size = number(value)
        if isnan(size):
            return "is not a number the model can read"
        if low is not None and size < low:
            return f"is below {low:g}"
        if high is not None and size > high:
            return f"is above {high:g}"
        return None

    return reason


def _slices(values: Sequence[object]) -> Iterator[Slice]:
    return quarters(np.array([number(value) for value in values]))


def _drawn(real: object, rng: np.random.Generator) -> object:
    if rng.random() < 0.5:
        return real
    if rng.random() < 0.5 and isinstance(real, float | int):
        return float(real) * 10.0 ** int(rng.integers(-9, 10))
    return _NASTY[int(rng.integers(0, len(_NASTY)))]


def _learn(values: Sequence[object]) -> Learned:
    return {}


def _codes(column: Column) -> tuple[int, ...]:
    return (0,)


def _raw(column: Column, values: Sequence[object]) -> list[list[float]]:
    return [[number(value) for value in values]]


def _moves(field: Field, column: Column, own: float, known: np.ndarray) -> list[Move]:
    """Values spread over those that cases have, dearer the farther they are from its own."""
    wanted = np.quantile(known, np.linspace(0.02, 0.98, MAX_MOVES), method="nearest")
    low = -np.inf if field.minimum is None else field.minimum
    high = np.inf if field.maximum is None else field.maximum
    middle = float(np.median(known))
    scale = float(np.median(np.abs(known - middle))) or float(known.std()) or 1.0
    return [
        Move(value, value, _cost(value, own, scale))
        for value in np.unique(wanted).tolist()
        if value != own and low <= value <= high
    ]


def _cost(value: float, own: float, scale: float) -> float:
    return 1.0 if np.isnan(own) else 0.25 + min(abs(value - own) / scale, _FARTHEST) / 2


def _typical(values: Sequence[object]) -> float | None:
    sizes = np.array([number(value) for value in values])
    return None if np.isnan(sizes).all() else float(np.nanmedian(sizes))


def _measured(values: Sequence[object], words: Words) -> Columns:
    return {"value": [number_or_none(value) for value in values]}


TRAITS = Traits(
    name="number",
    has_options=False,
    has_range=True,
    unfit=_unfit,
    slices=_slices,
    hostile=Hostile(_NASTY, _drawn),
    measured=Measures((Measure("value"),), _measured),
    columns=AsColumns(_learn, _codes, _raw, _moves, _typical),
)
