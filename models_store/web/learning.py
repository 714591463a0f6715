"""What twice the labels would buy, in words and as a plot, from a model's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from hitl.shared.numbers import number
from hitl.shared.words import shown
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
        return ShownCurve(gettext("It was not measured. %(why)s") % {"why": shown(curve["why_not"])})
    n = curve["labels"]
    fewer, more = (one["labels"] for one in curve["points"][-2:])
    words = _ahead(n, *curve["next"])
    if "of" in curve:
        words = gettext("%(ahead)s Measured of %(model)s.") % {"ahead": words, "model": curve["of"]}
    return ShownCurve(
        words=words,
        last=_behind(fewer, more, *curve["last"]),
        hundred=_hundred(n, *curve["next"]),
        plot=_plot(curve["points"]),
    )


def _ahead(n: int, gain: float, low: float, high: float) -> str:
    if low > 0:
        words = gettext(
            "Twice as many labels, %(more)s instead of %(now)s, would mend about %(gain)s of all answers"
            " (%(low)s to %(high)s)."
        )
    elif high <= 0:
        words = gettext(
            "Twice as many labels, %(more)s instead of %(now)s, would mend nothing: what it gets wrong is not"
            " for want of labels like these."
        )
    else:
        words = gettext(
            "Twice as many labels, %(more)s instead of %(now)s, would mend at most %(high)s of all answers,"
            " and perhaps nothing."
        )
    return words % {"more": number(2 * n), "now": number(n), **_said(gain, low, high)}


def _behind(fewer: int, more: int, gain: float, low: float, high: float) -> str:
    if low > 0:
        words = gettext(
            "Measured: %(more)s labels instead of %(fewer)s mended %(gain)s of all answers (%(low)s to"
            " %(high)s)."
        )
    elif high <= 0:
        words = gettext("Measured: %(more)s labels instead of %(fewer)s mended nothing.")
    else:
        words = gettext(
            "Measured: %(more)s labels instead of %(fewer)s mended at most %(high)s of all answers, and"
            " perhaps nothing."
        )
    return words % {"more": number(more), "fewer": number(fewer), **_said(gain, low, high)}


def _hundred(n: int, gain: float, low: float, high: float) -> str:
    """Say it of the next hundred, where anything is shown: the error falls as the root of the labels."""
    if low <= 0 or n < 100:
        return ""
    share = (1 - (1 + 100 / n) ** -0.5) / (1 - 0.5**0.5)
    return gettext("The next 100 are worth about %(gain)s.") % {"gain": _points(gain * share)}


def _said(gain: float, low: float, high: float) -> dict[str, str]:
    return {"gain": _points(gain), "low": _points(low), "high": _points(high)}


_LEAST = 0.0001  # of all answers: less says nothing to anybody


def _points(share: float) -> str:
    """As per cent with two digits that count.

    >>> _points(0.01234), _points(0.2), _points(0.00034)
    ('1.2 %', '20 %', '0.034 %')
    """
    if abs(share) < _LEAST:
        return gettext("under %(share)s") % {"share": f"{number(100 * _LEAST, 'g')} %"}
    return f"{number(float(f'{100 * share:.2g}'), 'g')} %"


def _plot(points: list[Mapping[str, float]]) -> Plot:
    return Plot(
        title=gettext("Wrong, by how many labels it learned from"),
        x_name=gettext("Labels"),
        x=[one["labels"] for one in points],
        series=[
            Series(
                gettext("Wrong"),
                [one["error"] for one in points],
                colour="vermilion",
                low=[one["low"] for one in points],
                high=[one["high"] for one in points],
            )
        ],
        as_percent=True,
        y_range=(0.0, min(1.0, 1.05 * max(one["high"] for one in points))),
    )
