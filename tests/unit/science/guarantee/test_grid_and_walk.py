"""Cutoffs are exact scores; the walk stops at the first that fails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from science.guarantee.grid import accepted_counts, accepted_sums, accepts, coverage_grid
from science.guarantee.walk import walk

# Few distinct values, so that ties are the rule.
tied_scores = hnp.arrays(
    np.float64, st.integers(1, 60), elements=st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0])
)
grids = st.lists(st.floats(0, 1), min_size=1, max_size=8, unique=True).map(
    lambda g: np.array(sorted(g))[::-1]
)


@given(hnp.arrays(np.float64, st.integers(0, 200), elements=st.floats(0, 1)), st.integers(1, 5000))
def test_a_grid_falls_strictly_and_ends_by_accepting_everything(scores: np.ndarray, labels: int) -> None:
    grid = coverage_grid(scores, target=0.05, delta=0.1, expected_labels=labels)
    assert np.all(np.diff(grid) < 0)
    assert grid[-1] == 0.0
    assert set(grid[:-1].tolist()) <= set(scores.tolist())  # bit for bit


@given(st.integers(1, 300), st.integers(6, 150))
def test_most_cutoffs_accept_enough_for_an_error_free_proof(n: int, n_cutoffs: int) -> None:
    scores = np.random.default_rng(n).random(n)
    grid = coverage_grid(scores, target=0.1, delta=0.1, expected_labels=100, n_cutoffs=n_cutoffs)
    enough = (scores[:, None] >= grid).mean(0) >= 0.22  # 22 labels are the least
    assert enough.sum() >= min(n_cutoffs - n_cutoffs // 6, 0.7 * n)
    # With far more labels than expected, stricter cutoffs can be proved too, so there are some.
    assert n < 50 or n_cutoffs < 12 or not enough.all()


@pytest.mark.parametrize("scores", [[0.5, np.nan], [0.5, 1.5], [-0.1, 0.5]])
def test_scores_outside_their_range_make_no_grid(scores: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^traffic_scores"):
        coverage_grid(np.array(scores), target=0.1, delta=0.1, expected_labels=100)


@given(tied_scores, grids)
def test_counts_sums_and_first_acceptance_agree_with_the_plain_comparison(
    scores: np.ndarray, grid: np.ndarray
) -> None:
    accepted = scores[:, None] >= grid
    values = np.arange(scores.size, dtype=float)
    assert accepted_counts(scores, grid).tolist() == accepted.sum(0).tolist()
    assert accepted_sums(scores, values, grid) == pytest.approx((accepted * values[:, None]).sum(0))
    first = accepts(scores, grid)
    assert np.array_equal(accepted, first[:, None] <= np.arange(grid.size))


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=1, max_size=12), st.data())
def test_the_walk_covers_the_passes_from_its_start_and_no_other(p: list[float], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(p) - 1))
    last = walk(p.__getitem__, start, len(p), 0.3)
    if last is None:
        assert not p[start] <= 0.3
    else:
        assert all(p[j] <= 0.3 for j in range(start, last + 1))
        assert last == len(p) - 1 or not p[last + 1] <= 0.3
