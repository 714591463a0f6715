"""What a period's plan says is what the binomial says, and the course looks ahead, not back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from science.guarantee.budget import Spent
from science.guarantee.budget_course import burn_rate, course, still_wrong, to_come
from science.guarantee.budget_plan import chance_of_kept, plan_budget
from science.guarantee.budget_verdict import Terms


@pytest.mark.parametrize(
    ("decisions", "error", "rate"),
    [(50_000, 0.005, 0.055), (10_000, 0.005, 0.22), (2000, 0.005, 0.67), (50_000, 0.003, 0.025)],
)
def test_what_it_takes_to_prove_one_percent(decisions: int, error: float, rate: float) -> None:
    plan = plan_budget(Terms(0.01, decisions, 1.0), error=error)
    assert plan.is_enough
    assert plan.kept >= 0.9
    assert 0.8 * rate <= plan.terms.rate <= 1.02 * rate
    assert (plan.wanted_rate, plan.longer, plan.looser) == (plan.terms.rate, None, None)


@given(st.integers(500, 60_000), st.floats(0.005, 0.9), st.floats(0, 0.02), st.floats(0, 0.01))
@settings(deadline=None)
def test_the_chance_of_kept_is_that_of_the_count(
    decisions: int, rate: float, error: float, unanswered: float
) -> None:
    terms = Terms(0.01, decisions, rate)
    passing = stats.binom.cdf(np.arange(terms.needed + 1), terms.needed, rate) <= 0.05
    seen = stats.binom.pmf(np.arange(terms.needed + 1), decisions, rate * (error + (1 - error) * unanswered))
    chance = chance_of_kept(terms, np.array([rate]), error=error, unanswered=unanswered)
    assert float(chance[0]) == pytest.approx(float(seen[passing].sum()), abs=1e-6)


def test_one_percent_unanswered_makes_one_percent_unprovable() -> None:
    terms = Terms(0.01, 50_000, 1.0)
    rates = np.geomspace(0.005, 1, 50)
    assert chance_of_kept(terms, rates, error=0.005, unanswered=0.01).max() < 0.05
    assert plan_budget(terms, unanswered=0.01).wanted_rate is None
    some = [plan_budget(terms, unanswered=share).wanted_rate or 1 for share in (0, 0.001, 0.002, 0.003)]
    assert some == sorted(some)
    assert some[-1] > 5 * some[0]


def test_beyond_capacity_it_says_what_is_affordable_and_what_would_do() -> None:
    terms = Terms(0.01, 10_000, 1.0)
    plan = plan_budget(terms, capacity=800)
    assert not plan.is_enough
    assert plan.audits <= 800 < (plan.wanted_audits or 0)
    assert plan.longer is not None
    assert plan.looser is not None
    hopeless = plan_budget(Terms(0.01, 2000, 1.0), capacity=200)
    assert (hopeless.audits, hopeless.kept, hopeless.longer is None) == (200, 0.0, False)
    again = plan_budget(Terms(0.01, plan.longer, 1.0), capacity=800 * plan.longer // 10_000)
    assert again.is_enough
    looser = plan_budget(Terms(plan.looser, 10_000, 1.0), error=0.005, capacity=800)
    assert looser.is_enough


def test_a_plan_that_cannot_be_is_refused() -> None:
    terms = Terms(0.01, 10_000, 1.0)
    with pytest.raises(ValueError, match=r"^capacity"):
        plan_budget(terms, capacity=0)
    with pytest.raises(ValueError, match=r"^unanswered"):
        plan_budget(terms, unanswered=1.0)


# -- during the period --------------------------------------------------------------------------------------


def test_a_bad_start_is_no_reason_to_stop_what_is_good_now() -> None:
    terms = Terms(0.01, 50_000, 0.1)
    bad_start = Spent(110, 220, 150, 0)
    mended = course(terms, bad_start, 5000, to_come(3, 500, target=0.01))
    assert mended.burn_rate == 3
    assert not mended.to_come.is_too_high
    assert mended.end < 0.01
    assert burn_rate(150, 5000, 0.01) == 3  # what stopping would leave: a quarter at three times the target


def test_a_good_start_is_no_reason_to_go_on_with_what_is_bad_now() -> None:
    terms = Terms(0.01, 50_000, 0.1)
    now = course(terms, Spent(20, 90, 45, 0), 45_000, to_come(12, 400, target=0.01))
    assert now.share < 0.1
    assert now.end < 0.01
    assert now.to_come.is_too_high


def test_at_the_end_the_forecast_is_what_was_delivered() -> None:
    done = course(Terms(0.01, 1000, 0.1), Spent(4, 12, 7, 0), 1000, to_come(0, 100, target=0.01))
    assert (done.end_low, done.end, done.end_high, done.left) == (0.004, 0.007, 0.012, None)


@given(st.integers(0, 50), st.integers(50, 5000))
def test_more_errors_make_the_coming_ones_look_worse(wrong: int, audits: int) -> None:
    better, worse = (to_come(k, audits + 1, target=0.01) for k in (wrong, wrong + 1))
    assert better.error < worse.error
    assert better.above <= worse.above
    assert better.low <= better.error <= better.high


def test_what_is_mended_still_counts_as_delivered_and_no_longer_as_wrong() -> None:
    spent = Spent(100, 400, 250, 10)
    left = still_wrong(spent, 130)
    assert (left.low, left.high, left.estimate) == (0, 270, 120)
    with pytest.raises(ValueError, match=r"^mended"):
        still_wrong(spent, -1)
    with pytest.raises(ValueError, match=r"^wrong"):
        to_come(5, 4, target=0.01)


def test_beliefs_that_are_no_numbers_are_refused() -> None:
    nan = float("nan")
    with pytest.raises(ValueError, match="mended"):
        still_wrong(Spent(100, 400, 250, 0), mended=nan)
    for expected in (0.0, 1.0, nan):
        with pytest.raises(ValueError, match="expected must"):
            to_come(0, 100, target=0.01, expected=expected)
    with pytest.raises(ValueError, match="prior_audits must"):
        to_come(0, 0, target=0.01, prior_audits=0)
    with pytest.raises(ValueError, match="power must"):
        plan_budget(Terms(0.01, 2000, 1.0), power=nan)
    for decisions in (nan, float("inf"), 2.5):
        with pytest.raises(ValueError, match="decisions must"):
            Terms(0.01, decisions, 0.1)  # type: ignore[arg-type]
