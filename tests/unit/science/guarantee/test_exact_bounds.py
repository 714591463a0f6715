"""Exact binomial tests: right at every edge, and each other's inverse."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from science.guarantee.exact import critical_count, fewest_labels, lower_bound, p_value, upper_bound
from science.guarantee.stratified import p_value as stratified_p_value

targets = st.floats(0.001, 0.5)
deltas = st.floats(0.001, 0.3)


@given(st.integers(0, 3000), st.data(), targets)
def test_the_p_value_is_the_binomial_tail(n: int, data: st.DataObject, target: float) -> None:
    wrong = data.draw(st.integers(0, n))
    assert float(p_value(wrong, n, target)) == pytest.approx(stats.binom.cdf(wrong, n, target), abs=1e-9)


def test_nothing_observed_and_nothing_right_prove_nothing() -> None:
    assert p_value(np.array([0, 7]), np.array([0, 7]), 0.01).tolist() == [1.0, 1.0]
    assert upper_bound(np.array([0, 7]), np.array([0, 7]), 0.05).tolist() == [1.0, 1.0]
    assert lower_bound(np.array([0, 0]), np.array([0, 7]), 0.05).tolist() == [0.0, 0.0]


@given(st.integers(1, 5000), st.data(), deltas)
def test_the_upper_bound_is_where_the_p_value_reaches_delta(
    n: int, data: st.DataObject, delta: float
) -> None:
    wrong = data.draw(st.integers(0, n - 1))
    bound = float(upper_bound(wrong, n, delta))
    assert wrong / n < bound < 1
    assert float(p_value(wrong, n, bound)) == pytest.approx(delta, rel=1e-6)


@given(st.integers(1, 5000), st.data(), deltas)
def test_bounds_mirror_each_other(n: int, data: st.DataObject, delta: float) -> None:
    wrong = data.draw(st.integers(0, n))
    assert float(lower_bound(wrong, n, delta)) == pytest.approx(
        1 - float(upper_bound(n - wrong, n, delta)), abs=1e-9
    )


@given(st.integers(0, 20_000), targets, deltas)
def test_the_critical_count_is_the_last_that_passes(n: int, target: float, delta: float) -> None:
    count = int(critical_count(np.array([n]), target, delta)[0])
    assert -1 <= count <= n
    if count >= 0:
        assert float(p_value(count, n, target)) <= delta
    if count < n:
        assert not float(p_value(count + 1, n, target)) <= delta


@given(targets, deltas)
def test_one_label_fewer_than_the_fewest_can_never_pass(target: float, delta: float) -> None:
    fewest = fewest_labels(target, delta)
    assume(abs((1 - target) ** fewest / delta - 1) > 1e-9)  # exact ties are decided by rounding
    assert float(p_value(0, fewest, target)) <= delta
    assert not float(p_value(0, fewest - 1, target)) <= delta


# -- two strata ---------------------------------------------------------------------------------------------


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.data(),
    st.floats(0.05, 0.95),
    st.floats(0.005, 0.2),
)
def test_the_stratified_p_value_is_above_every_pair_of_rates_on_the_boundary(
    n: tuple[int, int], data: st.DataObject, share: float, target: float
) -> None:
    wrong = (data.draw(st.integers(0, min(n[0], 12))), data.draw(st.integers(0, min(n[1], 12))))
    shares = (share, 1 - share)
    bound = stratified_p_value(wrong, n, shares, target)
    t = sum(w * k / m for w, k, m in zip(shares, wrong, n, strict=True))
    k_a, k_b = np.meshgrid(np.arange(n[0] + 1), np.arange(n[1] + 1), indexing="ij")
    low = shares[0] * k_a / n[0] + shares[1] * k_b / n[1] <= t + 1e-12
    least, most = max(0, (target - shares[1]) / shares[0]), min(1, target / shares[0])
    rate_a = least + (most - least) * data.draw(st.integers(0, 1000)) / 1000
    rate_b = np.clip((target - shares[0] * rate_a) / shares[1], 0, 1)
    chance = np.outer(
        stats.binom.pmf(np.arange(n[0] + 1), n[0], rate_a), stats.binom.pmf(np.arange(n[1] + 1), n[1], rate_b)
    )
    assert chance[low].sum() <= bound + 1e-9


def test_the_stratified_bound_is_close_to_the_true_maximum() -> None:
    bound = stratified_p_value((2, 3), (700, 900), (0.8, 0.2), 0.01)
    exact = 0.0
    for rate_a in np.linspace(0, 0.0125, 400):
        rate_b = (0.01 - 0.8 * rate_a) / 0.2
        a, b = np.meshgrid(np.arange(60), np.arange(200), indexing="ij")
        low = 0.8 * a / 700 + 0.2 * b / 900 <= 0.8 * 2 / 700 + 0.2 * 3 / 900 + 1e-12
        chance = np.outer(
            stats.binom.pmf(np.arange(60), 700, rate_a), stats.binom.pmf(np.arange(200), 900, rate_b)
        )
        exact = max(exact, float(chance[low].sum()))
    assert exact <= bound <= 1.1 * exact


def test_a_stratum_without_traffic_leaves_the_plain_test() -> None:
    assert stratified_p_value((3, 0), (900, 0), (1.0, 0.0), 0.01) == float(p_value(3, 900, 0.01))
    assert stratified_p_value((0, 3), (0, 900), (0.0, 1.0), 0.01) == float(p_value(3, 900, 0.01))


def test_a_stratum_with_traffic_and_no_labels_proves_nothing() -> None:
    assert stratified_p_value((0, 0), (5000, 0), (0.5, 0.5), 0.01) == 1.0


def test_shares_that_are_no_shares_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^shares"):
        stratified_p_value((0, 0), (10, 10), (0.5, 0.6), 0.01)
