"""Detection from the review band: rarely without cause, soon with one, and never an impossible number."""

import numpy as np
import pytest

from science.guarantee.band import FACTOR, BandMonitor


def fed(
    monitor: BandMonitor, risks: np.ndarray, predicted: np.ndarray, rng: np.random.Generator
) -> int | None:
    """Return after how many answers it is amber; None while it never is."""
    for i, (risk, said) in enumerate(zip(risks, predicted, strict=True)):
        monitor.add(float(rng.random() < risk), float(said))
        if monitor.is_amber:
            return i + 1
    return None


def test_a_model_that_is_wrong_as_often_as_it_says_is_hardly_ever_suspected() -> None:
    suspected = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        predicted = rng.uniform(0.05, 0.5, 500)
        suspected += fed(BandMonitor(5_000), predicted, predicted, rng) is not None
    assert suspected <= 3


def test_a_model_that_is_wrong_three_times_as_often_as_it_says_is_suspected_soon() -> None:
    after = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        predicted = rng.uniform(0.1, 0.3, 400)
        after.append(fed(BandMonitor(5_000), 3 * predicted, predicted, rng))
    assert None not in after
    assert np.median([one for one in after if one is not None]) < 60


def test_its_statistic_is_a_supermartingale_less_the_mass_at_the_border_of_the_null() -> None:
    """Exact, over both outcomes of one answer: whatever it has, the mean of what comes is no more."""
    for predicted in (0.0, 0.01, 0.2, 0.5, 0.6, 0.9, 1.0):
        null = min(0.9, max(1e-3, FACTOR * predicted))
        both = []
        for loss in (0.0, 1.0):
            monitor = BandMonitor(100.0)
            monitor.evidence = np.array([0.5, 2.0, 0.1, 7.0])
            monitor.add(loss, predicted)
            assert (monitor.evidence > 0).all()
            both.append(monitor.e_value)
        before = np.mean([0.5, 2.0, 0.1, 7.0]) + 0.01
        assert (1 - null) * both[0] + null * both[1] <= before + 1e-9


def test_it_goes_on_where_it_was_stored() -> None:
    rng = np.random.default_rng(3)
    one = BandMonitor(900.0)
    for _ in range(20):
        one.add(float(rng.random() < 0.4), 0.2)
    again = BandMonitor.from_json(one.to_json())
    for monitor in (one, again):
        monitor.add(1.0, 0.3)
    assert (again.e_value, again.n, again.wrong) == (one.e_value, one.n, one.wrong)


@pytest.mark.parametrize(("loss", "predicted"), [(1.5, 0.2), (-0.1, 0.2), (0.5, 1.2), (float("nan"), 0.2)])
def test_what_is_no_answer_is_refused_and_changes_nothing(loss: float, predicted: float) -> None:
    monitor = BandMonitor(100.0)
    with pytest.raises(ValueError, match="must lie in"):
        monitor.add(loss, predicted)
    assert (monitor.n, monitor.e_value) == (0, 0.0)
