"""Plots of the lead's pages."""

from collections.abc import Sequence

import numpy as np
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext

from hitl.web.charts import Plot, Series
from reviews.quality.now import Hours

_BINS = 30
_MAX_CURVES = 6


def hours_plot(hours: Hours) -> Plot:
    """Plot today's answers an hour, a curve a workflow; beyond six the smallest are one."""
    ranked = sorted(hours.by_workflow.items(), key=lambda item: -sum(item[1]))
    curves = ranked[:_MAX_CURVES]
    if len(ranked) > _MAX_CURVES:
        rest = [sum(column) for column in zip(*(counts for _, counts in ranked[_MAX_CURVES:]), strict=True)]
        curves.append((gettext("other workflows"), rest))
    return Plot(
        title=gettext("Answers an hour today"),
        x_name=gettext("hour (%(zone)s)") % {"zone": get_current_timezone_name()},
        x=[hour.timestamp() for hour in hours.hours],
        series=[Series(name, counts, gettext("answers")) for name, counts in curves],
        y_name=gettext("answers an hour"),
        is_time=True,
    )


def seconds_plot(
    mine: np.ndarray, all_: np.ndarray | None, *, name: str, marks: Sequence[float] = ()
) -> Plot:
    """Plot the share of answers by active seconds, one person's beside everybody's."""
    both = mine if all_ is None else np.concatenate([mine, all_])
    most = float(np.ceil(max(10.0, np.quantile(both, 0.98)))) if len(both) else 10.0
    edges = np.linspace(0, most, _BINS + 1)
    series = [Series(name, _shares(mine, edges), colour="blue")]
    if all_ is not None and len(all_):
        series.append(Series(gettext("everybody"), _shares(all_, edges), colour="orange", is_dashed=True))
    words = gettext("too fast below") if len(marks) == 1 else gettext("too fast")
    return Plot(
        title=gettext("Active seconds an answer took: %(name)s") % {"name": name},
        x_name=gettext("seconds"),
        x=[round(float(x), 2) for x in (edges[:-1] + edges[1:]) / 2],
        series=series,
        y_name=gettext("share of answers"),
        as_percent=True,
        marks=[(mark, words) for mark in marks],
    )


def _shares(seconds: np.ndarray, edges: np.ndarray) -> list[float]:
    """Return the share of the answers in each bin; the last holds all that took longer."""
    counts, _ = np.histogram(np.clip(seconds, edges[0], edges[-1]), bins=edges)
    return [float(share) for share in counts / max(1, len(seconds))]
