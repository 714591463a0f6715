"""How much clean windows vary by themselves: one where they are independent, the real factor where not."""

import numpy as np
import pytest

from science.drift.compare import compare
from science.drift.dispersion import dispersion_of


def clean(rng: np.random.Generator, n: int, *, spread: float = 0.0, per: int = 400) -> np.ndarray:
    """Counts of windows whose shares differ by themselves; no spread: by drawing alone."""
    shares = np.full(6, 1 / 6)
    return np.array(
        [rng.multinomial(per, rng.dirichlet(shares * 6 / spread) if spread else shares) for _ in range(n)]
    )


@pytest.mark.parametrize("is_ordered", [True, False])
def test_windows_of_independent_cases_give_about_one(is_ordered: bool) -> None:
    rng = np.random.default_rng(2)
    factors = [dispersion_of(clean(rng, 28), is_ordered=is_ordered) for _ in range(50)]
    assert min(factors) == 1.0
    assert np.mean(factors) < 1.15


@pytest.mark.parametrize("is_ordered", [True, False])
def test_a_window_of_twice_the_variance_gives_the_factor(is_ordered: bool) -> None:
    """Cases that come in fours of one kind vary four times as much."""
    rng = np.random.default_rng(3)
    factors = [dispersion_of(4 * clean(rng, 28, per=100), is_ordered=is_ordered) for _ in range(60)]
    assert np.mean(factors) == pytest.approx(4, rel=0.1)


def test_days_that_differ_by_themselves_raise_the_bar() -> None:
    rng = np.random.default_rng(5)
    days = clean(rng, 40, spread=0.05)
    factor = dispersion_of(days[:30], is_ordered=False)
    assert 2 < factor < 8
    then = days[:30].sum(axis=0)

    def alarms(dispersion: float) -> int:
        return sum(
            compare(then, day, is_ordered=False, rng=rng, dispersion=dispersion).p_value <= 0.01
            for day in days[30:]
        )

    assert alarms(1.0) >= 5
    assert alarms(factor) <= 2


def test_weekdays_of_their_own_are_no_variation_of_the_day() -> None:
    rng = np.random.default_rng(7)
    week, weekend = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    days = np.array([rng.multinomial(300, weekend if day % 7 > 4 else week) for day in range(28)])
    assert dispersion_of(days, is_ordered=True) > 5
    assert dispersion_of(days, is_ordered=True, groups=[day % 7 for day in range(28)]) < 2


def test_the_order_of_the_windows_does_not_matter() -> None:
    days = clean(np.random.default_rng(8), 20, spread=0.1)
    assert dispersion_of(days, is_ordered=True) == pytest.approx(dispersion_of(days[::-1], is_ordered=True))


@pytest.mark.parametrize(
    "windows",
    [
        np.full((2, 3), 100),
        np.full((9, 3), 10),
        np.tile([100, 0, 0], (9, 1)),
        np.zeros((9, 3), dtype=np.int64),
        np.zeros((0, 3), dtype=np.int64),
    ],
)
def test_too_little_says_nothing_of_how_days_differ(windows: np.ndarray) -> None:
    for is_ordered in (True, False):
        assert dispersion_of(windows, is_ordered=is_ordered) == 1.0


def test_a_group_of_one_window_is_compared_with_nothing() -> None:
    days = clean(np.random.default_rng(9), 3)
    assert dispersion_of(days, is_ordered=False, groups=[0, 1, 2]) == 1.0
