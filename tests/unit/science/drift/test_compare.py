"""A difference is found as often as the exact test finds it, and noise as seldom as the p-value says."""

import numpy as np
import pytest
from scipy.stats import binom, ks_2samp

from science.drift.cells import NumberCells
from science.drift.compare import compare, deal, population_stability


def p_value(then: list[int], now: list[int], *, is_ordered: bool = False, seed: int = 0) -> float:
    rng = np.random.default_rng(seed)
    return compare(np.array(then), np.array(now), is_ordered=is_ordered, rng=rng, min_cases=1).p_value


@pytest.mark.parametrize("is_ordered", [True, False])
@pytest.mark.parametrize(("n", "m"), [(50, 50), (2_000, 80), (90, 3_000)])
def test_noise_is_taken_for_drift_no_more_often_than_stated(n: int, m: int, is_ordered: bool) -> None:
    rng = np.random.default_rng([n, m, is_ordered])
    shares = rng.dirichlet(np.full(12, 0.7))
    runs = 300
    p = np.array(
        [
            compare(
                rng.multinomial(n, shares), rng.multinomial(m, shares), is_ordered=is_ordered, rng=rng
            ).p_value
            for _ in range(runs)
        ]
    )
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).sum() <= binom.ppf(0.9999, runs, level)
    assert (p <= 0.2).mean() > 0.08  # and it is no test that never speaks


def test_a_shift_is_found_as_often_as_by_the_test_of_the_values_themselves() -> None:
    rng = np.random.default_rng(3)
    reference = rng.normal(size=5_000)
    cells = NumberCells.learn(reference)
    then = cells.count(reference)[: cells.n_proper]
    ours = exact = 0
    for _ in range(100):
        values = rng.normal(0.2, 1, 400)
        now = cells.count(values)[: cells.n_proper]
        ours += compare(then, now, is_ordered=True, rng=rng).p_value <= 0.05
        exact += ks_2samp(reference, values).pvalue <= 0.05
    assert exact > 80
    assert abs(ours - exact) <= 2


def test_two_cells_are_fishers_table() -> None:
    """All deals of a table of two cells can be listed: the p-value is the share of those as extreme."""
    then, now = [8, 2], [3, 7]
    total, m = np.array([11, 9]), 10
    dealt = deal(total, m, 40_000, np.random.default_rng(0))
    expected = total * m / total.sum()
    extreme = (np.abs(dealt[:, 0] - expected[0]) >= abs(now[0] - expected[0]) - 1e-9).mean()
    found = np.mean([p_value(then, now, seed=seed) for seed in range(40)])
    assert found == pytest.approx(extreme, rel=0.15)


def test_it_does_not_matter_which_comes_first() -> None:
    a, b = [30, 40, 30, 10], [20, 45, 40, 25]
    for is_ordered in (True, False):
        forth = np.mean([p_value(a, b, is_ordered=is_ordered, seed=s) for s in range(30)])
        back = np.mean([p_value(b, a, is_ordered=is_ordered, seed=s) for s in range(30)])
        assert forth == pytest.approx(back, rel=0.2)


def test_the_same_counts_and_seed_give_the_same_answer() -> None:
    assert p_value([50, 60, 70], [60, 50, 90]) == p_value([50, 60, 70], [60, 50, 90])


def test_too_few_cases_are_no_answer() -> None:
    rng = np.random.default_rng(0)
    few = compare(np.array([40, 40]), np.array([0, 49]), is_ordered=True, rng=rng)
    assert not few.is_known
    assert few.effect == 0.5  # what was seen is said; what it means is not
    assert compare(np.array([40, 40]), np.array([0, 50]), is_ordered=True, rng=rng).is_known


def test_where_everything_is_in_one_cell_nothing_differs() -> None:
    assert p_value([100, 0, 0], [90, 0, 0]) == 1.0


def test_an_overwhelming_difference_costs_no_dealing() -> None:
    found = compare(
        np.array([9_000, 1_000]), np.array([1_000, 9_000]), is_ordered=True, rng=np.random.default_rng(0)
    )
    assert 0 < found.p_value < 1e-6
    assert found.statistic > 1_000
    assert (found.cell, found.then, found.now) == (0, 0.9, 0.1)
    assert found.effect == pytest.approx(0.8)


def test_of_unordered_cells_the_effect_is_the_share_that_moved() -> None:
    found = compare(
        np.array([50, 30, 20]), np.array([30, 40, 30]), is_ordered=False, rng=np.random.default_rng(0)
    )
    assert found.effect == pytest.approx(0.2)
    assert (found.cell, found.then, found.now) == (0, 0.5, 0.3)


@pytest.mark.parametrize(
    ("then", "now", "dispersion"), [([1, 2], [1], 1.0), ([-1, 2], [1, 1], 1.0), ([1, 2], [1, 1], 0.5)]
)
def test_what_is_no_pair_of_counts_is_refused(then: list[int], now: list[int], dispersion: float) -> None:
    with pytest.raises(ValueError, match=r"counts|dispersion"):
        compare(
            np.array(then),
            np.array(now),
            is_ordered=True,
            rng=np.random.default_rng(0),
            dispersion=dispersion,
        )


def test_an_empty_cell_does_not_make_the_index_infinite() -> None:
    assert population_stability(np.array([100, 0]), np.array([0, 100])) < 20
    assert population_stability(np.array([100, 50]), np.array([200, 100])) == pytest.approx(0, abs=1e-4)
