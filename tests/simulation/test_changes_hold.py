"""Worlds that change: what goes wrong beyond the promise until the rules act, and what they cost else."""

import numpy as np
import pytest

from science.worlds.changes import Delivered, Rules, changes, delivered

TARGET, WAIT, RUNS = 0.1, 340, 25
WORLDS = {change.name: change for change in changes()}


def lives(world: str) -> list[Delivered]:
    """Without the rules, and with them."""
    rng, rules = np.random.default_rng(7), [Rules(False, False), Rules()]
    return delivered(WORLDS[world], rules, target=TARGET, wait=WAIT, runs=RUNS, rng=rng)


@pytest.mark.parametrize(
    ("world", "most"), [("turn by 60 degrees", 0.8), ("surest tenth flips", 0.8), ("to and fro", 0.5)]
)
def test_less_goes_wrong_beyond_the_promise_than_without_the_rules(world: str, most: float) -> None:
    without, with_them = lives(world)
    assert with_them.beyond.mean() < most * without.beyond.mean()
    assert with_them.automated.mean() > 0.9 * without.automated.mean()


def test_they_cost_hardly_anything_while_nothing_changes() -> None:
    without, with_them = lives("still")
    assert with_them.beyond.max() == 0
    assert with_them.audited.mean() < 1.1 * without.audited.mean()
