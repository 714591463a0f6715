"""What would have risen under other terms: the same as what did, where the terms are the same."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.drift.backtest import Outcome, Read, Terms, better, episodes, outcome
from science.drift.cells import NumberCells
from science.drift.findings import RATE, Persistence
from science.drift.watch import MIN_EFFECT, State, sudden

TERMS = Terms(rate=RATE, least_effect=MIN_EFFECT, persistence=Persistence(), clears_at=0.8)
CALM, UNKNOWN = Read(0.03, 0.9, 0.1), Read(0.5)


def odd(value: float) -> Read:
    return Read(value, 0.001, 0.1)


def test_it_rises_when_a_difference_is_back_and_stands_until_it_is_well_gone() -> None:
    windows = [CALM, odd(0.3), CALM, odd(0.3), CALM, CALM, Read(0.09, 0.2, 0.1), CALM]
    assert episodes(windows, TERMS) == [(3, 3)]
    near = [odd(0.3), odd(0.3), Read(0.09, 0.2, 0.1), Read(0.09, 0.2, 0.1), Read(0.09, 0.2, 0.1), CALM]
    assert episodes(near, TERMS) == [(1, 4)]


def test_what_is_not_known_neither_raises_nor_clears() -> None:
    assert episodes([UNKNOWN] * 5, TERMS) == []
    assert episodes([odd(0.3), odd(0.3), UNKNOWN, UNKNOWN], TERMS) == [(1, 3)]


def test_stricter_terms_keep_the_incident_and_drop_the_noise() -> None:
    windows = [CALM, CALM, CALM, odd(0.12), odd(0.12), CALM, CALM, CALM, odd(0.4), odd(0.4), CALM, CALM, CALM]
    found = better(windows, TERMS, [(8, 10)])
    assert found is not None
    assert found[0].least_effect == 0.125
    assert found[1] == Outcome(fired=1, false=0, caught=1, incidents=1)
    assert better(windows, TERMS, [(3, 4), (8, 10)]) is None  # both were real


reads = st.builds(
    lambda value, q, limit: Read(value, q, max(limit, MIN_EFFECT)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
) | st.just(UNKNOWN)


@given(st.lists(reads, max_size=40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 5)), max_size=3))
def test_a_proposal_never_misses_what_was_caught_and_always_spares_something(
    windows: list[Read], spans: list[tuple[int, int]]
) -> None:
    incidents = [(first, first + length) for first, length in spans]
    before, found = outcome(windows, TERMS, incidents), better(windows, TERMS, incidents)
    assert 0 <= before.false <= before.fired
    if found is not None:
        assert found[1].caught >= before.caught
        assert found[1].false < before.false
        assert found[1] == outcome(windows, replace(TERMS, least_effect=found[0].least_effect), incidents)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_terms_rise_when_the_watch_did(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = NumberCells.learn(rng.normal(size=2_000))
    shifts = [1.0 if day in (33, 34, 35) else 0.0 for day in range(40)]
    days = np.array([cells.count(rng.normal(size=200) + shift) for shift in shifts])
    read, drifted = [], []
    for day in range(31, 40):
        seen = sudden({"x": days[day - 30 : day + 1]}, {"x": True}, seed=day)["x"]
        read.append(Read(seen.effect, seen.q_value, seen.threshold))
        drifted.append(seen.state is State.DRIFTS)
    assert episodes(read, TERMS)[0][0] == drifted.index(True)
