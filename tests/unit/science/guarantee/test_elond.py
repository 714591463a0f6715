"""Every plan has its share of the doubt, and certificates earn it back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.guarantee.elond import Doubt, gamma


def test_all_shares_together_are_one_and_no_more() -> None:
    first = 200_000
    known = math.fsum(gamma(t) for t in range(1, first + 1))
    scale = gamma(1) * 4 * math.log(4) ** 2  # gamma_t is this times f(t + 3)
    # The rest lies between the trapezoids below the curve and the rectangles around its points.
    least = known + scale * (1 / math.log(first + 4) + gamma(first + 1) / scale / 2)
    most = known + scale / math.log(first + 3.5)
    assert least <= most <= 1
    assert least > 1 - 1e-8


@given(st.integers(1, 10_000))
def test_later_plans_get_less_and_never_nothing(t: int) -> None:
    assert 0 < gamma(t + 1) < gamma(t)


@pytest.mark.parametrize(("share_issued", "most"), [(1.0, 1.19), (0.5, 1.33)])
def test_the_evidence_that_the_63rd_plan_needs_hardly_grows(share_issued: float, most: float) -> None:
    first = Doubt().freeze(delta=0.05)[1]
    later = Doubt(62, round(62 * share_issued)).freeze(delta=0.05)[1]
    assert math.log(first.needed) / math.log(20) < 1.61
    assert math.log(later.needed) / math.log(first.needed) < most


@given(st.integers(0, 500), st.data(), st.floats(0.001, 0.5))
def test_a_share_grows_with_every_certificate_and_stays_below_delta(
    frozen: int, data: st.DataObject, delta: float
) -> None:
    issued = data.draw(st.integers(0, frozen))
    life, share = Doubt(frozen, issued).freeze(delta=delta)
    assert share.alpha == pytest.approx(delta * gamma(frozen + 1) * (issued + 1))
    assert share.alpha < delta
    if issued < life.frozen - 1:
        assert Doubt(frozen, issued + 1).freeze(delta=delta)[1].alpha > share.alpha


def test_labels_of_one_plan_share_what_it_may_spend() -> None:
    share = Doubt().freeze(delta=0.05)[1]
    assert 4 * share.per_label(4) == pytest.approx(share.alpha)
    with pytest.raises(ValueError, match="at least one label"):
        share.per_label(0)


def test_an_abandoned_plan_counts_and_what_is_kept_are_two_integers() -> None:
    life = Doubt().freeze(delta=0.05)[0].freeze(delta=0.05)[0].issue()
    assert life.to_json() == {"frozen": 2, "issued": 1}
    assert Doubt.from_json(life.to_json()) == life


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="frozen first"):
        Doubt(1, 1).issue()
    with pytest.raises(ValueError, match="delta"):
        Doubt().freeze(delta=1.0)
    with pytest.raises(ValueError, match="from 1"):
        gamma(0)
