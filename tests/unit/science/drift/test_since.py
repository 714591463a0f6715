"""When it changed: the window is found, and the interval holds it as often as it says."""

import numpy as np
import pytest
from scipy.stats import binom

from science.drift.since import change_point


def windows(at: int, moved: float, *, n: int, size: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    before = np.full(12, 1 / 12)
    after = before * np.linspace(1 - moved, 1 + moved, 12)
    return np.array([rng.multinomial(size, before if i < at else after / after.sum()) for i in range(n)])


@pytest.mark.parametrize("is_ordered", [True, False])
def test_a_large_change_is_dated_to_the_window(is_ordered: bool) -> None:
    change = change_point(windows(17, 0.8, n=40, size=500, seed=0), is_ordered=is_ordered)
    assert change is not None
    assert (change.earliest, change.at, change.latest) == (17, 17, 17)


def test_the_interval_holds_the_change_as_often_as_it_says() -> None:
    runs = 300
    missed = 0
    for seed in range(runs):
        change = change_point(windows(15, 0.25, n=40, size=120, seed=seed), is_ordered=True)
        assert change is not None
        missed += not change.earliest <= 15 <= change.latest
    assert missed <= binom.ppf(0.9999, runs, 0.05)


def test_windows_that_vary_by_themselves_widen_it() -> None:
    counts = windows(20, 0.3, n=40, size=200, seed=4)
    narrow = change_point(counts, is_ordered=True)
    wide = change_point(counts, is_ordered=True, dispersion=4.0)
    assert narrow is not None
    assert wide is not None
    assert wide.at == narrow.at
    assert wide.earliest <= narrow.earliest <= narrow.latest <= wide.latest
    assert wide.gain == pytest.approx(narrow.gain / 4)


@pytest.mark.parametrize("counts", [np.zeros((3, 4)), np.ones((1, 4)), np.zeros((0, 4))])
def test_nothing_is_dated_where_there_is_nothing(counts: np.ndarray) -> None:
    assert change_point(counts, is_ordered=True) is None


def test_windows_that_are_alike_have_no_change() -> None:
    assert change_point(np.full((6, 3), 10), is_ordered=False) is None
