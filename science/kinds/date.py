"""Date: ``str``, an ISO date or datetime; the day, the weekday, the month, and the hour where there is one.

A counterfactual leaves it alone: a weekday cannot be changed without its day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from science.drift.measures import Measure, Measured, Measures, of_moment, one_by_one
from science.kinds.traits import AsColumns, Common, Hostile, Learned, Slice, Traits, Unfit

if TYPE_CHECKING:
    from science.fields import Field
    from science.serving.table import Column


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


def _unfit(field: Field, column: Column | None, max_chars: int) -> Unfit:
    def reason(value: object) -> str | None:
        return "is not a date (YYYY-MM-DD)" if moment_of(value) is None else None

    return reason


def _slices(values: Sequence[object]) -> Iterator[Slice]:
    moments = [moment_of(value) for value in values]
    weekend = np.array([moment is not None and moment.weekday() >= 5 for moment in moments])
    known = np.array([moment is not None for moment in moments])
    yield Common("weekend"), weekend
    yield Common("weekday"), known & ~weekend


def _learn(values: Sequence[object]) -> Learned:
    """The first and the last day, to which later dates are clipped, and whether hours were seen."""
    moments = [moment for moment in map(moment_of, values) if moment is not None]
    days = [moment.toordinal() for moment in moments] or [0]
    with_time = any(getattr(moment, "hour", 0) or getattr(moment, "minute", 0) for moment in moments)
    return {"low": float(min(days)), "high": float(max(days)), "with_time": with_time}


def _codes(column: Column) -> tuple[int, ...]:
    return (0, 7, 12, 0) if column.with_time else (0, 7, 12)


def _raw(column: Column, values: Sequence[object]) -> list[list[float]]:
    parts = [_parts(column, value) for value in values]
    return [list(one) for one in zip(*parts, strict=True)]


def _parts(column: Column, value: object) -> tuple[float, ...]:
    moment = moment_of(value)
    if moment is None:
        return (nan,) * len(_codes(column))
    day = float(min(max(moment.toordinal(), column.low), column.high))
    parts = (day, float(moment.weekday()), float(moment.month - 1))
    if not column.with_time:
        return parts
    return (*parts, float(getattr(moment, "hour", 0)) + getattr(moment, "minute", 0) / 60.0)


def _measured(value: object) -> Measured | None:
    moment = moment_of(value)
    return None if moment is None else of_moment(moment)


TRAITS = Traits(
    name="date",
    has_options=False,
    has_range=False,
    unfit=_unfit,
    slices=_slices,
    hostile=Hostile.or_real(
        None,
        "",
        "2024-02-30",
        "0001-01-01",
        "9999-12-31",
        "2024-05-05T23:59:59+14:00",
        "yesterday",
        5,
    ),
    measured=Measures((Measure("form", "form", is_ordered=False),), one_by_one(("form",), _measured)),
    columns=AsColumns(_learn, _codes, _raw, moves=None, typical=None),
)
