"""Learning how table fields become columns: categories, day ranges, middles and spreads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from science.fields import TABLE_KINDS, Field, Kind, Schema
from science.serving.expand import Expansion
from science.serving.table import MAX_CODES, Column, Table, moment_of

_RARE = 3  # a category seen less often shares a code with the others of its kind


def learn_table(rows: Sequence[Mapping[str, object]], schema: Schema) -> Table:
    """The columns of a schema's table fields, as some rows show them."""
    fields = [field for field in schema.fields if field.kind in TABLE_KINDS]
    return Table(tuple(_column(field, [row.get(field.name) for row in rows]) for field in fields))


def _column(field: Field, values: Sequence[object]) -> Column:
    if field.kind is Kind.CATEGORY:
        seen = Counter(value for value in values if isinstance(value, str) and value != "")
        ranked = sorted(seen, key=lambda value: (-seen[value], value))
        common = [value for value in ranked if seen[value] >= _RARE][: MAX_CODES - 1] or ranked[
            : MAX_CODES - 1
        ]
        rare = sorted(set(ranked) - set(common))
        column = Column(field.name, field.kind, tuple(sorted(common)), tuple(rare))
    elif field.kind is Kind.DATE:
        moments = [moment for moment in map(moment_of, values) if moment is not None]
        days = [moment.toordinal() for moment in moments] or [0]
        with_time = any(getattr(moment, "hour", 0) or getattr(moment, "minute", 0) for moment in moments)
        column = Column(
            field.name, field.kind, low=float(min(days)), high=float(max(days)), with_time=with_time
        )
    else:
        column = Column(field.name, field.kind)
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
        if field.kind not in (Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN):
            continue
        usual: dict[str, float | str] = {}
        for label in known:
            values = [row.get(field.name) for row, own in zip(rows, labels, strict=True) if own == label]
            values = [value for value in values if value is not None and value != ""]
            if not values:
                continue
            if field.kind is Kind.NUMBER:
                raw = np.array(Column(field.name, Kind.NUMBER).raw(values)[0])
                if not np.isnan(raw).all():
                    usual[label] = float(np.nanmedian(raw))
            else:
                counts = Counter(map(str, values))
                usual[label] = min(counts, key=lambda value: (-counts[value], value))
        typical[field.name] = usual
    return typical
