"""The course of each change: first sign, amber, step down, stop, proved again, and what it cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hitl.simulate.counts import Errors
from hitl.simulate.events import AMBER, Event

STAGES = {
    "sign": "first sign",
    "amber": "amber",
    "step_down": "stepped down",
    "stop": "stopped",
    "proved": "proved again",
}
_SIGN, _AMBER, _STEP_DOWN, _STOP, _PROVED = STAGES


@dataclass(frozen=True, slots=True)
class Course:
    """One change: the case after which each stage was reached; None where it was not.

    Attributes:
        begins: the case from which it counts: where the change was put in, else where it first showed.
        declared: the kind of change that was put in; "" where nobody says that anything changed.
    """

    begins: int
    declared: str = ""
    sign: int | None = None
    amber: int | None = None
    step_down: int | None = None
    stop: int | None = None
    proved: int | None = None


def courses_of(told: Iterable[Event], drift: tuple[str, int] | None) -> list[Course]:
    """Return the courses in their order.

    One begins with the change that was put in, or with the first word against the promise, and ends where it
    is proved again. Amber that goes by itself, with nothing taken away, is no course of its own.
    """
    found: list[dict[str, Any]] = []
    open_one: dict[str, Any] | None = None
    if drift is not None:
        open_one = {"begins": drift[1], "declared": drift[0]}
        found.append(open_one)
    for one in told:
        stage = stage_of(one)
        if stage is None or (open_one is not None and one.case < open_one["begins"]):
            continue
        if open_one is None:
            if stage == _PROVED:
                continue
            open_one = {"begins": max(1, one.case)}
            found.append(open_one)
        was_acted_on = _STEP_DOWN in open_one or _STOP in open_one
        if stage == _PROVED:
            if was_acted_on:
                open_one[_PROVED] = one.case
                open_one = None
            elif not open_one.get("declared"):
                found.remove(open_one)
                open_one = None
        else:
            open_one.setdefault(stage, one.case)
    return [Course(**one) for one in found if one.get("declared") or _STEP_DOWN in one or _STOP in one]


def stage_of(event: Event) -> str | None:
    """Return the stage that an event is, if it is one."""
    if event.kind == "sign.raised":
        return _SIGN
    if event.kind == "breaker.tripped":
        return _STOP
    if event.kind == "cutoffs.in_force" and event.level is not None:
        return _STEP_DOWN
    if event.kind == "certificate.made" and event.is_proof:
        return _PROVED
    return _AMBER if event.level == AMBER else None


def to_json(
    courses: Sequence[Course],
    *,
    target: float,
    ours: tuple[np.ndarray, np.ndarray],
    naive: tuple[np.ndarray, np.ndarray],
) -> list[dict[str, Any]]:
    """Return each course with what it cost: decisions wrong beyond the promise, and of a fixed cutoff.

    Args:
        ours, naive: masks of automatic and of wrong decisions, shape (n_cases,) each.
    """
    n = len(ours[0])
    rows = []
    for one in courses:
        until = one.proved if one.proved is not None else n
        span = slice(one.begins - 1, max(until, one.begins))
        rows.append(
            {
                "change": one.declared,
                "from_case": one.begins,
                "to_case": until,
                **{name: getattr(one, name) for name in STAGES},
                **_cost(Errors.among(ours[0][span], ours[1][span]), target, ""),
                **_cost(Errors.among(naive[0][span], naive[1][span]), target, "naive_"),
            }
        )
    return rows


def _cost(errors: Errors, target: float, whose: str) -> dict[str, Any]:
    return {
        f"{whose}automated": errors.automated,
        f"{whose}wrong": errors.wrong,
        f"{whose}excess": max(0.0, errors.wrong - target * errors.automated),
    }
