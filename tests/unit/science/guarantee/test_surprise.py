"""Detection from what a model predicts of itself: rarely without cause, soon with one, never by nonsense."""

import numpy as np
import pytest

from science.guarantee.monitor import Level, RiskMonitor
from science.guarantee.surprise import FACTOR, SurpriseMonitor


def fed(
    monitor: SurpriseMonitor, risks: np.ndarray, predicted: np.ndarray, rng: np.random.Generator
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
        suspected += fed(SurpriseMonitor(5_000), predicted, predicted, rng) is not None
    assert suspected <= 3


def test_a_model_that_is_wrong_three_times_as_often_as_it_says_is_suspected_soon() -> None:
    after = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        predicted = rng.uniform(0.1, 0.3, 400)
        after.append(fed(SurpriseMonitor(5_000), 3 * predicted, predicted, rng))
    assert None not in after
    assert np.median([one for one in after if one is not None]) < 60


def test_its_statistic_is_a_supermartingale_less_the_mass_at_the_border_of_the_null() -> None:
    """Exact, over both outcomes of one answer: whatever it has, the mean of what comes is no more."""
    for predicted in (0.0, 0.01, 0.2, 0.5, 0.6, 0.9, 1.0):
        null = min(0.9, max(1e-3, FACTOR * predicted))
        both = []
        for loss in (0.0, 1.0):
            monitor = SurpriseMonitor(100.0)
            monitor.evidence = np.array([0.5, 2.0, 0.1, 7.0])
            monitor.add(loss, predicted)
            assert (monitor.evidence > 0).all()
            both.append(monitor.e_value)
        before = np.mean([0.5, 2.0, 0.1, 7.0]) + 0.01
        assert (1 - null) * both[0] + null * both[1] <= before + 1e-9


def test_it_goes_on_where_it_was_stored() -> None:
    rng = np.random.default_rng(3)
    one = SurpriseMonitor(900.0)
    for _ in range(20):
        one.add(float(rng.random() < 0.4), 0.2)
    again = SurpriseMonitor.from_json(one.to_json())
    for monitor in (one, again):
        monitor.add(1.0, 0.3)
    assert (again.e_value, again.n, again.wrong) == (one.e_value, one.n, one.wrong)


@pytest.mark.parametrize(("loss", "predicted"), [(1.5, 0.2), (-0.1, 0.2), (0.5, 1.2), (float("nan"), 0.2)])
def test_what_is_no_answer_is_refused_and_changes_nothing(loss: float, predicted: float) -> None:
    monitor = SurpriseMonitor(100.0)
    with pytest.raises(ValueError, match="must lie in"):
        monitor.add(loss, predicted)
    assert (monitor.n, monitor.e_value) == (0, 0.0)


def test_errors_of_the_surest_show_sooner_than_in_the_share_of_all() -> None:
    """The surest eighth of what is automated gets other answers: a promise of 5 % is broken threefold."""
    surprised, amber = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        predicted = 0.1 * rng.random(400) ** 2
        risks = np.where(predicted < np.quantile(predicted, 0.125), 1 - predicted, predicted)
        surprised.append(fed(SurpriseMonitor(7_000, floor=0.0125), risks, predicted, rng) or 400)
        monitor = RiskMonitor((0.0,), target=0.05, horizon_cases=350_000)
        n = 0
        while n < 400 and monitor.level(0) is Level.GREEN:
            monitor.count_cases(np.array([50]))
            monitor.audit(1.0, float(rng.random() < risks[n]), 0.02, 0.02)
            n += 1
        amber.append(n)
    assert 2 * np.mean(surprised) < np.mean(amber)


def test_what_is_rarer_than_the_floor_is_no_news() -> None:
    """A model may know itself badly as long as it errs far more seldom than was promised."""
    predicted, suspected = np.full(2_000, 0.0005), 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        floored = SurpriseMonitor(7_000, floor=0.0125)
        suspected += fed(floored, np.full(2_000, 0.006), predicted, rng) is not None
        assert fed(SurpriseMonitor(7_000), np.full(2_000, 0.006), predicted, rng) is not None
    assert suspected <= 14  # one false sign in some 4,000 audits: it asks for 200 of them sooner
