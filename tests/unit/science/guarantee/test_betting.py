"""Wealth is a fair game, whatever the losses, the weights and the moment of looking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from science.guarantee.betting import (
    SHRINK,
    bet_shares,
    certifying_bets,
    critical_count,
    log_gains,
    log_mean_exp,
    mean_interval,
    p_value,
    p_values,
)

losses = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1))
binary = hnp.arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([0.0, 1.0]))


@given(st.floats(0.001, 0.9), st.floats(0.01, 1))
def test_the_game_is_fair_at_the_target_and_unfavourable_above_it(target: float, weight: float) -> None:
    two = log_gains(np.array([0.0, 1.0]), np.full(2, weight), target, certifying_bets(target))
    assert np.all(np.isfinite(two))
    at_target = (1 - target) * np.exp(two[0]) + target * np.exp(two[1])
    assert at_target == pytest.approx(1)
    worse = min(1.0, target * 1.5)
    assert np.all((1 - worse) * np.exp(two[0]) + worse * np.exp(two[1]) <= 1 + 1e-12)


@given(losses, st.floats(0.01, 0.5))
def test_a_p_value_lies_between_zero_and_one(x: np.ndarray, target: float) -> None:
    assert 0 < p_value(x, target) <= 1


@given(losses, st.floats(0.01, 0.4))
def test_more_loss_is_never_more_evidence(x: np.ndarray, target: float) -> None:
    assert p_value(np.minimum(x + 0.1, 1), target) >= p_value(x, target)


def test_the_p_value_remembers_its_best_moment() -> None:
    good = np.zeros(600)
    assert p_value(np.concatenate([good, np.ones(300)]), 0.01) == p_value(good, 0.01)


@given(st.integers(0, 4000), st.integers(0, 30), st.integers(0, 4000))
def test_the_critical_count_is_the_last_with_which_wealth_suffices(
    n: int, tune_wrong: int, tune_n: int
) -> None:
    shares = bet_shares(np.array([tune_n]), np.array([min(tune_wrong, tune_n)]), 0.02)
    assert shares.sum() == pytest.approx(1)
    count = int(critical_count(np.array([n]), shares, 0.02, 0.05)[0])

    def suffices(wrong: int) -> bool:
        gains = log_gains(np.array([0.0, 1.0]), np.ones(2), 0.02, certifying_bets(0.02))
        wealth = (n - wrong) * gains[0] + wrong * gains[1]
        return bool(log_mean_exp(wealth[None], np.log(shares))[0] >= np.log(20))

    assert count == -1 or suffices(count)
    assert count == n or not suffices(count + 1)


def test_stakes_never_leave_a_bet_unplayed() -> None:
    assert bet_shares(np.array([10**6]), np.array([0]), 0.01).min() > 0.01 / SHRINK.size


# -- intervals ----------------------------------------------------------------------------------------------


@given(losses, st.booleans())
@settings(max_examples=60)
def test_an_interval_is_in_order_and_in_range(x: np.ndarray, ordered: bool) -> None:
    interval = mean_interval(x, ordered=ordered)
    assert 0 <= interval.low < interval.high <= 1
    if not ordered:
        assert interval.low <= x.mean() <= interval.high


@given(binary)
@settings(max_examples=60)
def test_an_interval_of_ordered_labels_only_shrinks(x: np.ndarray) -> None:
    before, after = mean_interval(x[:-1], ordered=True), mean_interval(x, ordered=True)
    whole = mean_interval(x)
    assert before.low - 1e-9 <= after.low
    assert after.high <= before.high + 1e-9
    assert whole.low - 1e-9 <= after.low
    assert after.high <= whole.high + 1e-9


@given(losses, st.floats(0.1, 50))
@settings(max_examples=60)
def test_only_the_ratio_of_weights_matters(x: np.ndarray, scale: float) -> None:
    weights = np.linspace(1, 3, x.size)
    one, two = mean_interval(x, weights=weights), mean_interval(x, weights=scale * weights)
    assert (one.low, one.high) == pytest.approx((two.low, two.high), abs=1e-6)


@given(losses)
@settings(max_examples=60)
def test_order_does_not_matter_when_looking_once(x: np.ndarray) -> None:
    one, two = mean_interval(x), mean_interval(x[::-1])
    assert (one.low, one.high) == pytest.approx((two.low, two.high), abs=1e-9)


def test_nothing_seen_is_anything_possible() -> None:
    interval = mean_interval(np.array([]))
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_extremes_stay_in_range() -> None:
    assert mean_interval(np.ones(500)).high == 1.0
    assert mean_interval(np.ones(500)).low > 0.95
    assert mean_interval(np.zeros(500)).high < 0.02


def test_when_the_mean_changed_the_interval_is_of_the_average() -> None:
    x = np.concatenate([np.zeros(2000), np.ones(2000)])
    assert mean_interval(x, ordered=True) == mean_interval(x)


@given(st.integers(0, 2**32 - 1), st.integers(1, 250))
@settings(max_examples=30)
def test_all_cutoffs_at_once_are_each_cutoff_by_itself(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    scores, x, weights = rng.random(n).round(1), (rng.random(n) < 0.1) * 0.5, rng.uniform(0.1, 1, n)
    grid = np.array([0.9, 0.5, 0.0])
    together = p_values(scores, x, weights, grid, 0.1)
    alone = [p_value(x[scores >= cutoff], 0.1, weights[scores >= cutoff]) for cutoff in grid]
    assert together == pytest.approx(alone)


def test_reading_wealth_at_fewer_moments_only_loses_evidence() -> None:
    rng = np.random.default_rng(0)
    x = (rng.random(5000) < 0.004).astype(float)
    few = p_values(np.ones(5000), x, np.ones(5000), np.array([0.0]), 0.01)[0]
    assert p_value(x, 0.01) <= few < 2 * p_value(x, 0.01)
