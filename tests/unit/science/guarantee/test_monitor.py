"""The monitor keeps its books exactly, whichever way they are kept."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.guarantee.audits import AuditPolicy, blind_share, rate_after_alarm
from science.guarantee.blocks import closed_prefix
from science.guarantee.exact import upper_bound
from science.guarantee.grid import accepted_counts
from science.guarantee.misses import OUTVOTED, correct_for_misses
from science.guarantee.monitor import MAX_WEIGHT, Level, RiskMonitor, slopes, updated

GRID = (0.9, 0.6, 0.3, 0.0)


def monitor(target: float = 0.01, grid: tuple[float, ...] = GRID) -> RiskMonitor:
    return RiskMonitor(grid, target=target, horizon_cases=10_000)


def stream(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    losses = np.where(rng.random(n) < 0.4, rng.random(n) < 0.2, np.nan)
    return rng.random(n), losses, rng.uniform(0.02, 1, n), np.full(n, 0.03)


@given(st.integers(0, 2**32 - 1), st.integers(0, 80))
@settings(max_examples=40, deadline=None)
def test_blocks_single_audits_and_restarts_give_the_same_books(seed: int, cut: int) -> None:
    scores, losses, pi, reference_rate = stream(seed)
    whole, parts, single = monitor(), monitor(), monitor()
    whole.add_block(scores, losses, pi, reference_rate)
    parts.add_block(scores[:cut], losses[:cut], pi[:cut], reference_rate[:cut])
    parts = RiskMonitor.from_json(json.loads(json.dumps(parts.to_json())))
    parts.add_block(scores[cut:], losses[cut:], pi[cut:], reference_rate[cut:])
    for i in range(len(scores)):
        single.count_cases(accepted_counts(scores[i : i + 1], np.array(GRID)))
        if not np.isnan(losses[i]):
            single.audit(float(scores[i]), float(losses[i]), float(pi[i]), float(reference_rate[i]))
    assert whole.to_json() == parts.to_json() == single.to_json()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_cutoffs_side_by_side_are_monitors_of_their_own(seed: int) -> None:
    scores, losses, pi, reference_rate = stream(seed)
    together = monitor()
    together.add_block(scores, losses, pi, reference_rate)
    for j, cutoff in enumerate(GRID):
        alone = monitor(grid=(cutoff,))
        alone.add_block(scores, losses, pi, reference_rate)
        assert np.array_equal(alone.evidence[0], together.evidence[j])


@given(st.floats(0.001, 0.6), st.floats(0.001, 1))
def test_one_audit_is_a_fair_game_at_the_target(target: float, share: float) -> None:
    weight = share * MAX_WEIGHT
    one = np.ones((1, slopes(target).size))
    right, wrong = (updated(one, np.zeros(1), x, weight, slopes(target), target) for x in (0.0, 1.0))
    assert np.all(right > 0)
    assert (1 - target) * right + target * wrong == pytest.approx(one)


def test_prior_mass_is_counted_in_cases_and_lost_on_nobody() -> None:
    watch = monitor()
    watch.count_cases(np.array([10, 20, 30, 40]))
    watch.audit(0.7, 0.0, 0.02, 0.02)  # seen by the three looser cutoffs
    assert watch.pending.tolist() == [10, 0, 0, 0]
    assert watch.evidence[0].tolist() == [0] * 5
    assert watch.evidence[3] == pytest.approx(40 / 10_000 * (1 - slopes(0.01) * 0.01))


def test_an_alarm_stays_and_does_not_overflow() -> None:
    watch = monitor()
    n = 3000
    watch.add_block(np.full(n, 0.95), np.ones(n), np.full(n, 0.02), np.full(n, 0.02))
    assert watch.level(0) is Level.RED
    assert np.all(np.isfinite(watch.evidence))
    calm = 8_000
    watch.add_block(np.full(calm, 0.95), np.zeros(calm), np.full(calm, 0.02), np.full(calm, 0.02))
    assert watch.e_values()[0] < 1e9
    assert watch.level(0) is Level.RED


def test_red_steps_down_to_the_loosest_calm_cutoff_that_was_certified() -> None:
    watch = monitor()
    band = np.full(400, 0.4)  # the trouble sits between .3 and .6
    watch.add_block(band, np.ones(400), np.full(400, 0.02), np.full(400, 0.02))
    assert [watch.level(j).value for j in range(4)] == ["green", "green", "red", "red"]
    assert watch.step_down(2, certified=GRID) == 1
    assert watch.step_down(2, certified=(0.9, 0.3)) == 0
    assert watch.step_down(2, certified=(0.3, 0.0)) is None
    assert watch.step_down(0, certified=GRID) is None


def test_bad_audits_are_refused_and_leave_no_trace() -> None:
    watch = monitor()
    watch.count_cases(np.array([1, 1, 1, 1]))
    before = watch.to_json()
    for loss, pi in ((1.5, 0.02), (float("nan"), 0.02), (0.0, 0.009), (0.0, 0.0), (0.0, float("nan"))):
        with pytest.raises(ValueError, match=r"^(loss|pi) must"):
            watch.audit(0.95, loss, pi, 0.02)
        if loss == loss:
            with pytest.raises(ValueError, match=r"^(losses|pi) must"), np.errstate(divide="ignore"):
                watch.add_block(*(np.array([v]) for v in (0.95, loss, pi, 0.02)))
    assert watch.to_json() == before


@pytest.mark.parametrize(
    ("name", "value"), [("horizon_cases", 0), ("pfa", 0.0), ("pfa", 1.0), ("target", 0.0)]
)
def test_a_monitor_that_could_not_work_is_not_built(name: str, value: float) -> None:
    facts = {"target": 0.01, "horizon_cases": 1000.0, "pfa": 0.01} | {name: value}
    with pytest.raises(ValueError, match=rf"^{name}"):
        RiskMonitor(GRID, **facts)


# -- what surrounds it --------------------------------------------------------------------------------------


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 9))
def test_evidence_ends_before_the_first_audit_that_is_not_final(final: list[bool], size: int) -> None:
    usable = closed_prefix(np.array(final, dtype=bool), size)
    assert all(final[:usable])
    assert usable % size == 0
    following = final[usable : usable + size]
    assert len(following) < size or not all(following)


@given(
    st.sampled_from(Level),
    st.floats(0.005, 1),
    st.floats(1, 1e6) | st.none(),
    st.floats(1, 1e6) | st.none(),
    st.floats(0, 1e5) | st.none(),
)
def test_audits_never_fall_below_their_floor(
    level: Level, base: float, weekly: float | None, automatic: float | None, capacity: float | None
) -> None:
    policy = AuditPolicy(base=base, amber=max(base, 0.25))
    rate = policy.rate(level, weekly_automatic=weekly, automatic=automatic, capacity=capacity)
    used = policy.base_rate(weekly)
    assert max(used / 2, 0.005) <= rate <= 1
    if capacity is None:
        assert rate >= used
        assert level is Level.GREEN or rate >= policy.amber


def test_a_small_workflow_is_audited_more_often() -> None:
    assert AuditPolicy().rate(Level.GREEN, weekly_automatic=500) == 0.1
    assert AuditPolicy().rate(Level.GREEN, weekly_automatic=20) == 1.0


@pytest.mark.parametrize("target", [0.001, 0.01, 0.1, 0.45])
def test_audits_after_an_alarm_find_another_change_before_it_costs_more_than_was_spared(
    target: float,
) -> None:
    """Audited so often, errors that triple once in so many decisions break the promise in none of them."""
    since, horizon, pfa = 500_000.0, 200_000.0, 0.01
    rate = rate_after_alarm(since=since, target=target, horizon=horizon, pfa=pfa)
    worse = min(3 * target, (1 + target) / 2)
    gain = worse * np.log(worse / target) + (1 - worse) * np.log((1 - worse) / (1 - target))
    until_found = np.log(horizon / pfa) / gain / rate  # decisions
    wrong = target / 2 * (since - until_found) + worse * until_found
    assert wrong == pytest.approx(target * since)
    assert rate_after_alarm(since=2 * since, target=target, horizon=horizon, pfa=pfa) == rate / 2
    asked = AuditPolicy().rate(Level.GREEN, wanted=5.0)
    assert asked == AuditPolicy().amber
    assert AuditPolicy().rate(Level.GREEN, wanted=5.0, automatic=1000, capacity=50) == 0.05


@pytest.mark.parametrize("wrong", [{"base": 0.001}, {"base": 0.3, "amber": 0.2}, {"weekly_minimum": -1}])
def test_an_audit_policy_that_contradicts_itself_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=rf"^({'|'.join(wrong)})"):
        AuditPolicy(**wrong)  # type: ignore[arg-type]


@given(st.floats(0.01, 0.99), st.floats(0.005, 1))
def test_blind_tasks_that_are_no_audits_are_at_least_as_many(automation: float, audit_rate: float) -> None:
    share = blind_share(
        review_rate=1 - automation, audit_rate=audit_rate, automation_rate=automation, level=Level.GREEN
    )
    assert share == 1 or share * (1 - automation) >= audit_rate * automation - 1e-6
    assert blind_share(review_rate=0.5, audit_rate=0.02, automation_rate=0.5, level=Level.AMBER) == 1


@given(st.integers(1, 500), st.data())
def test_missed_errors_cost_target_and_delta(known: int, data: st.DataObject) -> None:
    missed = data.draw(st.integers(0, known))
    raw = float(upper_bound(missed, known, 0.01))
    if OUTVOTED * raw >= 1:
        with pytest.raises(ValueError, match="every error"):
            correct_for_misses(missed, known, target=0.01, delta=0.05)
        return
    corrected = correct_for_misses(missed, known, target=0.01, delta=0.05)
    assert 1.25 * missed / known <= corrected.miss_bound == pytest.approx(OUTVOTED * raw)
    assert 0 < corrected.target < 0.01
    assert corrected.delta == pytest.approx(0.04)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_three_people_miss_at_most_a_quarter_more_than_one_whatever_the_cases(hard: list[float]) -> None:
    q = np.array(hard)
    assert float((q + (1 - q) * q**2).mean()) <= OUTVOTED * float(q.mean()) + 1e-12


@pytest.mark.parametrize(("missed", "known"), [(0, 0), (3, 2), (-1, 5)])
def test_known_answer_counts_that_cannot_be_are_refused(missed: int, known: int) -> None:
    with pytest.raises(ValueError, match=r"^(missed|known_wrong)"):
        correct_for_misses(missed, known, target=0.01, delta=0.05)
