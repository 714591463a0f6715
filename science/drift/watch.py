"""Watch many measures over time: sudden change against the windows before, gradual against a baseline.

Windows share no case. A window is compared with those before it of the same hours and, where there are enough
cases, of the same weekday: Mondays are no Sundays. What differs must come back before anybody is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from science.drift.compare import MIN_CASES, Difference, compare, dispersion_of
from science.drift.findings import Persistence, found, q_values
from science.drift.since import Change, change_point

LATEST = 3  # windows that are tested; the reference ends before them
RICH = 3.0  # cases of the same weekday, in those of the window, that make them a reference of their own
MAX_REFERENCE = 20_000  # cases: more would not make a difference clearer, only slower to test
GRADUAL_RATE = 0.01


class State(StrEnum):
    """What is known of a measure; what is not known is never calm."""

    UNKNOWN = "unknown"
    CALM = "calm"
    DIFFERS = "differs"  # in the latest window, not yet often enough
    DRIFTS = "drifts"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of one measure.

    Attributes:
        difference: of the latest window, or of the week from the baseline; None where there is none at all.
        q_value: smallest rate of false discoveries at which it would be one; NaN where it is not known.
        dispersion: by how much clean windows vary more than independent cases would.
        change: since when, in windows; None where nothing drifts.
    """

    state: State
    difference: Difference | None
    q_value: float
    dispersion: float = 1.0
    change: Change | None = None

    @property
    def effect(self) -> float:
        """Size of the difference, in [0, 1]."""
        return self.difference.effect if self.difference else 0.0


def sudden(
    windows: Mapping[Any, np.ndarray],
    ordered: Mapping[Any, bool],
    *,
    a_day: int = 1,
    rng: np.random.Generator,
    persistence: Persistence | None = None,
    min_cases: int = MIN_CASES,
) -> dict[Any, Seen]:
    """Compare the latest windows of each measure with those before.

    Args:
        windows: counts, oldest first, (n_windows, n_cells), of each measure.
        ordered: whether a measure is a number.
        a_day: windows a day; only those of the same hours are compared.
    """
    rule = persistence or Persistence()
    keys = list(windows)
    tested = [
        {key: _tested(windows[key], i, ordered[key], a_day, rng, min_cases) for key in keys}
        for i in range(LATEST)
    ]
    flags = [found({key: result[0].p_value for key, result in one.items()}) for one in tested]
    q = dict(zip(keys, q_values([tested[0][key][0].p_value for key in keys]), strict=True))
    seen = {}
    for key in keys:
        difference, dispersion = tested[0][key]
        holds = rule.holds([one[key] for one in reversed(flags)])
        if not difference.is_known:
            state = State.UNKNOWN
        elif holds:
            state = State.DRIFTS
        else:
            state = State.DIFFERS if flags[0][key] else State.CALM
        change = None
        if state is State.DRIFTS:
            change = change_point(windows[key], is_ordered=ordered[key], dispersion=dispersion)
        seen[key] = Seen(state, difference, float(q[key]), dispersion, change)
    return seen


def gradual(
    baseline: Mapping[Any, np.ndarray],
    windows: Mapping[Any, np.ndarray],
    ordered: Mapping[Any, bool],
    *,
    latest: int,
    rng: np.random.Generator,
    min_cases: int = 4 * MIN_CASES,
    rate: float = GRADUAL_RATE,
) -> dict[Any, Seen]:
    """Compare the sum of the `latest` windows of each measure with its baseline.

    A change point is looked for in all windows: it says when the difference came, where it came at once.
    """
    keys = [key for key in windows if key in baseline and baseline[key].shape == windows[key].shape[1:]]
    results: dict[Any, tuple[Difference, float]] = {}
    for key in keys:
        dispersion = dispersion_of(windows[key][-latest:], is_ordered=ordered[key], rng=rng)
        now = windows[key][-latest:].sum(axis=0)
        before = _thinned(baseline[key], MAX_REFERENCE)
        difference = compare(
            before, now, is_ordered=ordered[key], rng=rng, dispersion=dispersion, min_cases=min_cases
        )
        results[key] = difference, dispersion
    p_values = [results[key][0].p_value for key in keys]
    seen = {}
    for key, q in zip(keys, q_values(p_values), strict=True):
        difference, dispersion = results[key]
        state = State.UNKNOWN if not difference.is_known else State.DRIFTS if q <= rate else State.CALM
        change = None
        if state is State.DRIFTS:
            change = change_point(windows[key], is_ordered=ordered[key], dispersion=dispersion)
        seen[key] = Seen(state, difference, float(q), dispersion, change)
    return seen


def _tested(
    counts: np.ndarray, back: int, is_ordered: bool, a_day: int, rng: np.random.Generator, min_cases: int
) -> tuple[Difference, float]:
    """Compare the window that lies `back` before the latest with its reference."""
    place = len(counts) - 1 - back
    before = len(counts) - LATEST
    if place < 0 or before <= 0:
        nothing = np.zeros(counts.shape[1:], dtype=np.int64)
        return compare(nothing, nothing, is_ordered=is_ordered, rng=rng), 1.0
    now = counts[place]
    rows = counts[_reference(counts, place, before, a_day)]
    dispersion = dispersion_of(rows[-28:], is_ordered=is_ordered, rng=rng)
    then = _thinned(rows.sum(axis=0), MAX_REFERENCE)
    return (
        compare(then, now, is_ordered=is_ordered, rng=rng, dispersion=dispersion, min_cases=min_cases),
        dispersion,
    )


def _reference(counts: np.ndarray, place: int, before: int, a_day: int) -> Sequence[int]:
    """Windows of the same hours before the tested ones; of the same weekday where they hold enough cases."""
    same_hours = list(range(place % a_day, before, a_day))
    same_day = [i for i in same_hours if (place - i) % (7 * a_day) == 0]
    enough = len(same_day) >= 3 and counts[same_day].sum() >= RICH * max(1, int(counts[place].sum()))
    return same_day if enough else same_hours


def _thinned(counts: np.ndarray, most: int) -> np.ndarray:
    """The counts, or the same shares of `most` cases where there are more."""
    total = int(counts.sum())
    if total <= most:
        return counts
    return np.asarray(np.floor(counts * (most / total) + 0.5), dtype=np.int64)
