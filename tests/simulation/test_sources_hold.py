"""A model elsewhere, five times too sure: believed it breaks a promise of 5 %, calibrated it keeps it."""

import numpy as np
import pytest

from science.worlds.elsewhere import Elsewhere
from science.worlds.trials import certification_trial, is_false

TARGET, RAW_CUTOFF = 0.05, 0.9
STREAMS = 40
SEED = 20_26


def test_a_raw_cutoff_breaks_the_promise() -> None:
    for spread in (1.5, 3.0):
        assert Elsewhere(spread).as_sent().risk(RAW_CUTOFF) > TARGET


@pytest.mark.parametrize("spread", [1.5, 3.0])
def test_calibrated_and_certified_it_keeps_the_promise(spread: float) -> None:
    rng = np.random.default_rng(SEED)
    model, broken = Elsewhere(spread), 0
    for _ in range(STREAMS):
        world = model.calibrated(500, rng)
        verdict = certification_trial(world, n=1_000, target=TARGET, rng=rng, tuning=500)
        broken += is_false(verdict, world)
    # At the promised 5 % more than 6 of 40 have a chance of 0.3 %; the seed is fixed all the same.
    assert broken <= 6


def test_the_true_risk_of_the_world_is_what_its_cases_show() -> None:
    rng = np.random.default_rng(SEED)
    world = Elsewhere(3.0).as_sent()
    seen = world.sample(200_000, rng)
    accepted = seen.scores >= RAW_CUTOFF
    assert seen.wrong[accepted].mean() == pytest.approx(world.risk(RAW_CUTOFF), abs=0.003)
    assert accepted.mean() == pytest.approx(world.coverage(RAW_CUTOFF), abs=0.005)
