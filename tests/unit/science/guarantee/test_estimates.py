"""Estimates weigh what was rarely asked, and say how sure they are."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from science.guarantee.curve import curve
from science.guarantee.estimates import design_weights, hajek, post_stratified
from science.guarantee.rescore import Rescorer
from science.guarantee.rescoring import choose_rescorer
from science.worlds.ranked import probabilities


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.floats(0.01, 1)), min_size=1, max_size=40))
@settings(max_examples=60)
def test_the_hajek_estimate_is_the_weighted_mean_inside_its_interval(rows: list[tuple[float, float]]) -> None:
    x, pi = (np.array(column) for column in zip(*rows, strict=True))
    estimate = hajek(x, pi)
    assert estimate.value == pytest.approx((x / pi).sum() / (1 / pi).sum())
    assert estimate.interval.low - 1e-9 <= estimate.value <= estimate.interval.high + 1e-9
    assert estimate.naive == pytest.approx(x.mean())
    assert 1 - 1e-9 <= estimate.n_effective <= estimate.n + 1e-9


def test_equal_probabilities_make_both_estimates_the_plain_mean() -> None:
    x = np.array([1.0] * 3 + [0.0] * 97)
    weighted, strata = (
        hajek(x, np.full(100, 0.2)),
        post_stratified(np.array([3]), np.array([100]), np.array([500])),
    )
    assert weighted.value == pytest.approx(0.03)
    assert strata.value == pytest.approx(0.03)
    assert weighted.n_effective == pytest.approx(100)
    assert strata.n_effective == pytest.approx(100)


def test_without_labels_nothing_is_known() -> None:
    for estimate in (
        hajek(np.array([]), np.array([])),
        post_stratified(np.array([0]), np.array([0]), np.array([10])),
        post_stratified(np.array([0]), np.array([5]), np.array([0])),
    ):
        assert np.isnan(estimate.value)
        assert (estimate.interval.low, estimate.interval.high, estimate.n) == (0, 1, 0)


def test_a_stratum_nobody_looked_into_may_be_anything() -> None:
    estimate = post_stratified(np.array([0, 0]), np.array([500, 0]), np.array([800, 200]))
    assert estimate.interval.low == 0
    assert estimate.interval.high >= 0.2


def test_the_shares_of_strata_are_a_sample_of_traffic_too() -> None:
    # Every case is labelled, one stratum is always right and the other never: a plain binomial in disguise.
    rng, runs, held = np.random.default_rng(5), 400, 0
    for _ in range(runs):
        bad = int(rng.binomial(1000, 0.2))
        cases = np.array([1000 - bad, bad])
        interval = post_stratified(np.array([0, bad]), cases, cases).interval
        held += interval.low <= 0.2 <= interval.high
    assert held >= stats.binom.ppf(0.0001, runs, 0.95)


@pytest.mark.parametrize("pi", [0.0, -0.1, 1.1, float("nan")])
def test_a_label_that_could_not_have_been_collected_is_refused(pi: float) -> None:
    with pytest.raises(ValueError, match=r"^pi"):
        hajek(np.array([0.0]), np.array([pi]))


def test_training_weights_are_capped_and_estimates_are_not() -> None:
    pi = np.array([1.0, 0.01])
    assert design_weights(pi).tolist() == [1.0, 3.0]
    assert hajek(np.array([0.0, 1.0]), pi).value == pytest.approx(100 / 101)


def test_a_curve_without_accepted_cases_has_no_error_and_every_possibility() -> None:
    drawn = curve(np.array([0.2, 0.4]), np.array([1, 0]), np.array([0.9, 0.3, 0.0]))
    assert np.isnan(drawn.error[0])
    assert (drawn.low[0], drawn.high[0], drawn.automation[0]) == (0, 1, 0)
    assert drawn.error[1:].tolist() == [0, 0.5]
    empty = curve(np.array([]), np.array([]), np.array([0.5]))
    assert (empty.automation[0], empty.n[0]) == (0, 0)


def test_a_curve_of_unequal_probabilities_is_weighted() -> None:
    pi = np.array([0.1, 1.0])
    drawn = curve(np.array([0.9, 0.4]), np.array([0, 1]), np.array([0.5, 0.0]), pi=pi)
    assert drawn.automation == pytest.approx([10 / 11, 1])
    assert drawn.error == pytest.approx([0, 1 / 11])
    assert np.all(drawn.low <= drawn.error)
    assert np.all(drawn.error <= drawn.high)


# -- rescoring ----------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.sampled_from(["confidence", "margin", "per_label"]), st.integers(2, 5))
@settings(max_examples=60)
def test_every_scalar_stays_in_range_and_survives_json(seed: int, kind: str, n_labels: int) -> None:
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(n_labels, 0.2), 30)
    proba[0] = np.eye(n_labels)[0]
    rescorer = Rescorer(kind, tuple(rng.normal(0, 3, n_labels).tolist()), (1.3, -0.2))  # type: ignore[arg-type]
    scores = rescorer(proba)
    assert scores.shape == (30,)
    assert np.all((scores >= 0) & (scores <= 1))
    assert np.array_equal(Rescorer.from_json(json.loads(json.dumps(rescorer.to_json())))(proba), scores)


def tuning(n: int, overconfident: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two labels; the second is right less often than its confidence says if `overconfident`."""
    rng = np.random.default_rng(4)
    predicted = (rng.random(n) < 0.4).astype(int)
    shown = 0.5 + 0.5 * rng.beta(5, 1, n)
    honest = np.where((predicted == 1) & overconfident, 0.5 + 0.4 * (shown - 0.5), shown)
    right = rng.random(n) < 1 - (1 - honest) ** 1.5
    return probabilities(shown, predicted), np.where(right, predicted, 1 - predicted)


def test_confidence_stays_where_no_other_scalar_earns_its_place() -> None:
    proba, truth = tuning(4000, overconfident=False)
    choice = choose_rescorer(proba, truth, target=0.02, delta=0.05, expected_labels=4000, seed=0)
    assert choice.rescorer == Rescorer("confidence")


def test_a_label_whose_confidence_is_worth_less_is_found() -> None:
    proba, truth = tuning(8000, overconfident=True)
    choice = choose_rescorer(proba, truth, target=0.02, delta=0.05, expected_labels=8000, seed=0)
    assert choice.rescorer.kind == "per_label"
    assert choice.expected["per_label"] > choice.expected["confidence"] + 0.01


def test_too_few_errors_teach_no_scalar() -> None:
    proba, truth = tuning(30, overconfident=False)
    assert (
        "per_label"
        not in choose_rescorer(proba, truth, target=0.05, delta=0.05, expected_labels=30, seed=0).expected
    )
