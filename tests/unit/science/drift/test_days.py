"""Days are compared as days: what one day brings together is no evidence of the next."""

import numpy as np

from science.drift.days import days_differ
from science.drift.impact import impact
from science.drift.together import together


def test_days_that_differ_by_themselves_are_found_no_more_often_than_said() -> None:
    rng = np.random.default_rng(1)
    for values in (rng.normal(size=(1_000, 35)), rng.standard_t(4, (1_000, 35))):
        p = np.array([days_differ(one[:28], one[28:]).p_value for one in values])
        assert (p <= 0.05).mean() <= 0.072
        assert (p <= 0.001).mean() <= 0.005


def test_too_few_days_say_nothing_and_what_is_needed_is_where_the_level_is_met() -> None:
    assert not days_differ([0.1] * 6, [0.2] * 7).is_known
    assert not days_differ([0.1] * 28, [0.2] * 2).is_known
    rng = np.random.default_rng(2)
    seen = days_differ(rng.normal(0, 1, 28), rng.normal(1, 1, 7))
    assert (seen.p_value <= 0.01) == (abs(seen.now - seen.then) >= seen.needed(0.01))
    assert days_differ([0.1] * 28, [0.1] * 7).p_value == 1
    assert days_differ([0.1] * 28, [0.3] * 7).p_value == 0


def many_fields(rng: np.random.Generator, *, campaign: float, moved: float) -> tuple[np.ndarray, np.ndarray]:
    """35 days of 60 cases with 30 words; each day has words of its own, the last seven a few more of many."""
    day = np.repeat(np.arange(35), 60)
    shares = 0.1 + campaign * rng.random((35, 30))
    shares[28:, :10] += moved
    return (rng.random((len(day), 30)) < shares[day]).astype(np.float64), day


def test_campaigns_of_single_days_are_not_taken_for_another_world() -> None:
    rng, names = np.random.default_rng(3), [f"word {i}" for i in range(30)]
    p = []
    for _ in range(25):
        seen = together(*_named(many_fields(rng, campaign=0.15, moved=0.0), names), n_now=7)
        assert seen is not None
        p.append(seen.days.p_value)
    assert sum(one <= 0.1 for one in p) <= 8  # 2.5 are expected; 9 or more are 1 in 1,500
    assert min(p) > 1e-4


def test_a_little_of_many_fields_is_found_and_said() -> None:
    rng, names = np.random.default_rng(4), [f"word {i}" for i in range(30)]
    seen = together(*_named(many_fields(rng, campaign=0.05, moved=0.1), names), n_now=7)
    assert seen is not None
    assert seen.days.p_value <= 1e-4
    assert seen.auc > 0.6
    assert all(sign in {f"word {i} more" for i in range(10)} for sign in seen.signs)


def _named(made: tuple[np.ndarray, np.ndarray], names: list[str]) -> tuple[np.ndarray, list[str], np.ndarray]:
    features, day = made
    return features, names, day


def test_too_few_days_teach_no_classifier() -> None:
    features = np.zeros((300, 2))
    assert together(features, ["a", "b"], np.repeat(np.arange(10), 30), 7) is None


def test_a_field_that_did_not_change_does_nothing_and_one_that_did_is_found() -> None:
    rng = np.random.default_rng(5)
    p = [impact(rng.lognormal(size=120), rng.lognormal(size=120), rng=rng) for _ in range(200)]
    assert sum(one is not None and one.p_value <= 0.05 for one in p) <= 22  # 10 are expected; 1 in 2,000
    seen = impact(rng.beta(1, 20, 150), rng.beta(1, 8, 150), rng=rng)
    assert seen is not None
    assert seen.p_value <= 0.001
    assert seen.change > 0.03
    assert impact(np.zeros(20), np.ones(20), rng=rng) is None
