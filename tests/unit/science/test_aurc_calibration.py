"""Risk against coverage, and calibration that stays linear."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import science.aurc
from science.aurc import aurc, risk_coverage
from science.calibration import expected_calibration_error, fit_bcts, probabilities

cases = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        hnp.arrays(float, n, elements=st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0])), hnp.arrays(bool, n)
    )
)


def test_the_examples_hold():
    assert doctest.testmod(science.aurc).failed == 0


@given(cases)
def test_the_curve_ends_with_everything_decided_at_the_error_rate(case):
    confidence, wrong = case
    cutoff, coverage, risk = risk_coverage(confidence, wrong)
    assert coverage[-1] == 1
    assert risk[-1] == pytest.approx(wrong.mean())
    assert (np.diff(cutoff) < 0).all()
    for c, cover, r in zip(cutoff, coverage, risk, strict=True):
        chosen = confidence >= c
        assert cover == pytest.approx(chosen.mean())
        assert r == pytest.approx(wrong[chosen].mean())


@given(cases, st.integers(0, 2**32 - 1))
def test_the_order_of_cases_does_not_matter(case, seed):
    confidence, wrong = case
    order = np.random.default_rng(seed).permutation(len(wrong))
    assert aurc(confidence[order], wrong[order]) == pytest.approx(aurc(confidence, wrong), abs=1e-12)


@given(cases)
def test_a_weight_of_two_is_a_case_twice(case):
    confidence, wrong = case
    weights = np.ones(len(wrong))
    weights[0] = 2
    doubled = aurc(np.append(confidence, confidence[0]), np.append(wrong, wrong[0]))
    assert aurc(confidence, wrong, weights) == pytest.approx(doubled)


def test_no_cases_and_no_numbers_are_refused():
    for confidence in ([], [np.nan]):
        with pytest.raises(ValueError, match=r"case|number"):
            aurc(np.array(confidence), np.zeros(len(confidence)))


@pytest.mark.parametrize("n_labels", [2, 4])
def test_bcts_finds_the_distortion_that_was_put_in(n_labels):
    rng = np.random.default_rng(0)
    n_outputs = 1 if n_labels == 2 else n_labels
    true = rng.normal(0, 2, (20_000, n_outputs))
    proba = probabilities(true)
    y = (rng.random((len(true), 1)) > np.cumsum(proba, axis=1)).sum(axis=1).clip(0, n_labels - 1)
    shift = np.linspace(-1, 1, n_outputs) if n_outputs > 1 else np.array([0.7])
    found = fit_bcts((true - shift) * 5, y)
    assert found.temperature == pytest.approx(0.2, rel=0.06)
    assert found.bias == pytest.approx(shift, abs=0.1)
    calibrated = probabilities(found.apply((true - shift) * 5))
    right = calibrated.argmax(axis=1) == y
    assert expected_calibration_error(calibrated.max(axis=1), right) < 0.02


@settings(max_examples=50)
@given(st.floats(1e-6, 1e6), st.integers(0, 1000))
def test_calibration_survives_any_units_and_perfect_separation(scale, seed):
    rng = np.random.default_rng(seed)
    y = np.arange(30) % 2
    found = fit_bcts(((y * 2 - 1) * scale)[:, None] * rng.uniform(0.5, 1, (30, 1)), y)
    proba = probabilities(found.apply(((y * 2 - 1) * scale)[:, None]))
    assert np.isfinite(proba).all()
    assert (proba.argmax(axis=1) == y).all()
    assert proba.max() < 1
