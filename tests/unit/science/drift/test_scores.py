"""Whether scores have moved: rarely said without cause, however often it is asked."""

import numpy as np

from science.drift.scores import MIN_RECENT, REFERENCE, Quantiles, differ


def test_scores_that_stay_where_they_were_are_hardly_ever_said_to_have_moved() -> None:
    said = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        reference = Quantiles.of(rng.beta(5, 1, REFERENCE))
        stream = rng.beta(5, 1, 6_000)
        said += any(differ(reference, stream[i : i + MIN_RECENT])[1] for i in range(0, 5_600, 100))
    assert said <= 1


def test_scores_that_have_fallen_are_said_to_have_moved() -> None:
    rng = np.random.default_rng(1)
    reference = Quantiles.of(rng.beta(5, 1, REFERENCE))
    gap, moved = differ(reference, rng.beta(2.5, 1, MIN_RECENT))
    assert moved
    assert gap > 0.15


def test_a_reference_survives_being_stored() -> None:
    reference = Quantiles.of(np.random.default_rng(2).random(REFERENCE))
    again = Quantiles.from_json(reference.to_json())
    recent = np.random.default_rng(3).random(MIN_RECENT)
    assert differ(reference, recent) == differ(again, recent)
