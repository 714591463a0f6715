"""Copies, campaigns and the cases of one customer do not prove a false promise in a live test."""

import numpy as np
import pytest
from scipy.stats import binom

from policy.proof.live_tests import Block, GroupTooLarge, LiveTest
from science.guarantee.planning import TestPlan, plan_on_grid
from science.guarantee.verdict import Certified

TARGET, DELTA, RUNS = 0.01, 0.05, 12


def frozen(cap: int, labels: int) -> TestPlan:
    """Return the plan of a test that expects a good model."""
    rng = np.random.default_rng(7)
    wrong = rng.random(3000) < 0.004
    return plan_on_grid([0.5], np.full(3000, 0.9), wrong, target=TARGET, delta=DELTA, expected_labels=labels)


def block_of(groups: np.ndarray, wrong: np.ndarray) -> Block:
    n = len(groups)
    ones = np.ones(n)
    return Block(np.full(n, 0.9), np.full(n, "ham", dtype=object), wrong.astype(float), ones, ones, groups)


def is_proved(size: int, *, cap: int, knows_groups: bool, seed: int, risk: float = 0.0105) -> bool:
    """Whether 8,000 labels in groups of `size`, each right or wrong as one, prove 1 %."""
    rng = np.random.default_rng(seed)
    plan = frozen(cap, 8000)
    test = LiveTest.begin({None: plan}, cap=cap)
    for first in range(0, 8000 // size, 200):
        groups = np.repeat(np.arange(first, first + 200), size)
        wrong = np.repeat(rng.random(200) < risk, size)
        block = block_of(groups if knows_groups else np.arange(len(groups)) + size * first, wrong)
        test.take(block)
        if isinstance(test.verdicts()[None], Certified):
            return True
    return False


def test_copies_prove_a_false_promise_no_more_often_than_stated() -> None:
    """At a true 1.05 %; whoever bets on each of twelve copies as if it were new is wrong in many lives."""
    false = sum(is_proved(12, cap=12, knows_groups=True, seed=seed) for seed in range(RUNS))
    assert false <= binom.ppf(0.9999, RUNS, DELTA)
    assert is_proved(12, cap=1, knows_groups=False, seed=1)


def test_a_good_model_is_proved_by_groups_as_well() -> None:
    assert sum(is_proved(4, cap=4, knows_groups=True, seed=seed, risk=0.001) for seed in range(2)) >= 1


def test_a_group_larger_than_declared_is_refused_before_its_answers_count() -> None:
    test = LiveTest.begin({None: frozen(2, 2000)}, cap=2)
    before = test.states()
    with pytest.raises(GroupTooLarge, match="3 labels of one group"):
        test.take(block_of(np.array([1, 2, 2, 2]), np.zeros(4)))
    assert test.states() == before


def test_what_a_known_group_brings_later_only_takes() -> None:
    plan = frozen(1, 2000)
    once, again = (LiveTest.begin({None: plan}, cap=1) for _ in range(2))
    for block in range(5):
        groups = np.arange(100) + 100 * block
        once.take(block_of(groups, np.zeros(100)))
        again.take(block_of(groups, np.zeros(100)))
        again.take(block_of(groups, np.zeros(100)))
    assert (again.tests[None].log_wealth <= once.tests[None].log_wealth).all()
    again.take(block_of(np.arange(100), np.ones(100)))
    assert again.tests[None].log_wealth.max() < once.tests[None].log_wealth.max()
