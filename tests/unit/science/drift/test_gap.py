"""Errors beside those that scores predict: few false findings, whatever chose the cutoffs."""

import numpy as np
import pytest

from science.drift.gap import Errors, estimated, gap

CUTS = (0.02, 0.05, 0.1, 0.2, 0.4)


def errors(
    rng: np.random.Generator, n_release: int, n_now: int, *, scores_lie: float = 1.0, times: float = 1.0
) -> tuple[Errors, Errors]:
    """A release whose cutoff was chosen where fewest labels are wrong, and audits of what it decides."""
    doubt = rng.beta(1, 12, n_release)
    wrong = rng.random(n_release) < np.minimum(1, doubt * scores_lie)
    cut = min(CUTS, key=lambda one: (wrong[doubt <= one].sum() + 1) / ((doubt <= one).sum() + 1))
    here = rng.beta(1, 12, 30 * n_now)
    here = here[here <= cut][:n_now]
    wrong_now = rng.random(len(here)) < np.minimum(1, here * scores_lie * times)
    taken = doubt <= cut
    return (
        Errors(int(taken.sum()), float(wrong[taken].sum()), float(doubt[taken].sum())),
        Errors(len(here), float(wrong_now.sum()), float(here.sum())),
    )


@pytest.mark.parametrize("scores_lie", [0.7, 1.0, 1.3])
def test_nothing_has_changed_and_hardly_anything_is_found(scores_lie: float) -> None:
    rng = np.random.default_rng(1)
    found = [
        gap(*errors(rng, 1_000, int(rng.integers(100, 2_000)), scores_lie=scores_lie), level=1e-4)
        for _ in range(300)
    ]
    p = np.array([one.p_value for one in found if one is not None])
    assert len(p) > 270
    assert (p <= 0.05).sum() <= 24  # 15 are as many as there may be on average
    assert (p <= 0.001).sum() <= 3


def test_a_model_that_errs_five_times_as_often_is_found_by_four_hundred_audits() -> None:
    rng = np.random.default_rng(2)
    caught = 0
    for _ in range(50):
        doubt, here = rng.beta(1, 12, 600) / 3, rng.beta(1, 12, 400) / 3
        release = Errors(600, float((rng.random(600) < doubt).sum()), float(doubt.sum()))
        now = Errors(400, float((rng.random(400) < 5 * here).sum()), float(here.sum()))
        seen = gap(release, now, level=1e-4)
        assert seen is not None
        caught += seen.p_value <= 1e-4
        assert (seen.p_value <= 1e-4) == (seen.found - seen.expected >= seen.needed - 1e-12)
    assert caught >= 45


def test_too_few_labels_say_nothing() -> None:
    enough = Errors(200, 4, 5.0)
    assert gap(enough, Errors(40, 10, 2.0), level=1e-4) is None
    assert gap(enough, Errors(400, 10, 0.5), level=1e-4) is None
    assert gap(Errors(0, 0, 0.0), enough, level=1e-4) is None
    assert estimated(Errors(10, 0, 0.1), 0.02) is None


def test_the_estimate_holds_the_truth_where_nothing_has_changed() -> None:
    rng, inside = np.random.default_rng(3), 0
    for _ in range(400):
        doubt = rng.beta(1, 12, 400)
        release = Errors(400, float((rng.random(400) < 1.4 * doubt).sum()), float(doubt.sum()))
        seen = estimated(release, 1 / 13)
        assert seen is not None
        inside += seen.low <= 1.4 / 13 <= seen.high
    assert inside >= 370  # 95 % of 400, less three deviations
