"""Copies and regulars prove nothing that single cases would not: a small, seeded version of the benchmark."""

import numpy as np
import pytest
from scipy import stats

from science.guarantee.clustered import ClusteredCertifier, kept_chance, subsample
from science.worlds.clusters import (
    ClusterWorld,
    bets_of,
    copies,
    labels_until_proved,
    play_in_step,
    wholesale_plan,
)

RUNS = 60
MOST = int(stats.binom.ppf(0.9999, RUNS, 0.05))
WHOLE = 60  # labels of a block that cuts no cluster
CAMPAIGNS = ClusterWorld("campaigns are worse", (1, 10), (0.016, 0.0654), (0.9, 0.1))


def proved(world: ClusterWorld, cap: float | None, seed: int, *, block: int = 10) -> int:
    """Count the runs that proved 4 % with 2,400 labels."""
    took = labels_until_proved(
        world,
        cap=cap,
        runs=RUNS,
        rng=np.random.default_rng(seed),
        target=0.04,
        labels=2400,
        planned=600,
        block_size=block,
    )
    return int(np.isfinite(took).sum())


@pytest.mark.parametrize(
    ("world", "cap", "block"),
    [
        (copies(1, 0.042), 1, 10),
        (copies(2, 0.042), 2, WHOLE),
        (copies(4, 0.042), 4, WHOLE),
        (copies(12, 0.042), 12, WHOLE),
        (copies(12, 0.042), 10, 10),
        (copies(4, 0.042, spread=True), 1, 10),
        (CAMPAIGNS, 10, WHOLE),
    ],
    ids=lambda value: value.name if isinstance(value, ClusterWorld) else None,
)
def test_one_bet_a_cluster_is_false_no_more_often_than_delta(
    world: ClusterWorld, cap: float, block: int
) -> None:
    assert world.risk > 0.04
    assert proved(world, cap, 201, block=block) <= MOST


@pytest.mark.parametrize("world", [copies(4, 0.042), copies(12, 0.042), CAMPAIGNS], ids=lambda w: w.name)
def test_one_bet_a_label_proves_what_is_false(world: ClusterWorld) -> None:
    assert proved(world, None, 202) > 2 * MOST


def test_what_is_true_is_still_proved() -> None:
    assert proved(copies(1, 0.02), 1, 203) > 0.9 * RUNS
    assert proved(copies(2, 0.01), 2, 204, block=WHOLE) > 0.9 * RUNS


def test_runs_played_in_step_are_those_of_the_certifier() -> None:
    rng, world = np.random.default_rng(205), ClusterWorld("both", (1, 6), (0.01, 0.02), (0.9, 0.1), 0.3, True)
    played, took = [], []
    for _ in range(8):
        clusters, wrong = world.sample(600, rng)
        played.append(bets_of(clusters, wrong, cap=2.0, target=0.1))
        certifier, passed = ClusteredCertifier(wholesale_plan(0.1, labels=200), cap=2.0), np.inf
        for begin in range(0, 600, 10):
            at = slice(begin, begin + 10)
            certifier.add_block(np.ones(10), wrong[at], np.ones(10), clusters[at].tolist())
            if np.isinf(passed) and certifier.peak[0] >= np.log(20):
                passed = begin + 10
        took.append(passed)
    assert play_in_step(played, wholesale_plan(0.1, labels=100)).tolist() == took
    assert np.isfinite(took).sum() > 0


def test_subsampled_campaigns_of_any_size_keep_the_promise_with_a_cap_of_one() -> None:
    # Each case is audited with probability .2, campaigns are 12 copies, and one draw of each is kept.
    rng, false = np.random.default_rng(206), 0
    floor = 0.2 * kept_chance(12, floor=0.2, keep=1)
    own = wholesale_plan(0.04, labels=600, pi_floor=floor)
    world = ClusterWorld("campaigns", (1, 12), (0.03, 0.052), (0.9, 0.1))
    assert world.risk > 0.04
    for _ in range(20):
        clusters, wrong = world.sample(3000, rng)
        certifier = ClusteredCertifier(own)
        for begin in range(0, 3000, 600):  # blocks that cut no more than the campaign at their border
            block = np.arange(begin, begin + 600)
            size = np.bincount(clusters[block])[clusters[block]]
            drawn = block[rng.random(600) < 0.2]
            names = clusters[drawn].tolist()
            kept, pi = subsample(
                names, np.full(drawn.size, 0.2), size[drawn - begin], floor=0.2, keep=1, rng=rng
            )
            certifier.add_block(
                np.ones(kept.sum()), wrong[drawn[kept]], pi[kept], clusters[drawn[kept]].tolist()
            )
        assert certifier.oversized == 0
        false += certifier.peak[0] >= np.log(20)
    assert false <= stats.binom.ppf(0.9999, 20, 0.05)
