"""Watch many measures over time: sudden change against the windows before, gradual against a baseline.

Windows share no case. A window is compared with those before it of the same hours and, where there are enough
cases, of the same weekday: Mondays are no Sundays. What differs must come back before anybody is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from typing import Any
from zlib import crc32

import numpy as np

from science.drift.compare import MIN_CASES, Difference, compare
from science.drift.dispersion import dispersion_of
from science.drift.findings import RATE, Persistence, q_values
from science.drift.needed import needed_effect
from science.drift.since import Change, change_point

LATEST = 3  # windows that are tested; the reference ends before them
WEEKS = 4  # of windows that a window is compared with
RICH = 3.0  # cases of the same weekday, in those of the window, that make them a reference of their own
MAX_REFERENCE = 20_000  # cases: more would not make a difference clearer, only slower to test
GRADUAL_RATE = 0.01
MIN_EFFECT = 0.05  # below, a difference is real where cases abound, and matters to nobody


class State(StrEnum):
    """What is known of a measure; what is not known is never calm."""

    UNKNOWN = "unknown"
    CALM = "calm"
    DIFFERS = "differs"  # in the latest window, not yet often enough
    DRIFTS = "drifts"


USUAL = Persistence()


@dataclass(frozen=True, slots=True)
class Rule:
    """What it takes for a measure to be said to drift.

    Attributes:
        least_effect: size of a difference, in [0, 1], below which it is of no interest.
        min_cases: on either side.
        persistence: how often it must come back.
    """

    least_effect: float = MIN_EFFECT
    min_cases: int = MIN_CASES
    persistence: Persistence = USUAL


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of one measure.

    Attributes:
        difference: of the latest window, or of the latest windows together from the baseline.
        q_value: smallest rate of false discoveries at which it would be one; NaN where it is not known.
        threshold: effect from which on it counts: the rule's, or what chance may do with so few cases if that
            is more; NaN where it is not known.
        dispersion: by how much clean windows vary more than independent cases would.
        change: since when, in windows; None where nothing drifts.
    """

    state: State
    difference: Difference
    q_value: float
    threshold: float
    dispersion: float = 1.0
    change: Change | None = None

    @property
    def effect(self) -> float:
        """Size of the difference, in [0, 1]."""
        return self.difference.effect


@dataclass(frozen=True, slots=True)
class _Tested:
    difference: Difference
    dispersion: float
    n_cells: int


def sudden(
    windows: Mapping[Any, np.ndarray],
    ordered: Mapping[Any, bool],
    *,
    seed: int,
    a_day: int = 1,
    rules: Mapping[Any, Rule] | None = None,
) -> dict[Any, Seen]:
    """Compare the latest windows of each measure with those before.

    Args:
        windows: counts, oldest first, (n_windows, n_cells), of each measure.
        ordered: whether a measure is a number.
        seed: of the dealing out; the same one gives the same answer, whatever the order of the measures.
        a_day: windows a day; only those of the same hours are compared.
        rules: of measures that do not have the usual one.
    """
    keys, of = list(windows), rules or {}
    tested = [
        {
            key: _tested(
                windows[key], back, ordered[key], a_day, _rng(seed, key, back), of.get(key, Rule()).min_cases
            )
            for key in keys
        }
        for back in range(LATEST)
    ]
    found = [_found(one, of, RATE) for one in tested]
    seen = {}
    for key in keys:
        now, rule = tested[0][key], of.get(key, Rule())
        holds = rule.persistence.holds([one[key][0] for one in reversed(found)])
        differs, q, level = found[0][key]
        if differs is None or holds is None:
            state = State.UNKNOWN
        elif holds:
            state = State.DRIFTS
        else:
            state = State.DIFFERS if differs else State.CALM
        change = _change(windows[key], ordered[key], now.dispersion) if state is State.DRIFTS else None
        threshold = _threshold(now, rule, level, ordered[key])
        seen[key] = Seen(state, now.difference, q, threshold, now.dispersion, change)
    return seen


