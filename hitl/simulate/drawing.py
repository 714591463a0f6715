"""Plots as SVG that needs no script: `charts.Plot` in, markup out. Colours are classes of the page."""

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from hitl.web.charts import PALETTE, Plot, Series
from hitl.web.format import percent

WIDTH, HEIGHT = 760.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 22.0, 34.0
_TICKS = 5

T = TypeVar("T")


def draw(plot: Plot, name: str) -> SafeString:
    """Return the plot as an `<svg>`; `name` is its own on the page.

    What lies above `y_range` is cut off at the frame: a wide band of a few cases must not flatten the rest.
    """
    frame = _Frame.around(plot)
    parts = [
        *_axes(plot, frame),
        *(_band(frame, plot.x, series, i, name) for i, series in enumerate(plot.series)),
        *(_line(frame, plot.x, series, i, name) for i, series in enumerate(plot.series)),
        *(_mark(frame, at, words) for at, words in plot.marks),
    ]
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title"><title id="{}-title">{}</title>'
        '<clipPath id="{}-frame"><rect x="{}" y="{}" width="{}" height="{}"/></clipPath>{}</svg>',
        f"{WIDTH:g}", f"{HEIGHT:g}", name, name, plot.title, name,
        f"{LEFT:g}", f"{TOP:g}", f"{WIDTH - LEFT - RIGHT:g}", f"{HEIGHT - TOP - BOTTOM:g}",
        _joined(parts),
    )  # fmt: skip


def legend(plot: Plot) -> SafeString:
    """Return the names of the curves, each with a piece of its line."""
    return format_html_join(
        "",
        '<li><svg viewBox="0 0 24 8" class="key" aria-hidden="true">'
        '<path class="line {}{}" d="M1 4 L23 4"/></svg>{}</li>',
        (
            (_colour(series, i), " dashed" if series.is_dashed else "", series.name)
            for i, series in enumerate(plot.series)
        ),
    )


class _Frame:
    """Where numbers lie on the drawing."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.x_range, self.y_range = x, y

    @classmethod
    def around(cls, plot: Plot) -> "_Frame":
        known = [
            value
            for series in plot.series
            for value in series.values
            if value is not None and math.isfinite(value)
        ]
        y = plot.y_range or (0.0, max([*known, 1e-9]) * 1.08)
        x = (min(plot.x), max(plot.x)) if plot.x else (0.0, 1.0)
        return cls(x if x[1] > x[0] else (x[0] - 1, x[0] + 1), y)

    def at(self, x: float, y: float) -> str:
        """The place as SVG writes it; far beyond the frame is just beyond it."""
        return f"{self.across(x):.1f} {self.down(y):.1f}"

    def across(self, x: float) -> float:
        low, high = self.x_range
        return LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def down(self, y: float) -> float:
        low, high = self.y_range
        share = min(1.5, max(-0.5, (y - low) / (high - low)))
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axes(plot: Plot, frame: _Frame) -> Iterator[SafeString]:
    for value in ticks(*frame.y_range):
        y = f"{frame.down(value):.1f}"
        words = _percent(value, frame.y_range[1]) if plot.as_percent else f"{value:,g}"
        yield format_html('<path class="grid" d="M{} {} H{}"/>', f"{LEFT:g}", y, f"{WIDTH - RIGHT:g}")
        yield format_html('<text class="tick end" x="{}" y="{}" dy="4">{}</text>', f"{LEFT - 8:g}", y, words)
    base = f"{HEIGHT - BOTTOM:g}"
    for value in ticks(*frame.x_range):
        x = f"{frame.across(value):.1f}"
        yield format_html('<path class="axis" d="M{} {} v4"/>', x, base)
        yield format_html('<text class="tick middle" x="{}" y="{}" dy="16">{}</text>', x, base, f"{value:,g}")
    yield format_html('<path class="axis" d="M{} {} H{}"/>', f"{LEFT:g}", base, f"{WIDTH - RIGHT:g}")
    yield format_html(
        '<text class="tick end" x="{}" y="{}">{}</text>', f"{WIDTH - RIGHT:g}", f"{HEIGHT - 3:g}", plot.x_name
    )


def ticks(low: float, high: float) -> list[float]:
    """Return some round numbers between two.

    >>> ticks(0, 0.023)
    [0.0, 0.005, 0.01, 0.015, 0.02]
    """
    rough = (high - low) / _TICKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = min((s * size for s in (1, 2, 5, 10)), key=lambda s: abs(s - rough))
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _percent(value: float, high: float) -> str:
    return percent(value, 0 if high > 0.1 else 1 if high > 0.015 else 2)


def _line(frame: _Frame, xs: Sequence[float], series: Series, i: int, name: str) -> SafeString:
    runs = list(_runs(list(zip(xs, series.values, strict=True))))
    path = " ".join("M" + " L".join(frame.at(x, y) for x, y in run) for run in runs if len(run) > 1)
    dots = [frame.at(*run[0]).split() for run in runs if len(run) == 1]
    dashed = " dashed" if series.is_dashed else ""
    drawn = format_html(
        '<path class="line {}{}" clip-path="url(#{}-frame)" d="{}"/>', _colour(series, i), dashed, name, path
    )
    circles = format_html_join(
        "",
        '<circle class="dot {}" clip-path="url(#{}-frame)" cx="{}" cy="{}" r="2.5"/>',
        ((_colour(series, i), name, x, y) for x, y in dots),
    )
    return drawn + circles


def _band(frame: _Frame, xs: Sequence[float], series: Series, i: int, name: str) -> SafeString:
    if series.low is None or series.high is None:
        return mark_safe("")
    both = [
        (x, None if low is None or high is None else (low, high))
        for x, low, high in zip(xs, series.low, series.high, strict=True)
    ]
    path = []
    for run in _runs(both):
        above = [frame.at(x, high) for x, (_, high) in run]
        below = [frame.at(x, low) for x, (low, _) in reversed(run)]
        path.append("M" + " L".join(above + below) + " Z")
    return format_html(
        '<path class="band {}" clip-path="url(#{}-frame)" d="{}"/>', _colour(series, i), name, " ".join(path)
    )


def _runs(points: Sequence[tuple[float, T | None]]) -> Iterator[list[tuple[float, T]]]:
    """Cut where values are missing."""
    run: list[tuple[float, T]] = []
    for x, value in points:
        if value is not None:
            run.append((x, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _mark(frame: _Frame, at: float, words: str) -> SafeString:
    x = frame.across(at)
    anchor = "end" if x > WIDTH - 120 else "start"
    return format_html(
        '<path class="mark" d="M{} {} V{}"/><text class="tick {}" x="{}" y="{}">{}</text>',
        f"{x:.1f}", f"{TOP - 8:g}", f"{HEIGHT - BOTTOM:g}", anchor,
        f"{x + (-4 if anchor == 'end' else 4):.1f}", f"{TOP - 8:g}", words,
    )  # fmt: skip


def _colour(series: Series, i: int) -> str:
    return f"data-{series.colour or PALETTE[i % len(PALETTE)]}"


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
