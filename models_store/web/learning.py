"""What twice the labels would buy, in words and as a plot, from a model's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hitl.web.charts import Plot, Series


@dataclass(frozen=True, slots=True)
class ShownCurve:
    """The learning curve of a model as pages show it; without a plot, `words` say why there is none."""

    words: str
    last: str = ""
    hundred: str = ""
    plot: Plot | None = None


def shown_curve(report: Mapping[str, Any]) -> ShownCurve | None:
    """Return the curve in a report; None for a model that was made without one."""
    curve = report.get("learning_curve")
    if not curve:
        return None
    if "why_not" in curve:
        return ShownCurve(f"It was not measured. {curve['why_not']}")
    n = curve["labels"]
    fewer, more = (one["labels"] for one in curve["points"][-2:])
    return ShownCurve(
        words=_ahead(n, *curve["next"]) + (f" Measured of {curve['of']}." if "of" in curve else ""),
        last=_behind(fewer, more, *curve["last"]),
        hundred=_hundred(n, *curve["next"]),
        plot=_plot(curve["points"]),
    )


def _ahead(n: int, gain: float, low: float, high: float) -> str:
    begin = f"Twice as many labels, {2 * n:,} instead of {n:,}, "
    if low > 0:
        ends = f"{_points(low)} to {_points(high)}"
        return f"{begin}would mend about {_points(gain)} of all answers ({ends})."
    if high <= 0:
        return f"{begin}would mend nothing: what it gets wrong is not for want of labels like these."
    return f"{begin}would mend at most {_points(high)} of all answers, and perhaps nothing."


def _behind(fewer: int, more: int, gain: float, low: float, high: float) -> str:
    begin = f"Measured: {more:,} labels instead of {fewer:,} mended"
    if low > 0:
        return f"{begin} {_points(gain)} of all answers ({_points(low)} to {_points(high)})."
    if high <= 0:
        return f"{begin} nothing."
    return f"{begin} at most {_points(high)} of all answers, and perhaps nothing."


def _hundred(n: int, gain: float, low: float, high: float) -> str:
    """Say it of the next hundred, where anything is shown: the error falls as the root of the labels."""
    if low <= 0 or n < 100:
        return ""
    share = (1 - (1 + 100 / n) ** -0.5) / (1 - 0.5**0.5)
    return f"The next 100 are worth about {_points(gain * share)}."


def _points(share: float) -> str:
    """As per cent with two digits that count.

    >>> _points(0.01234), _points(0.2), _points(0.00034)
    ('1.2 %', '20 %', '0.034 %')
    """
    return f"{float(f'{100 * share:.2g}'):g} %"


def _plot(points: list[Mapping[str, float]]) -> Plot:
    return Plot(
        title="Wrong, by how many labels it learned from",
        x_name="Labels",
        x=[one["labels"] for one in points],
        series=[
            Series(
                "Wrong",
                [one["error"] for one in points],
                colour="vermilion",
                low=[one["low"] for one in points],
                high=[one["high"] for one in points],
            )
        ],
        as_percent=True,
        y_range=(0.0, min(1.0, 1.05 * max(one["high"] for one in points))),
    )
