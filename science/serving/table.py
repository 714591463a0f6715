"""Numbers, categories, booleans and dates as columns of one matrix.

Two views of the same columns: `raw` for trees (codes and NaN as they are) and, in `expand.py`, the
scaled and one-hot view for linear models.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from science.fields import Kind
from science.serving.errors import BadArtifact

NAN = math.nan
LARGEST = 1e100  # no quantity is larger; beyond, scaling would overflow
MAX_CODES = 200  # scikit-learn's trees take categories with at most 255 codes


@dataclass(slots=True)
class Column:
    """How one field of a row becomes one or more raw columns.

    `values` are the categories with a code of their own, `rare` those seen too seldom, which share
    one; `low` and `high` are the first and last day seen in training, to which dates are clipped.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    with_time: bool = False
    saw_missing: bool = False
    _codes: dict[str, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._codes = {value: float(i) for i, value in enumerate(self.values)}
        self._codes |= dict.fromkeys(self.rare, float(len(self.values)))

    @property
    def codes(self) -> tuple[int, ...]:
        """For every raw column: how many categories it has, 0 for a number."""
        if self.kind is Kind.CATEGORY:
            return (len(self.values) + bool(self.rare),)
        if self.kind is Kind.DATE:
            return (0, 7, 12, 0) if self.with_time else (0, 7, 12)
        return (0,)

    def knows(self, value: str) -> bool:
        """Whether training saw this category."""
        return value in self._codes

    def raw(self, values: Sequence[object]) -> list[list[float]]:
        """Raw columns of some values; what cannot be read counts as missing (NaN)."""
        if self.kind is Kind.CATEGORY:
            get = self._codes.get
            return [[get(value, NAN) if isinstance(value, str) else NAN for value in values]]
        if self.kind is Kind.BOOLEAN:
            return [[float(value) if isinstance(value, bool) else NAN for value in values]]
        if self.kind is Kind.DATE:
            days = [self._date(value) for value in values]
            return [list(column) for column in zip(*days, strict=True)]
        return [[number(value) for value in values]]

    def _date(self, value: object) -> tuple[float, ...]:
        moment = moment_of(value)
        if moment is None:
            return (NAN,) * len(self.codes)
        day = float(min(max(moment.toordinal(), self.low), self.high))
        parts = (day, float(moment.weekday()), float(moment.month - 1))
        if not self.with_time:
            return parts
        return (*parts, float(getattr(moment, "hour", 0)) + getattr(moment, "minute", 0) / 60.0)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` reads it back."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__ if name[0] != "_"}
        return data | {"kind": self.kind.value, "values": list(self.values), "rare": list(self.rare)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Column:
        """Read what `to_json` wrote.

        Raises:
            BadArtifact: a value of the wrong type.
        """
        column = cls(
            str(data["name"]), Kind(data["kind"]),
            tuple(map(str, data["values"])), tuple(map(str, data["rare"])),
            float(data["low"]), float(data["high"]), bool(data["with_time"]), bool(data["saw_missing"]),
        )  # fmt: skip
        if not (math.isfinite(column.low) and math.isfinite(column.high)) or len(column.values) > MAX_CODES:
            raise BadArtifact(f"column {column.name!r}: impossible settings")
        return column


def number(value: object) -> float:
    """A number as a float; anything else (also True, infinity, and beyond `LARGEST`) is NaN."""
    if type(value) is not float:  # a float is the common case, and this runs for every number of every row
        if isinstance(value, bool) or not isinstance(value, int | Decimal | np.number | float):
            return NAN
        if isinstance(value, int) and abs(value) > LARGEST:
            return NAN
        value = float(value)
    return value if -LARGEST <= value <= LARGEST else NAN


def moment_of(value: object) -> datetime | date | None:
    """A date or a point in time from its ISO form, None when it is not one."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


@dataclass(slots=True)
class Table:
    """The table fields of a schema as one raw matrix."""

    columns: tuple[Column, ...]

    @property
    def codes(self) -> list[int]:
        """Categories of every raw column, 0 for numbers."""
        return [n for column in self.columns for n in column.codes]

    @property
    def groups(self) -> list[str]:
        """The field that every raw column comes from."""
        return [column.name for column in self.columns for _ in column.codes]

    def raw(self, rows: Sequence[Mapping[str, object]]) -> np.ndarray:
        """Matrix (n_rows, n_raw_columns) of float64 with NaN for what is missing."""
        lists: list[list[float]] = []
        for column in self.columns:
            name = column.name
            lists += column.raw([row.get(name) for row in rows])
        return np.array(lists, dtype=np.float64).reshape(len(lists), len(rows)).T.copy()
