"""What is said of the wait before a test begins is what the test takes."""

import numpy as np
import pytest

from science.guarantee.elond import Doubt
from science.guarantee.wait import labels_until_proved
from science.worlds.clusters import copies
from science.worlds.clusters import labels_until_proved as played


@pytest.mark.parametrize(("target", "about"), [(0.1, 210), (0.05, 440), (0.02, 1120), (0.01, 1940)])
def test_a_lone_test_takes_about_as_many_labels_as_the_explanation_says(target: float, about: int) -> None:
    assert labels_until_proved(target, 0.05) == pytest.approx(about, rel=0.1)


def test_four_of_five_healthy_models_are_proved_by_then() -> None:
    alpha = Doubt().freeze(delta=0.05)[1].alpha
    labels = labels_until_proved(0.1, alpha)
    assert labels is not None
    took = played(
        copies(1, 0.05),
        cap=1.0,
        runs=150,
        rng=np.random.default_rng(8),
        target=0.1,
        labels=labels,
        planned=labels,
        delta=alpha,
    )
    assert 0.68 <= np.isfinite(took).mean() <= 0.92


@pytest.mark.parametrize("target", [1e-6, 1e-9, 1e-12])
def test_nobody_waits_for_what_no_number_of_labels_would_prove(target: float) -> None:
    assert labels_until_proved(target, 0.05) is None


def test_the_smaller_the_target_the_longer_the_wait_and_no_target_takes_the_memory_of_the_machine() -> None:
    waits = [labels_until_proved(target, 0.05) or np.inf for target in (1e-3, 1e-4, 2e-5, 1e-5, 3e-6)]
    assert waits == sorted(waits)
    assert waits[1] == pytest.approx(10 * waits[0], rel=0.1)
