"""Learning how table fields become columns: categories, day ranges, middles and spreads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from science.fields import Field, Schema
from science.serving.expand import Expansion
from science.serving.table import Column, Table


def learn_table(rows: Sequence[Mapping[str, object]], schema: Schema) -> Table:
    """The columns of a schema's table fields, as some rows show them."""
    fields = [field for field in schema.fields if field.kind.traits.columns]
    return Table(tuple(_column(field, [row.get(field.name) for row in rows]) for field in fields))


def _column(field: Field, values: Sequence[object]) -> Column:
    how = field.kind.traits.columns
    column = Column(field.name, field.kind, **(how.learn(values) if how else {}))
    column.saw_missing = bool(np.isnan(column.raw(values)[0]).any())
    return column


def learn_expansion(raw: np.ndarray, codes: Sequence[int], n_marked: int) -> Expansion:
    """Center, scale and missing marks of raw columns (n_rows, n_raw).

    Center is the median, scale half the distance between the quartiles, or the standard deviation
    where the quartiles meet. Only the first `n_marked` columns get a mark for "is missing".
    """
    n_columns = raw.shape[1]
    center, scale = np.zeros(n_columns), np.ones(n_columns)
    marks = np.zeros(n_columns, dtype=bool)
    for j in range(n_columns):
        known = raw[~np.isnan(raw[:, j]), j]
        marks[j] = j < n_marked and len(known) < len(raw)
        if codes[j] or not len(known):
            continue
        low, center[j], high = np.quantile(known, [0.25, 0.5, 0.75])
        scale[j] = next((s for s in ((high - low) / 2, known.std()) if s > 1e-9 * (1 + abs(center[j]))), 1.0)
    return Expansion(np.array(codes, dtype=np.int64), center, scale, marks)


def typical_values(
    rows: Sequence[Mapping[str, object]], labels: Sequence[str], schema: Schema, known: Sequence[str]
) -> dict[str, dict[str, float | str]]:
    """What is usual per table field and label: the median of numbers, the commonest category."""
    typical: dict[str, dict[str, float | str]] = {}
    for field in schema.fields:
        how = field.kind.traits.columns
        if how is None or how.typical is None:
            continue
        usual: dict[str, float | str] = {}
        for label in known:
            values = [row.get(field.name) for row, own in zip(rows, labels, strict=True) if own == label]
            values = [value for value in values if value is not None and value != ""]
            said = how.typical(values) if values else None
            if said is not None:
                usual[label] = said
        typical[field.name] = usual
    return typical
