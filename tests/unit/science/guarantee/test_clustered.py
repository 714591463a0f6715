"""Draws of one cluster make one bet, and an entity that returns can only take."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.guarantee.clustered import ClusteredCertifier, kept_chance, subsample
from science.guarantee.planning import TestPlan, plan
from science.guarantee.sequential import AnytimeCertifier

RNG = np.random.default_rng(5)
SCORES = RNG.random(4000)
PLAN = plan(
    SCORES,
    (RNG.random(4000) < 0.2 * (1 - SCORES) ** 4).astype(float),
    target=0.05,
    delta=0.05,
    expected_labels=600,
    pi_floor=0.5,
    n_cutoffs=12,
)


def one_cutoff(labels: int, target: float = 0.05) -> TestPlan:
    """A plan that accepts everything."""
    own = plan(np.ones(1000), np.zeros(1000), target=target, delta=0.05, expected_labels=labels)
    return TestPlan.from_json(own.to_json() | {"grid": [0.0], "coverage": [1.0], "start": 0,
                                               "tune_n": [1000], "tune_wrong": [10.0]})  # fmt: skip


def mixed(certifier: ClusteredCertifier | AnytimeCertifier) -> np.ndarray:
    """Wealth of every gambler, which no later label may forget."""
    return np.asarray(certifier.log_wealth)


@given(st.integers(0, 2**32 - 1), st.integers(1, 120), st.integers(1, 40), st.booleans())
@settings(max_examples=40)
def test_where_every_cluster_has_one_member_nothing_changes(
    seed: int, n: int, block: int, named: bool
) -> None:
    rng = np.random.default_rng(seed)
    scores, x, pi = rng.random(n), (rng.random(n) < 0.1).astype(float), rng.uniform(0.5, 1, n)
    single, clustered = AnytimeCertifier(PLAN), ClusteredCertifier(PLAN)
    single.add_block(scores, x, pi)
    for begin in range(0, n, block):
        at = slice(begin, begin + block)
        names = [f"case {i}" if named else None for i in range(n)][at]
        clustered.add_block(scores[at], x[at], pi[at], names)
    assert np.array_equal(mixed(single), mixed(clustered))
    assert np.array_equal(single.peak, clustered.peak)
    assert single.verdict() == clustered.verdict()


def test_copies_within_the_cap_are_one_label_of_a_plan_for_as_many_clusters() -> None:
    single, copied = AnytimeCertifier(one_cutoff(100)), ClusteredCertifier(one_cutoff(400), cap=4)
    x = np.array([0.0] * 30 + [1.0] + [0.0] * 60)
    single.add_block(np.ones(x.size), x, np.ones(x.size))
    copied.add_block(
        np.ones(4 * x.size), np.repeat(x, 4), np.ones(4 * x.size), np.repeat(np.arange(x.size), 4).tolist()
    )
    assert mixed(copied) == pytest.approx(mixed(single))
    assert copied.oversized == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=30))
def test_an_entity_that_returns_never_adds_to_wealth(draws: list[tuple[int, bool]]) -> None:
    certifier, met = ClusteredCertifier(one_cutoff(50), cap=2), set[int]()
    for cluster, wrong in draws:
        before = mixed(certifier).copy()
        certifier.add_block(np.ones(1), np.array([float(wrong)]), np.ones(1), [cluster])
        if cluster in met:
            assert np.all(mixed(certifier) <= before)
        met.add(cluster)


def test_an_entity_that_returns_wrong_ends_where_one_bet_on_all_of_it_would() -> None:
    late, at_once = (ClusteredCertifier(one_cutoff(50), cap=2) for _ in range(2))
    for _ in range(2):
        late.add_block(np.ones(1), np.ones(1), np.ones(1), ["speaker"])
    at_once.add_block(np.ones(2), np.ones(2), np.ones(2), ["speaker", "speaker"])
    constant = slice(None, -1)  # the last gambler has changed the stakes meanwhile
    assert mixed(late)[:, constant] == pytest.approx(mixed(at_once)[:, constant])


def test_known_elsewhere_is_not_new_at_a_cutoff_that_saw_nothing_of_it() -> None:
    certifier = ClusteredCertifier(PLAN)
    certifier.add_block(np.array([0.0]), np.zeros(1), np.ones(1), ["speaker"])
    before = mixed(certifier).copy()
    certifier.add_block(np.array([1.0]), np.zeros(1), np.ones(1), ["speaker"])
    assert np.all(mixed(certifier) <= before)


def test_a_cluster_beyond_its_cap_wins_less_loses_all_and_is_counted() -> None:
    right, wrong, alone = (ClusteredCertifier(one_cutoff(50)) for _ in range(3))
    right.add_block(np.ones(5), np.zeros(5), np.ones(5), ["one"] * 5)
    wrong.add_block(np.ones(5), np.ones(5), np.ones(5), ["one"] * 5)
    alone.add_block(np.ones(1), np.zeros(1), np.ones(1), ["one"])
    assert mixed(right) == pytest.approx(mixed(alone))
    assert np.all(np.isfinite(mixed(wrong)))
    assert np.all(mixed(wrong)[:, :3] < -20)
    assert (right.oversized, wrong.oversized, alone.oversized) == (1, 1, 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
@settings(max_examples=25)
def test_a_restored_state_goes_on_as_if_nothing_had_happened(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    certifier = ClusteredCertifier(PLAN, cap=3)
    for half in range(2):
        if half:
            restored = ClusteredCertifier.from_json(PLAN, json.loads(json.dumps(certifier.to_json())))
        args = rng.random(n), (rng.random(n) < 0.2) * 0.7, np.ones(n), rng.integers(0, n, n).tolist()
        certifier.add_block(*args)
    restored.add_block(*args)
    assert np.array_equal(mixed(certifier), mixed(restored))
    assert restored.to_json() == certifier.to_json()


def test_what_cannot_be_is_refused_before_anything_is_taken_in() -> None:
    certifier = ClusteredCertifier(PLAN)
    with pytest.raises(ValueError, match="as many"):
        certifier.add_block(np.ones(2), np.zeros(2), np.ones(2), ["one"])
    with pytest.raises(ValueError, match="losses"):
        certifier.add_block(np.ones(1), np.array([np.nan]), np.ones(1), ["one"])
    assert not mixed(certifier).any()
    with pytest.raises(ValueError, match="cap"):
        ClusteredCertifier(PLAN, cap=0.5)


# -- fewer draws of a cluster
# ----------------------------


def test_each_case_is_drawn_and_kept_as_often_as_is_said() -> None:
    rng, runs, size, floor, keep = np.random.default_rng(7), 20_000, 6, 0.4, 2
    often, largest = np.zeros(size), 0
    for _ in range(runs):
        rates = np.array([0.4, 0.9, 1.0, 0.4, 0.5, 0.7])
        drawn = np.flatnonzero(rng.random(size) < rates)
        kept, pi = subsample(["one"] * drawn.size, rates[drawn], np.full(drawn.size, size),
                             floor=floor, keep=keep, rng=rng)  # fmt: skip
        often[drawn[kept]] += 1 / pi[kept]
        largest = max(largest, int(kept.sum()))
    assert largest == keep
    assert often / runs == pytest.approx(1, abs=0.04)


def test_small_clusters_keep_all_their_draws() -> None:
    rates = np.array([0.5, 1.0, 0.6])
    kept, pi = subsample(["a", "a", None], rates, np.array([2, 2, 1]), floor=0.5, keep=2, rng=RNG)
    assert kept.all()
    assert pi.tolist() == rates.tolist()
    assert kept_chance(2, floor=0.5, keep=2) == 1
    with pytest.raises(ValueError, match="keep"):
        subsample(["a"], np.ones(1), np.ones(1), floor=0.5, keep=0, rng=RNG)
    with pytest.raises(ValueError, match="as many"):
        subsample(["a"], np.ones(2), np.ones(2), floor=0.5, keep=1, rng=RNG)