def gradual(
    baseline: Mapping[Any, np.ndarray],
    windows: Mapping[Any, np.ndarray],
    ordered: Mapping[Any, bool],
    *,
    latest: int,
    seed: int,
    rules: Mapping[Any, Rule] | None = None,
) -> dict[Any, Seen]:
    """Compare the sum of the `latest` windows of each measure, days, with its baseline.

    A change point is looked for in all windows: it says when the difference came, where it came at once. It
    takes four times the cases that a window takes: a week is compared, and not a day.
    """
    keys = [key for key in windows if key in baseline and baseline[key].shape == windows[key].shape[1:]]
    of, tested = rules or {}, {}
    for key in keys:
        lately = windows[key][-7 * WEEKS :]
        # A day beside the same weekday a week before: what moves slowly, or moved once, is no variation.
        pairs = [place % 7 + 7 * (place // 14) for place in range(len(lately))][::-1]
        dispersion = dispersion_of(lately, is_ordered=ordered[key], groups=pairs)
        now, before = windows[key][-latest:].sum(axis=0), _thinned(baseline[key], MAX_REFERENCE)
        difference = compare(
            before,
            now,
            is_ordered=ordered[key],
            rng=_rng(seed, key, LATEST),
            dispersion=dispersion,
            min_cases=4 * of.get(key, Rule()).min_cases,
        )
        tested[key] = _Tested(difference, dispersion, int(((before + now) > 0).sum()))
    seen = {}
    for key, (differs, q, level) in _found(tested, of, GRADUAL_RATE).items():
        state = State.UNKNOWN if differs is None else State.DRIFTS if differs else State.CALM
        now, rule = tested[key], of.get(key, Rule())
        change = _change(windows[key], ordered[key], now.dispersion) if differs else None
        threshold = _threshold(now, rule, level, ordered[key])
        seen[key] = Seen(state, now.difference, q, threshold, now.dispersion, change)
    return seen


def _rng(seed: int, key: Any, place: int) -> np.random.Generator:
    return np.random.default_rng([seed, crc32(repr(key).encode()), place])


def _found(
    tested: Mapping[Any, _Tested], rules: Mapping[Any, Rule], rate: float
) -> dict[Any, tuple[bool | None, float, float]]:
    """For each measure: whether it differs, its q-value, and the level that its p-value was held against."""
    q = dict(zip(tested, q_values([one.difference.p_value for one in tested.values()]), strict=True))
    n_known = sum(not isnan(value) for value in q.values())
    n_found = sum(value <= rate for value in q.values())
    level = rate * max(1, n_found) / max(1, n_known)
    return {
        key: (
            None
            if isnan(q[key])
            else bool(q[key] <= rate and one.difference.effect >= rules.get(key, Rule()).least_effect),
            float(q[key]),
            level,
        )
        for key, one in tested.items()
    }


def _threshold(tested: _Tested, rule: Rule, level: float, is_ordered: bool) -> float:
    needed = needed_effect(
        tested.difference,
        level,
        is_ordered=is_ordered,
        n_cells=tested.n_cells,
        dispersion=tested.dispersion,
    )
    return needed if isnan(needed) else max(rule.least_effect, needed)


def _change(windows: np.ndarray, is_ordered: bool, dispersion: float) -> Change | None:
    return change_point(windows, is_ordered=is_ordered, dispersion=dispersion)


def _tested(
    counts: np.ndarray, back: int, is_ordered: bool, a_day: int, rng: np.random.Generator, min_cases: int
) -> _Tested:
    """Compare the window that lies `back` before the latest with its reference."""
    place = len(counts) - 1 - back
    before = len(counts) - LATEST
    if place < 0 or before <= 0:
        nothing = np.zeros(counts.shape[1:], dtype=np.int64)
        return _Tested(compare(nothing, nothing, is_ordered=is_ordered, rng=rng), 1.0, 0)
    now = counts[place]
    same_hours, same_day = _reference(counts, place, before, a_day)
    groups = [i // a_day % 7 for i in same_hours] if same_day else None
    dispersion = dispersion_of(counts[same_hours], is_ordered=is_ordered, groups=groups)
    then = _thinned(counts[same_day or same_hours].sum(axis=0), MAX_REFERENCE)
    difference = compare(
        then, now, is_ordered=is_ordered, rng=rng, dispersion=dispersion, min_cases=min_cases
    )
    return _Tested(difference, dispersion, int(((then + now) > 0).sum()))


def _reference(
    counts: np.ndarray, place: int, before: int, a_day: int
) -> tuple[Sequence[int], Sequence[int]]:
    """Windows of the same hours before the tested ones, and those of them of the same weekday.

    The second is empty where they do not hold enough cases to be a reference of their own.
    """
    same_hours = range(place % a_day, before, a_day)[-7 * WEEKS :]
    same_day = [i for i in same_hours if (place - i) % (7 * a_day) == 0]
    enough = len(same_day) >= 3 and counts[same_day].sum() >= RICH * max(1, int(counts[place].sum()))
    return same_hours, same_day if enough else []


def _thinned(counts: np.ndarray, most: int) -> np.ndarray:
    """The counts, or the same shares of `most` cases where there are more."""
    total = int(counts.sum())
    if total <= most:
        return counts
    return np.asarray(np.floor(counts * (most / total) + 0.5), dtype=np.int64)
