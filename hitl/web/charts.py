"""The geometry of the plots that are drawn on the server, and the data of those drawn in the browser."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext

from hitl.shared.numbers import number
from hitl.web.format import local, percent

PALETTE = ("blue", "orange", "green", "purple", "vermilion", "sky", "black", "yellow")
"""Okabe and Ito's colours in the order in which series take them (tokens `--data-...`)."""

WIDTH, HEIGHT = 100.0, 32.0


@dataclass(frozen=True, slots=True)
class Series:
    """One curve of a plot. `low` and `high` draw a band around it; `colour` is a token of `PALETTE`."""

    name: str
    values: Sequence[float | None]
    unit: str = ""
    colour: str = ""
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over one axis. `x` are numbers, or POSIX seconds if `is_time`."""

    title: str
    x_name: str
    x: Sequence[float]
    series: Sequence[Series]
    y_name: str = ""
    is_time: bool = False
    as_percent: bool = False
    y_range: tuple[float, float] | None = None
    marks: Sequence[tuple[float, str]] = field(default_factory=tuple)
    """Vertical lines: where, and what they say."""
    is_log: bool = False
    """Whether the vertical axis counts powers of ten; then every value must be above 0."""
    levels: Sequence[tuple[float, str, str]] = field(default_factory=tuple)
    """Horizontal lines: where, what they say, and their colour, a token of `PALETTE`."""
    row_hrefs: Sequence[str] = ()
    """Where each place leads: a click in the plot, and a link in the table behind it."""

    def __post_init__(self) -> None:
        for series in self.series:
            for values in (series.values, series.low, series.high):
                if values is not None and len(values) != len(self.x):
                    raise ValueError(
                        f"series {series.name!r} has {len(values)} values for {len(self.x)} places"
                    )

        if self.row_hrefs and len(self.row_hrefs) != len(self.x):
            raise ValueError(f"{len(self.row_hrefs)} links for {len(self.x)} places")

    def to_json(self) -> dict[str, Any]:
        """What `plots.js` reads. NaN has no place in JSON and becomes null."""
        return {
            "x": list(self.x),
            "xName": self.x_name,
            "yName": self.y_name,
            "isTime": self.is_time,
            "asPercent": self.as_percent,
            "yRange": self.y_range,
            "marks": [{"at": at, "words": words} for at, words in self.marks],
            "isLog": self.is_log,
            "hrefs": list(self.row_hrefs),
            "levels": [{"at": at, "words": words, "colour": colour} for at, words, colour in self.levels],
            "series": [
                {
                    "name": s.name,
                    "unit": s.unit,
                    "colour": s.colour or PALETTE[i % len(PALETTE)],
                    "isDashed": s.is_dashed,
                    "values": _clean(s.values),
                    "low": _clean(s.low),
                    "high": _clean(s.high),
                }
                for i, s in enumerate(self.series)
            ],
        }


def table(plot: Plot) -> list[tuple[str, list[str], str]]:
    """Return the numbers of a plot as text: for each place its x, a value for each series, and its link."""

    def x_text(x: float) -> str:
        return f"{local(datetime.fromtimestamp(x, UTC)):%Y-%m-%d %H:%M}" if plot.is_time else number(x, "g")

    def y_text(value: float | None) -> str:
        found = _number(value)
        if found is None:
            return "–"
        return percent(found, 2) if plot.as_percent else number(found, ",.6g")

    def cell(series: Series, i: int) -> str:
        if series.low is None or series.high is None:
            return y_text(series.values[i])
        said = {"value": series.values[i], "low": series.low[i], "high": series.high[i]}
        return gettext("%(value)s (%(low)s to %(high)s)") % {name: y_text(one) for name, one in said.items()}

    hrefs = plot.row_hrefs or [""] * len(plot.x)
    return [
        (x_text(x), [cell(series, i) for series in plot.series], href)
        for i, (x, href) in enumerate(zip(plot.x, hrefs, strict=True))
    ]


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _clean(values: Sequence[float | None] | None) -> list[float | None] | None:
    return None if values is None else [_number(value) for value in values]


def bar(share: float, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """Return the geometry of a bar in percent: solid to the share, or to the low end of its interval."""

    def held(value: float) -> float:
        return round(100 * min(1.0, max(0.0, value)), 2) if math.isfinite(value) else 0.0

    if low is None or high is None:
        return {"solid": held(share), "span": None, "point": None}
    return {"solid": held(low), "span": round(held(high) - held(low), 2), "point": min(held(share), 99.5)}


def against(value: float, low: float, high: float, limit: float) -> dict[str, float]:
    """Return the geometry of an estimate with its interval beside a limit, in percent of four limits at most.

    >>> against(0.01, 0.005, 0.02, 0.01)
    {'low': 25.0, 'width': 75.0, 'point': 50.0, 'limit': 50.0}
    """
    end = min(max(high, 2 * limit), 4 * limit)

    def place(one: float) -> float:
        return round(100 * min(1.0, max(0.0, one / end)), 2)

    return {
        "low": place(low),
        "width": round(place(high) - place(low), 2),
        "point": place(value),
        "limit": place(limit),
    }


def sparkline(values: Sequence[float | None], against: Sequence[float | None] = ()) -> dict[str, str]:
    """Return the path of a small curve and of the area under it; gaps where values are missing.

    `against` is drawn on the same scale, as the line that the values are held against.
    """
    numbers, limits = [_number(v) for v in values], [_number(v) for v in against]
    known = [v for v in [*numbers, *limits] if v is not None]
    if not known:
        return {"line": "", "area": "", "against": ""}
    low, high = min(0.0, *known), max(*known, 0.0)
    step = WIDTH / max(1, len(numbers) - 1)
    height = high - low or 1.0

    def y(value: float) -> float:
        return round(HEIGHT - 1 - (value - low) / height * (HEIGHT - 2), 2)

    def runs(some: Sequence[float | None]) -> Iterator[tuple[str, float, float]]:
        run: list[tuple[float, float]] = []
        for i, value in enumerate([*some, None]):
            if value is not None:
                run.append((round(i * step, 2), y(value)))
            elif run:
                yield (
                    " L".join(f"{a} {b}" for a, b in (run if len(run) > 1 else run * 2)),
                    run[0][0],
                    run[-1][0],
                )
                run = []

    parts = list(runs(numbers))
    return {
        "line": " ".join(f"M{drawn}" for drawn, _, _ in parts),
        "area": " ".join(
            f"M{first} {y(low)} L{drawn} L{last} {y(low)} Z"  # untranslated: a path
            for drawn, first, last in parts
        ),
        "against": " ".join(f"M{drawn}" for drawn, _, _ in runs(limits)),
    }
