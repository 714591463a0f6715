"""What needs somebody first, and what to do about it: the order of the overview's rows (ADR 0074)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hitl.shared.words import Words
from monitoring.overview.rows import Row
from policy.types import PromiseState

Asked = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs somebody.

    Attributes:
        what: is wrong, as the end of a sentence that begins with the workflow's name.
        do: what to do, as words of a link, which leads to `url_name` of the workflow.
        tone: how pressing it is.
    """

    asked: Asked
    what: str
    do: str
    url_name: str
    tone: str


def _is(*states: PromiseState) -> Asked:
    return lambda row: row.status.state in states


NEEDS = (
    Need(
        _is(PromiseState.STOPPED),
        Words("is stopped: people decide every case"),
        Words("See why"),
        "automation",
        "bad",
    ),
    Need(
        lambda row: row.urgent > 0,
        Words("has an alarm to be looked at today"),
        Words("Answer the alarm"),
        "monitoring",
        "bad",
    ),
    Need(
        lambda row: row.is_overspending,
        Words("spends its error budget too fast"),
        Words("See the error budget"),
        "promise-page",
        "bad",
    ),
    Need(
        lambda row: row.queue.late > 0,
        Words("has cases that wait past their time"),
        Words("See who answers"),
        "overview-workflow",
        "bad",
    ),
    Need(
        _is(PromiseState.STEPPED_DOWN, PromiseState.WATCHED),
        Words("is in doubt: audits speak against it"),
        Words("See the evidence"),
        "promise-page",
        "warn",
    ),
    Need(
        lambda row: row.alarms > 0,
        Words("has alarms that nobody has closed"),
        Words("Answer them"),
        "monitoring",
        "warn",
    ),
    Need(
        lambda row: row.has_sign,
        Words("shows an early sign of trouble"),
        Words("See what changed"),
        "monitoring",
        "warn",
    ),
    Need(
        _is(PromiseState.NOTHING),
        Words("automates nothing"),
        Words("See what is missing"),
        "automation",
        "warn",
    ),
    Need(
        _is(PromiseState.BY_HAND),
        Words("runs on cutoffs that nothing proves"),
        Words("See the cutoffs"),
        "automation",
        "warn",
    ),
)
"""The most pressing first. What none of these fits needs nobody now."""


def need_of(row: Row) -> Need | None:
    """Return the most pressing thing that a workflow needs; None if nothing."""
    return next((need for need in NEEDS if need.asked(row)), None)


def worst_first(rows: Iterable[Row]) -> list[Row]:
    """Return the rows in the order in which they need somebody; among equals, the fuller budget first."""
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[int, float, str]:
    need = need_of(row)
    used = -1.0 if row.used is None else row.used
    return (NEEDS.index(need) if need else len(NEEDS) + (not row.promises)), -used, row.workflow.name
