"""Replaying what was in force gives exactly what happened, and its bounds hold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.decide import decide
from science.decision_terms import RAMP, Basis, Degree
from science.draws import Draws
from science.queueing import waits
from science.replay import NOT_DRAWN, UNANSWERED, AsItWas, Cases, Replay, Setting, Staff
from science.rule import Rule

STAFF = Staff(per_hour=60, due_seconds=3600)


def a_window(
    n: int, *, rule: Rule, seed: int, error: float = 0.05, answered: float = 1.0
) -> tuple[Cases, np.ndarray, np.ndarray]:
    """Let the rule itself decide n cases; return them as stored, what was automatic, and what was wrong."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(0.0, 1.0, n)
    draws = Draws.simulated(n, rng)
    outcomes = decide(rule, np.column_stack([first, 1 - first]), draws=draws, now=50.0)
    is_auto = np.array([one.is_automatic for one in outcomes.rows()])
    right = rng.random(n) >= error
    truth = np.where(right, outcomes.predicted, 1 - outcomes.predicted)
    drawn = np.array(outcomes.audited) | np.array(outcomes.blind)
    given_draws = np.where(is_auto, rule.audit_rate, np.where(outcomes.reason == RAMP, 1.0, outcomes.pi))
    known = np.where(drawn, np.where(rng.random(n) < answered, truth, UNANSWERED), NOT_DRAWN)
    cases = Cases(
        at=np.sort(rng.uniform(0, 86_400 * 3, n)),
        predicted=np.array(outcomes.predicted),
        score=np.array(outcomes.score),
        pi=given_draws,
        truth=known,
        u_ramp=draws.u_ramp,
        u_audit=draws.u_audit,
        was_automatic=is_auto,
        was_audited=np.array(outcomes.audited),
    )
    return cases, is_auto, ~right


def a_rule(**fields: object) -> Rule:
    labels = ("ham", "spam")
    words = {"cutoffs": dict.fromkeys(labels, 0.8), "basis": Basis.CERTIFIED, "valid_until": 100.0} | fields
    return Rule(labels=labels, workflow_labels=frozenset(labels), degree=Degree.PARTIAL, **words)  # type: ignore[arg-type]


def replayed(cases: Cases, setting: Setting | AsItWas, *, chunk: int = 10_000, least: float | None = None):
    replay = Replay(setting, STAFF, float(cases.pi.min()) if least is None else least)
    for start in range(0, len(cases), chunk):
        part = slice(start, start + chunk)
        replay.feed(Cases(*(getattr(cases, name)[part] for name in Cases.__slots__)))
    return replay.result()


@pytest.mark.parametrize("basis", [Basis.CERTIFIED, Basis.PROVISIONAL])
def test_what_was_in_force_gives_what_happened_case_by_case(basis: Basis) -> None:
    rule = a_rule(basis=basis, audit_rate=0.1)
    cases, is_auto, _ = a_window(4_000, rule=rule, seed=1)
    setting = Setting(np.array([0.8, 0.8]), ramp=rule.share_let_through, audit_rate=0.1)
    assert np.array_equal(setting.automatic(cases), is_auto)
    found = replayed(cases, setting)
    assert found.automatic == is_auto.sum()
    assert found.audited == (is_auto & (cases.truth != NOT_DRAWN)).sum()
    as_it_was = replayed(cases, AsItWas())
    assert (found.wrong, found.queue, found.asked) == (as_it_was.wrong, as_it_was.queue, as_it_was.asked)


@given(st.integers(1, 400), st.integers(0, 5))
def test_chunks_of_any_size_give_the_same(chunk: int, seed: int) -> None:
    cases, _, _ = a_window(300, rule=a_rule(audit_rate=0.2), seed=seed)
    setting = Setting(np.array([0.7, 0.9]))
    one, many = replayed(cases, setting, chunk=300), replayed(cases, setting, chunk=chunk)
    assert one.wrong == many.wrong
    assert (one.automatic, one.queue) == (many.automatic, many.queue)
    assert np.array_equal(one.by_day, many.by_day)


