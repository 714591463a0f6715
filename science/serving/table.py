"""Numbers, categories, booleans and dates as columns of one matrix.

Two views of the same columns: `raw` for trees (codes and NaN as they are) and, in `expand.py`, the
scaled and one-hot view for linear models.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from science.fields import Kind
from science.kinds.category import MAX_CODES
from science.kinds.traits import AsColumns
from science.serving.errors import BadArtifact

NAN = math.nan


@dataclass(slots=True)
class Column:
    """How one field of a row becomes one or more raw columns.

    `values` are the categories with a code of their own, `rare` those seen too seldom, which share
    one; `low` and `high` are the first and last day seen in training, to which dates are clipped. How they
    are used its kind says: `how` is looked up once, when the column is made.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    with_time: bool = False
    saw_missing: bool = False
    coded: dict[str, float] = field(init=False, repr=False)
    how: AsColumns = field(init=False, repr=False)

    def __post_init__(self) -> None:
        how = self.kind.traits.columns
        if how is None:
            raise ValueError(f"column {self.name!r}: no table has a {self.kind}")
        self.how = how
        self.coded = {value: float(i) for i, value in enumerate(self.values)}
        self.coded |= dict.fromkeys(self.rare, float(len(self.values)))

    @property
    def codes(self) -> tuple[int, ...]:
        """For every raw column: how many categories it has, 0 for a number."""
        return self.how.codes(self)

    def raw(self, values: Sequence[object]) -> list[list[float]]:
        """Raw columns of some values; what cannot be read counts as missing (NaN)."""
        return self.how.raw(self, values)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` reads it back."""
        data = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
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
