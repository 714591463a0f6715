"""Measures watched over time: calm ones stay calm, changed ones drift, and what is not known is not calm."""

import numpy as np
import pytest

from science.drift.cells import CategoryCells, NumberCells
from science.drift.watch import MIN_EFFECT, Rule, State, gradual, sudden

CELLS = NumberCells.learn(np.random.default_rng(0).normal(size=2_000))
WORDS = CategoryCells.learn(["a"] * 60 + ["b"] * 30 + ["c"] * 10)


def days(n: int, *, per: int = 300, shift: float = 0.0, last: int = 0, weekend: float = 0.0) -> np.ndarray:
    """Counts of a number by day; the last ones are shifted, and so are weekends."""
    rng = np.random.default_rng(n + per)
    rows = []
    for day in range(n):
        moved = shift * (day >= n - last) + weekend * (day % 7 > 4)
        rows.append(CELLS.count(rng.normal(size=per) + moved))
    return np.array(rows)


def state_of(windows: np.ndarray) -> State:
    seen = sudden({"x": windows}, {"x": True}, seed=1)
    return seen["x"].state


def test_what_stays_as_it_was_is_calm() -> None:
    assert state_of(days(31)) is State.CALM


def test_a_change_that_comes_back_drifts_and_says_since_when() -> None:
    windows = days(31, shift=0.6, last=3)
    seen = sudden({"x": windows}, {"x": True}, seed=1)["x"]
    assert seen.state is State.DRIFTS
    assert seen.change is not None
    assert seen.change.at == 28
    assert seen.effect > 0.15


def test_a_single_odd_window_differs_and_does_not_drift_yet() -> None:
    assert state_of(days(31, shift=0.6, last=1)) is State.DIFFERS


@pytest.mark.parametrize("windows", [days(31, per=10), days(2), days(1), days(3)])
def test_too_few_cases_or_days_are_not_calm(windows: np.ndarray) -> None:
    assert state_of(windows) is State.UNKNOWN


def test_a_weekend_is_compared_with_weekends() -> None:
    windows = days(34, weekend=1.0)  # the last day is a Saturday
    assert state_of(windows) is State.CALM


def test_a_gradual_change_shows_against_the_baseline_only() -> None:
    rng = np.random.default_rng(5)
    slow = np.array([CELLS.count(rng.normal(size=300) + 0.02 * day) for day in range(31)])
    baseline = {"x": CELLS.count(rng.normal(size=2_000))}
    assert state_of(slow) is not State.DRIFTS
    seen = gradual(baseline, {"x": slow}, {"x": True}, latest=7, seed=1)
    assert seen["x"].state is State.DRIFTS
    few = gradual(baseline, {"x": days(7, per=5)}, {"x": True}, latest=7, seed=1)
    assert few["x"].state is State.UNKNOWN


def test_a_value_never_seen_before_is_found_among_others_that_are_calm() -> None:
    rng = np.random.default_rng(6)
    calm = np.array(
        [WORDS.count(rng.choice(["a", "b", "c"], p=[0.6, 0.3, 0.1], size=200)) for _ in range(31)]
    )
    changed = calm.copy()
    for day in (-3, -2, -1):
        changed[day] = WORDS.count(["a"] * 110 + ["b"] * 60 + ["new"] * 30)
    seen = sudden({"calm": calm, "new": changed}, {"calm": False, "new": False}, seed=1)
    assert seen["new"].state is State.DRIFTS
    assert seen["calm"].state is not State.DRIFTS
    assert WORDS.names[seen["new"].difference.cell] == "never seen before"


def test_a_difference_that_matters_to_nobody_is_calm_however_sure_it_is() -> None:
    windows = days(31, per=20_000, shift=0.05, last=3)
    calm = sudden({"x": windows}, {"x": True}, seed=1)["x"]
    assert calm.q_value < 1e-3
    assert calm.effect < calm.threshold == MIN_EFFECT
    assert calm.state is State.CALM
    strict = sudden({"x": windows}, {"x": True}, seed=1, rules={"x": Rule(least_effect=0.01)})["x"]
    assert strict.state is State.DRIFTS


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2, 0.4, 0.8])
@pytest.mark.parametrize("per", [100, 300, 3_000])
def test_the_threshold_says_what_the_test_says(shift: float, per: int) -> None:
    seen = sudden({"x": days(31, per=per, shift=shift, last=1)}, {"x": True}, seed=3)["x"]
    if abs(seen.effect / seen.threshold - 1) > 0.15:  # nearer, the limit of the distribution decides
        assert (seen.state is State.DIFFERS) == (seen.effect > seen.threshold)


def test_neither_the_order_of_the_measures_nor_their_company_changes_what_is_dealt() -> None:
    windows = {name: days(31, per=per) for name, per in (("x", 90), ("y", 120), ("z", 200))}
    ordered = dict.fromkeys(windows, True)
    forth = sudden(windows, ordered, seed=5)
    back = sudden(dict(reversed(windows.items())), ordered, seed=5)
    assert {key: repr(forth[key]) for key in windows} == {key: repr(back[key]) for key in windows}


def test_windows_of_a_quarter_of_a_day_are_compared_with_those_of_the_same_hours() -> None:
    rng = np.random.default_rng(8)
    counts = np.array([CELLS.count(rng.normal(size=250) + (place % 4)) for place in range(29 * 4)])
    seen = sudden({"x": counts}, {"x": True}, seed=1, a_day=4)["x"]
    assert seen.state is State.CALM
    assert seen.dispersion < 2


@pytest.mark.parametrize("seed", range(3))
def test_days_that_vary_by_themselves_and_weekends_are_no_gradual_change(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def counted(n_days: int, per: int) -> np.ndarray:
        moved = rng.normal(size=n_days) * 0.1 + 0.5 * (np.arange(n_days) % 7 > 4)
        return np.array([CELLS.count(rng.normal(size=per) + shift) for shift in moved])

    baseline = {f"m{i}": counted(42, 50).sum(axis=0) for i in range(20)}
    windows = {f"m{i}": counted(31, 300) for i in range(20)}
    seen = gradual(baseline, windows, dict.fromkeys(windows, True), latest=7, seed=seed)
    assert sum(one.state is State.DRIFTS for one in seen.values()) <= 1
    windows["m0"][:, :32] += windows["m0"][:, 32:64]
    windows["m0"][:, 32:64] = 0  # nothing above the median any more
    again = gradual(baseline, windows, dict.fromkeys(windows, True), latest=7, seed=seed)
    assert again["m0"].state is State.DRIFTS