def test_the_bounds_hold_under_other_cutoffs_as_often_as_they_say() -> None:
    missed = 0
    setting = Setting(np.array([0.6, 0.6]))
    for seed in range(200):
        cases, _, wrong = a_window(2_000, rule=a_rule(audit_rate=0.2, blind_share=0.2), seed=seed)
        found = replayed(cases, setting)
        truly = int((setting.automatic(cases) & wrong).sum())
        missed += not found.wrong.low <= truly <= found.wrong.high
    assert missed <= 20  # 5 % of 200 are 10


def test_the_estimate_is_right_on_average() -> None:
    setting = Setting(np.array([0.6, 0.6]))
    off = []
    for seed in range(100):
        cases, _, wrong = a_window(2_000, rule=a_rule(audit_rate=0.3, blind_share=0.3), seed=seed)
        off.append(replayed(cases, setting).wrong.estimate - (setting.automatic(cases) & wrong).sum())
    assert abs(np.mean(off)) < 3 * np.std(off) / np.sqrt(len(off))


def test_what_was_never_answered_widens_the_bounds_and_speaks_for_nobody() -> None:
    cases, _, _ = a_window(2_000, rule=a_rule(audit_rate=0.5), seed=3, error=0.0)
    lost, _, _ = a_window(2_000, rule=a_rule(audit_rate=0.5), seed=3, error=0.0, answered=0.5)
    setting = Setting(np.array([0.8, 0.8]))
    assert replayed(cases, setting).wrong.high < replayed(lost, setting).wrong.high
    assert replayed(lost, setting).wrong.low == 0


def test_stricter_cutoffs_automate_a_part_of_what_looser_ones_do() -> None:
    cases, _, _ = a_window(1_000, rule=a_rule(), seed=4)
    loose, strict = Setting(np.array([0.6, 0.6])), Setting(np.array([0.9, 0.9]))
    assert not (strict.automatic(cases) & ~loose.automatic(cases)).any()


def test_a_label_without_a_cutoff_and_a_case_without_a_score_are_never_automatic() -> None:
    cases, _, _ = a_window(500, rule=a_rule(), seed=5)
    cases = replace(cases, predicted=np.where(np.arange(500) < 100, -1, cases.predicted))
    found = replayed(cases, Setting(np.array([0.5, np.nan])))
    assert found.unscored == 100
    automatic = Setting(np.array([0.5, np.nan])).automatic(cases)
    assert set(cases.predicted[automatic]) == {0}


def test_where_the_degree_automates_nothing_everybody_is_asked() -> None:
    cases, _, _ = a_window(500, rule=a_rule(), seed=6)
    found = replayed(cases, Setting(np.array([0.5, 0.5]), automates=False))
    assert (found.automatic, found.asked) == (0, 500)
    assert found.error()[0] == 0.0


def test_cases_out_of_order_are_refused() -> None:
    cases, _, _ = a_window(100, rule=a_rule(), seed=7)
    replay = Replay(Setting(np.array([0.5, 0.5])), STAFF, 0.01)
    with pytest.raises(ValueError, match="order"):
        replay.feed(replace(cases, at=cases.at[::-1]))


@given(st.lists(st.floats(0, 1e5), max_size=60), st.floats(0.5, 5_000))
def test_the_running_maximum_is_the_recursion(arrivals: list[float], per_hour: float) -> None:
    a = np.sort(np.array(arrivals))
    found = waits(a, per_hour=per_hour, due_seconds=600)
    finish, late, longest, done = 0.0, 0, 0, []
    for one in a:
        finish = max(one, finish) + 3600 / per_hour
        late += finish - one > 600 + 1e-6
        done.append(finish)
    for i, one in enumerate(a):
        longest = max(longest, i + 1 - sum(f <= one - 1e-6 for f in done[: i + 1]))
    assert abs(found.late - late) <= sum(abs(f - one - 600) < 1e-3 for f, one in zip(done, a, strict=True))
    assert found.longest <= longest
    assert found.left <= len(a)


def test_where_nobody_answers_everything_waits() -> None:
    found = waits(np.array([0.0, 1.0]), per_hour=0, due_seconds=10)
    assert (found.late, found.left, found.median_wait) == (2, 2, float("inf"))
