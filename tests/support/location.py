"""A kind of field that the service does not have: a place on earth, with everything a kind must say.

It is what somebody would write who adds one: the two records below would be `science/kinds/location.py` and
`cases/kinds/location.py`; `registered` stands for a line in `science.fields.Kind` and one in `cases.kinds`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import nan
from typing import Any, cast

import numpy as np

from cases.kinds import KINDS
from cases.kinds.plain import stripped
from cases.kinds.record import Check, KindRecord
from cases.kinds.unfit import Unfit
from science.drift.measures import Measure, Measured, Measures, one_by_one
from science.fields import Field, Kind
from science.kinds.number import number
from science.kinds.quarters import quarters
from science.kinds.traits import AsColumns, Hostile, Learned, Slice, Traits
from science.kinds.traits import Unfit as UnfitCheck
from science.serving.table import Column

FIX = 'Send {"latitude": -90 to 90, "longitude": -180 to 180}.'
LIMITS = {"latitude": 90.0, "longitude": 180.0}


def parts_of(value: object) -> tuple[float, ...]:
    """Latitude and longitude, NaN where the value is no place."""
    given = value if isinstance(value, Mapping) and value.keys() == LIMITS.keys() else {}
    parts = [number(given.get(name)) for name in LIMITS]
    fits = all(abs(part) <= limit for part, limit in zip(parts, LIMITS.values(), strict=True))
    return tuple(parts) if fits else (nan, nan)


def is_place(value: object) -> bool:
    return parts_of(value)[0] == parts_of(value)[0]


# What models do with it.


def unfit(field: Field, column: Column | None, max_chars: int) -> UnfitCheck:
    return lambda value: None if is_place(value) else "is not a place on earth"


def slices(values: Sequence[object]) -> Iterable[Slice]:
    return quarters(np.array([parts_of(value)[0] for value in values]), "degrees north")


def learn(values: Sequence[object]) -> Learned:
    return {}


def codes(column: Column) -> tuple[int, ...]:
    return (0, 0)


def raw(column: Column, values: Sequence[object]) -> list[list[float]]:
    places = [parts_of(value) for value in values]
    return [[place[i] for place in places] for i in range(2)]


def measured(value: object) -> Measured | None:
    return {"latitude": round(parts_of(value)[0])} if is_place(value) else None


TRAITS = Traits(
    name="location",
    has_options=False,
    has_range=False,
    unfit=unfit,
    slices=slices,
    hostile=Hostile.or_real(None, {}, "Berlin", {"latitude": 91, "longitude": 0}, {"latitude": "x"}),
    measured=Measures(
        (Measure("latitude", "latitude", "degrees north"),), one_by_one(("latitude",), measured)
    ),
    columns=AsColumns(learn, codes, raw, moves=None, typical=None),
)


# What the service does with it.


def check(field: Field) -> Check:
    def checked(value: object) -> dict[str, float]:
        if not is_place(value):
            raise Unfit("is not a place on earth", FIX)
        return dict(zip(LIMITS, parts_of(value), strict=True))

    return checked


def read_text(text: str) -> object:
    latitude, _, longitude = text.partition(",")
    try:
        place = {"latitude": float(latitude), "longitude": float(longitude)}
    except ValueError:
        return text
    return place if is_place(place) else text


def said(value: Any) -> str:
    return f"{value['latitude']:g}, {value['longitude']:g}" if value else ""


def record_of(kind: Kind) -> KindRecord:
    return KindRecord(
        kind=kind,
        word="place",
        noun="a place",
        check=check,
        is_cell=is_place,
        is_said=lambda texts: all(is_place(read_text(text)) for text in texts),
        read_text=stripped(read_text),
        read_typed=lambda value: value,
        is_formed=is_place,
        example=lambda field: {"latitude": 52.52, "longitude": 13.405},
        column="text",
        exported=lambda value: said(value) or None,
        layout="table",
        said=said,
    )


# Registering it. An enumeration that is made takes no more members, so this does what a line in it would do.


@contextmanager
def registered() -> Iterator[Kind]:
    """Let there be the kind meanwhile, first among those that a guess tries."""
    kind = str.__new__(Kind, TRAITS.name)
    kind._name_, kind._value_, kind.traits = "LOCATION", TRAITS.name, TRAITS
    kinds, others = cast(dict[Kind, KindRecord], KINDS), dict(KINDS)
    Kind._member_names_.append("LOCATION")
    Kind._member_map_["LOCATION"] = Kind._value2member_map_[TRAITS.name] = kind
    kinds.clear()
    kinds.update({kind: record_of(kind)} | others)
    try:
        yield kind
    finally:
        del kinds[kind], Kind._member_map_["LOCATION"], Kind._value2member_map_[TRAITS.name]
        Kind._member_names_.remove("LOCATION")
