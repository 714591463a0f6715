"""Slices in which a model errs more: found where planted, and hardly ever claimed where not."""

import numpy as np
import pytest

from science.weak_slices import Named, weak_slices


def cut(values: np.ndarray) -> list[Named]:
    return [("x", f"x: {value}", values == value) for value in np.unique(values)]


def test_where_nothing_is_planted_hardly_any_study_claims_a_slice() -> None:
    """Twelve looks at each clean world, with unequal chances: at most 5 % of them may claim anything."""
    rng, claimed = np.random.default_rng(5), 0
    for _ in range(30):
        n = 600
        pi = rng.choice([1.0, 0.1], n, p=(0.7, 0.3))
        found = weak_slices(cut(rng.integers(0, 12, n)), rng.random(n) < 0.1, pi)
        claimed += any(one.is_worse for one in found)
    assert claimed <= 5  # more than that happens to a rate of 5 % once in 300 times


def test_a_planted_slice_comes_first_with_its_excess() -> None:
    rng = np.random.default_rng(6)
    n = 3_000
    values, pi = rng.integers(0, 10, n), rng.choice([1.0, 0.2], n)
    wrong = rng.random(n) < np.where(values == 3, 0.5, 0.05)
    first, *others = weak_slices(cut(values), wrong, pi)
    assert (first.words, first.is_worse) == ("x: 3", True)
    assert first.low < 0.5 < first.high
    assert first.cases == pytest.approx(0.1, abs=0.02)
    # Of all mistakes .1 * .5 / (.1 * .5 + .9 * .05) are in it; erring like the rest, .1 * .05 would be.
    assert first.excess == pytest.approx(0.45 / 0.95, abs=0.08)
    assert not any(one.is_worse for one in others)


def test_what_was_asked_about_more_often_does_not_count_for_more() -> None:
    """A slice that is always asked about, beside one asked about rarely, and both err alike."""
    rng = np.random.default_rng(7)
    values = np.repeat([0, 1], [2_000, 200])
    pi = np.where(values == 0, 1.0, 0.1)
    wrong = rng.random(2_200) < 0.1
    found = {one.words: one for one in weak_slices(cut(values), wrong, pi)}
    assert found["x: 1"].cases == pytest.approx(0.5)
    assert not any(one.is_worse for one in found.values())


@pytest.mark.parametrize("n", [0, 10, 59])
def test_of_few_nothing_is_said(n: int) -> None:
    assert weak_slices(cut(np.arange(n) % 2), np.ones(n, dtype=bool), np.ones(n)) == []


def test_a_model_without_a_mistake_has_no_weak_slice() -> None:
    found = weak_slices(cut(np.arange(400) % 2), np.zeros(400, dtype=bool), np.ones(400))
    assert [(one.excess, one.is_worse) for one in found] == [(0.0, False)] * 2
