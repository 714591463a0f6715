"""Two error rates measured on the same cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.paired import paired_difference


def cells(both: int, only_a: int, only_b: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of two models that agree and differ so many times."""
    a = np.repeat([True, True, False, False], [both, only_a, only_b, neither])
    b = np.repeat([True, False, True, False], [both, only_a, only_b, neither])
    return a, b


def test_the_interval_is_that_of_newcombes_example() -> None:
    found = paired_difference(*cells(36, 12, 2, 0))
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=2e-4)


def test_models_that_always_agree_keep_the_width_that_wilson_gives_one_rate() -> None:
    found = paired_difference(*cells(54, 0, 0, 0))
    z2 = 1.959964**2
    assert (found.low, found.high) == pytest.approx((-z2 / (54 + z2), z2 / (54 + z2)), abs=1e-6)


def test_models_that_always_differ_join_the_widths_of_both_rates() -> None:
    found = paired_difference(*cells(0, 30, 0, 0))
    z2 = 1.959964**2
    assert (found.low, found.high) == pytest.approx((1 - 2**0.5 * z2 / (30 + z2), 1.0), abs=1e-6)


counts = st.integers(0, 60)


@given(counts, counts, counts, counts)
def test_the_interval_holds_the_difference_and_turns_with_the_models(a: int, b: int, c: int, d: int) -> None:
    if a + b + c + d == 0:
        return
    one, other = cells(a, b, c, d)
    found, turned = paired_difference(one, other), paired_difference(other, one)
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-12)


@given(counts, counts, counts, st.integers(1, 60), st.floats(0.1, 50))
def test_equal_weights_change_nothing(a: int, b: int, c: int, d: int, weight: float) -> None:
    one, other = cells(a, b, c, d)
    plain = paired_difference(one, other)
    weighted = paired_difference(one, other, weights=np.full(len(one), weight))
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high), abs=1e-9)


def test_unequal_weights_move_the_estimate_and_widen_the_interval() -> None:
    one, other = cells(5, 10, 2, 183)
    plain = paired_difference(one, other)
    heavy = paired_difference(one, other, weights=np.where(one & ~other, 10.0, 1.0))
    assert heavy.difference > plain.difference
    assert heavy.high - heavy.low > plain.high - plain.low


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20)
    p = [0.01, 0.03, 0.02, 0.94]  # both, only the first, only the second, neither: a difference of .01
    covered = 0
    for table in rng.multinomial(200, p, size=1000):
        found = paired_difference(*cells(*table))
        covered += found.low <= 0.01 <= found.high
    assert covered >= 935  # 95 % nominal, minus two standard errors


@pytest.mark.parametrize(
    ("a", "b", "weights"),
    [([], [], None), ([True], [True, False], None), ([True], [False], [0.0]), ([True], [False], [np.nan])],
)
def test_what_cannot_be_compared_is_refused(
    a: list[bool], b: list[bool], weights: list[float] | None
) -> None:
    with pytest.raises(ValueError, match=r"same cases|positive"):
        paired_difference(np.array(a), np.array(b), weights=None if weights is None else np.array(weights))
