"""The gambler who plays for the planned number of labels owns the fixed test, and plays fairly on the way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from science.guarantee.exact import critical_count
from science.guarantee.planned import planned_bets


def play(x: np.ndarray, n: int, critical: int, target: float) -> float:
    wealth, wrong = 1.0, 0.0
    for i, loss in enumerate(x):
        bet = planned_bets(np.array([float(n - i)]), np.array([critical - wrong]), target)[0]
        wealth *= 1 - bet * (loss - target)
        wrong += loss
    return float(wealth)


@given(st.floats(-2, 200), st.floats(-2, 20), st.floats(0.001, 0.5))
def test_a_bet_can_lose_nearly_everything_but_not_more(left: float, spare: float, target: float) -> None:
    bet = planned_bets(np.array([left]), np.array([spare]), target)[0]
    assert 0 <= bet * (1 - target) < 1


@given(st.data(), st.integers(60, 200))
def test_at_the_planned_size_wealth_is_the_fixed_test(data: st.DataObject, n: int) -> None:
    target = 0.1
    critical = int(critical_count(np.array([n]), target, 0.05)[0])
    wrong = data.draw(st.integers(0, critical))
    x = np.zeros(n)
    x[np.array(data.draw(st.permutations(range(n))))[:wrong]] = 1.0
    assert play(x, n, critical, target) == pytest.approx(1 / stats.binom.cdf(critical, n, target), rel=0.2)


@given(st.integers(60, 200))
def test_one_error_too_many_leaves_next_to_nothing(n: int) -> None:
    critical = int(critical_count(np.array([n]), 0.1, 0.05)[0])
    x = np.zeros(n)
    x[: critical + 1] = 1.0
    assert play(x, n, critical, 0.1) < 0.05


def test_nothing_is_bet_when_no_test_could_pass() -> None:
    assert planned_bets(np.array([10.0, 0.0, -3.0]), np.array([-1.0, 2.0, 2.0]), 0.01).tolist() == [0, 0, 0]
