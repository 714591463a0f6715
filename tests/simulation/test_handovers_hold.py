"""A challenger that is worse than promised inherits nothing, a good one is handed over for few labels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from science.worlds.handovers import HandoverWorld, at_the_boundary, handover_trial, steady

TARGET = 0.02
RUNS = 25


@pytest.mark.parametrize(
    "world",
    [
        steady(0.006, 1500, 0.05, 0.0),
        steady(0.010, 3000, 0.03, 0.0),
        steady(0.019, 3000, 0.01, 0.0),
        HandoverWorld((0.006, 0.017, 0.017), 3000, 0.03, 0.0),
    ],
    ids=["good champion", "middling champion", "no slack", "champion drifted in its window"],
)
def test_a_challenger_at_the_target_is_handed_over_no_more_often_than_delta(world: HandoverWorld) -> None:
    worst = at_the_boundary(world, TARGET)
    assert worst.risk == pytest.approx(TARGET)
    rng = np.random.default_rng(401)
    false = sum(handover_trial(worst, rng=rng, target=TARGET, cases=5000) is not None for _ in range(RUNS))
    assert false <= stats.binom.ppf(0.9999, RUNS, 0.05)


def test_reviewers_who_miss_errors_are_allowed_for() -> None:
    world, rng = at_the_boundary(steady(0.010, 3000, 0.03, 0.0), TARGET), np.random.default_rng(402)
    false = sum(
        handover_trial(world, rng=rng, target=TARGET, cases=5000, miss=0.3) is not None for _ in range(RUNS)
    )
    assert false <= stats.binom.ppf(0.9999, RUNS, 0.05)


@pytest.mark.parametrize(
    ("world", "share", "labels"),
    [(steady(0.006, 1500, 0.01, 0.04), 0.8, 40), (steady(0.006, 1500, 0.05, 0.04), 0.6, 360)],
    ids=["differs in 1 %", "differs in 5 %"],
)
def test_a_good_challenger_is_handed_over_for_a_few_labels(
    world: HandoverWorld, share: float, labels: int
) -> None:
    rng = np.random.default_rng(403)
    played = [handover_trial(world, rng=rng, target=TARGET, cases=8000) for _ in range(RUNS)]
    took = [result.labels for result in played if result]
    assert len(took) >= share * RUNS
    assert np.median(took) <= labels


def test_a_test_of_the_challenger_alone_needs_many_times_as_many_labels() -> None:
    # The same challenger with a champion of whom nothing is known: nothing to inherit within as many cases.
    world, rng = replace(steady(0.006, 1500, 0.01, 0.04), audits=10), np.random.default_rng(404)
    assert all(handover_trial(world, rng=rng, target=TARGET, cases=3000) is None for _ in range(10))
