"""The curves of a report, from the windows of an outcome."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from hitl.simulate.events import RED
from hitl.web.charts import Plot, Series

_MAX_MARKS = 4
_X = "cases come in"

Outcome = Mapping[str, Any]
Windows = Sequence[Mapping[str, Any]]
Marks = list[tuple[float, str]]


def plots_of(outcome: Outcome) -> list[tuple[str, Plot]]:
    """Return the plots with their names on the page."""
    windows = outcome["windows"]
    x = [float(window["to"]) for window in windows]
    marks = _marks(outcome)
    return [
        ("automation", _automation(windows, x, marks)),
        ("errors", _errors(outcome, windows, x, marks)),
        ("sum", _errors_so_far(outcome, windows, x, marks)),
        ("people", _people(windows, x, marks)),
    ]


def _marks(outcome: Outcome) -> list[tuple[float, str]]:
    drift = outcome["drift"]
    marks = [(float(drift["case"]), drift["kind"])] if drift else []
    reds = [alarm for alarm in outcome["alarms"] if alarm["level"] == RED]
    marks += [(float(alarm["case"]), "alarm") for alarm in reds[:_MAX_MARKS]]
    return marks


def _automation(windows: Windows, x: list[float], marks: Marks) -> Plot:
    return Plot(
        title="How much was automated",
        x_name=_X,
        x=x,
        as_percent=True,
        y_range=(0.0, 1.0),
        marks=marks,
        series=[
            Series("this service", [window["automated"] / _cases(window) for window in windows]),
            Series(
                "fixed cutoff",
                [window["naive_automated"] / _cases(window) for window in windows],
                is_dashed=True,
            ),
        ],
    )


def _errors(
    outcome: Outcome,
    windows: Sequence[Mapping[str, Any]],
    x: list[float],
    marks: list[tuple[float, str]],
) -> Plot:
    ours = [_share(window["wrong"], window["automated"]) for window in windows]
    naive = [_share(window["naive_wrong"], window["naive_automated"]) for window in windows]
    return Plot(
        title="Wrong among the automatic decisions, in each stretch of cases",
        x_name=_X,
        x=x,
        as_percent=True,
        y_range=(0.0, _high(outcome, ours)),  # what the others do beyond it is in the next plot
        marks=marks,
        series=[
            Series(
                "this service, with its interval",
                ours,
                low=[window["low"] for window in windows],
                high=[window["high"] for window in windows],
            ),
            Series("fixed cutoff", naive, is_dashed=True),
            _promised(outcome, len(x)),
        ],
    )


def _errors_so_far(
    outcome: Outcome,
    windows: Sequence[Mapping[str, Any]],
    x: list[float],
    marks: list[tuple[float, str]],
) -> Plot:
    def so_far(wrong: str, automated: str) -> list[float | None]:
        sums = zip(
            accumulate(window[wrong] for window in windows),
            accumulate(window[automated] for window in windows),
            strict=True,
        )
        return [_share(*both) for both in sums]

    ours, naive = so_far("wrong", "automated"), so_far("naive_wrong", "naive_automated")
    return Plot(
        title="Wrong among the automatic decisions, all until then",
        x_name=_X,
        x=x,
        as_percent=True,
        y_range=(0.0, _high(outcome, [*ours, *naive])),
        marks=marks,
        series=[
            Series("this service", ours),
            Series("fixed cutoff", naive, is_dashed=True),
            _promised(outcome, len(x)),
        ],
    )


def _people(windows: Windows, x: list[float], marks: Marks) -> Plot:
    return Plot(
        title="What people did",
        x_name=_X,
        x=x,
        as_percent=True,
        y_range=(0.0, 1.0),
        marks=marks,
        series=[
            Series("decided by people", [1 - w["automated"] / _cases(w) for w in windows], colour="green"),
            Series("audited", [w["audited"] / _cases(w) for w in windows], colour="purple", is_dashed=True),
        ],
    )


def _promised(outcome: Outcome, n: int) -> Series:
    return Series("promised: at most", [outcome["promise"]["target"]] * n, colour="vermilion", is_dashed=True)


def _high(outcome: Outcome, shares: Sequence[float | None]) -> float:
    promised = float(outcome["promise"]["target"])
    return min(1.0, 1.15 * max([4 * promised, *(share for share in shares if share is not None)]))


def _cases(window: Mapping[str, Any]) -> int:
    return int(window["to"] - window["from"] + 1)


def _share(wrong: float, of: float) -> float | None:
    return wrong / of if of else None
