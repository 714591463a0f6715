"""The monitor rarely cries wolf, finds what went wrong, and estimates are unbiased with honest intervals."""

import numpy as np
from scipy import stats
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from science.decide import decide
from science.decision_terms import Basis, Degree
from science.draws import Draws
from science.guarantee.certify import certify
from science.guarantee.estimates import hajek, post_stratified
from science.guarantee.monitor import Level, RiskMonitor
from science.guarantee.planning import plan
from science.guarantee.verdict import Certified
from science.rule import Rule
from science.worlds.drift import abrupt, constant, gradual
from science.worlds.ranked import GOOD, probabilities
from science.worlds.stream import Stream
from science.worlds.watches import monitor_trials

YEAR = 208_000  # automatic cases


def test_a_risk_exactly_at_the_target_trips_in_one_of_a_hundred_years_under_adaptive_audits() -> None:
    years = monitor_trials(
        constant(0.01), runs=600, cases=YEAR, rng=np.random.default_rng(201), amber_rate=0.25
    )
    assert np.isfinite(years.red_at).sum() <= stats.binom.ppf(0.9999, 600, 0.01)


def test_a_second_year_without_renewal_trips_at_most_as_often_again() -> None:
    years = monitor_trials(constant(0.01), runs=400, cases=2 * YEAR, rng=np.random.default_rng(202))
    assert np.isfinite(years.red_at).sum() <= stats.binom.ppf(0.9999, 400, 0.02)


def test_half_the_target_hardly_ever_trips_and_costs_hardly_more_audits() -> None:
    years = monitor_trials(
        constant(0.005), runs=200, cases=YEAR, rng=np.random.default_rng(203), amber_rate=0.25
    )
    assert np.isfinite(years.red_at).sum() <= stats.binom.ppf(0.9999, 200, 0.01)
    assert years.audit_rate < 0.023


def test_a_jump_is_found_within_the_stated_number_of_audits() -> None:
    watched = monitor_trials(
        abrupt(0.005, 0.03, at=100_000), runs=300, cases=400_000, rng=np.random.default_rng(204)
    )
    delay = watched.audits_at - 2000
    assert np.median(delay) < 700
    assert np.quantile(delay, 0.9) < 1250


def test_auditing_more_on_amber_finds_a_jump_five_times_sooner() -> None:
    found = {
        rate: monitor_trials(
            abrupt(0.005, 0.03, at=40_000),
            runs=300,
            cases=400_000,
            rng=np.random.default_rng(205),
            amber_rate=rate,
        ).red_at
        - 40_000
        for rate in (0.02, 0.25)
    }
    assert np.median(found[0.25]) < 6500
    assert np.median(found[0.02]) > 4 * np.median(found[0.25])


def test_a_slow_decline_is_found_too() -> None:
    watched = monitor_trials(
        gradual(0.005, 0.03, at=40_000, over=60_000),
        runs=100,
        cases=300_000,
        rng=np.random.default_rng(206),
        amber_rate=0.25,
    )
    assert np.isfinite(watched.red_at).all()
    assert np.median(watched.red_at) < 100_000


def test_the_trials_and_the_monitor_itself_agree() -> None:
    # The vectorised trials use the monitor's own step; the class must turn red in the same world.
    rng = np.random.default_rng(207)
    n = 30_000
    watch = RiskMonitor((0.5,), target=0.01, horizon_cases=YEAR)
    audited = rng.random(n) < 0.1
    wrong = (rng.random(n) < 0.05).astype(float)
    watch.add_block(np.full(n, 0.9), np.where(audited, wrong, np.nan), np.full(n, 0.1), np.full(n, 0.1))
    assert watch.level(0) is Level.RED


def test_estimates_are_unbiased_and_their_intervals_hold_where_the_naive_number_is_far_off() -> None:
    # 85 % of traffic is automated, 1 % wrong and audited at 2 %; the rest 30 % wrong and always reviewed.
    rng, runs = np.random.default_rng(208), 300
    truth = 0.85 * 0.01 + 0.15 * 0.3
    values, naive, held, held_strata, strata = [], [], 0, 0, []
    for _ in range(runs):
        automatic = rng.random(3000) < 0.85
        wrong = (rng.random(3000) < np.where(automatic, 0.01, 0.3)).astype(float)
        pi = np.where(automatic, 0.02, 1.0)
        seen = rng.random(3000) < pi
        estimate = hajek(wrong[seen], pi[seen])
        parts = (automatic, ~automatic)
        by_part = post_stratified(
            np.array([wrong[part & seen].sum() for part in parts]),
            np.array([(part & seen).sum() for part in parts]),
            np.array([part.sum() for part in parts]),
        )
        values.append(estimate.value)
        strata.append(by_part.value)
        naive.append(estimate.naive)
        held += estimate.interval.low <= truth <= estimate.interval.high
        held_strata += by_part.interval.low <= truth <= by_part.interval.high
    for estimates in (values, strata):
        assert abs(np.mean(estimates) - truth) < 4 * np.std(estimates) / np.sqrt(runs) + 0.001
    assert np.mean(naive) > truth + 0.05
    assert held >= stats.binom.ppf(0.0001, runs, 0.95)
    assert held_strata >= stats.binom.ppf(0.0001, runs, 0.95)


def test_the_promise_is_kept_end_to_end_from_the_rule_through_audits_to_the_next_certificate() -> None:
    # decide() routes and draws; only blind labels certify; the cutoff it yields keeps the promise.
    rng, runs, false, automated = np.random.default_rng(209), 40, 0, []
    for _ in range(runs):
        tune = GOOD.sample(3000, rng)
        own = plan(
            tune.scores,
            tune.wrong,
            target=0.02,
            delta=0.05,
            expected_labels=3000,
            pi_floor=0.2,
            method="thinned",
        )
        rule = Rule(
            labels=("no", "yes"),
            workflow_labels=frozenset({"no", "yes"}),
            degree=Degree.PARTIAL,
            cutoffs=dict.fromkeys(("no", "yes"), 0.9),
            basis=Basis.CERTIFIED,
            valid_until=1.0,
            audit_rate=0.2,
            audit_base=0.2,
            blind_share=0.5,
        )
        live = GOOD.sample(15_000, rng)
        proba = probabilities(live.scores, rng.integers(0, 2, 15_000))
        outcomes = decide(rule, proba, draws=Draws.simulated(15_000, rng), now=0.0)
        blind = outcomes.blind
        verdict = certify(outcomes.score[blind], live.wrong[blind], outcomes.pi[blind], plan=own, rng=rng)
        if isinstance(verdict, Certified):
            false += GOOD.risk(verdict.cutoff) > 0.02
            automated.append(verdict.automation)
    assert false <= stats.binom.ppf(0.9999, runs, 0.05)
    assert np.mean(automated) > 0.85


def test_a_new_kind_of_case_that_the_model_is_sure_of_is_noticed_and_learned() -> None:
    rng, stream = np.random.default_rng(210), Stream(appears_at=20_000)
    model = LogisticRegression().fit(*stream.cases(0, 4000, rng))
    scores, wrong = scored(model, *stream.cases(4000, 4000, rng))
    own = plan(scores, wrong, target=0.02, delta=0.05, expected_labels=4000, method="binomial")
    fresh = scored(model, *stream.cases(8000, 4000, rng))
    verdict = certify(*fresh, np.ones(4000), plan=own, rng=rng)
    assert isinstance(verdict, Certified)

    watch = RiskMonitor(verdict.walked, target=0.02, horizon_cases=YEAR)
    in_force = len(verdict.walked) - 1
    levels = []
    for start in range(12_000, 60_000, 4000):
        scores, wrong = scored(model, *stream.cases(start, 4000, rng))
        audited = rng.random(4000) < 0.1
        rate = np.full(4000, 0.1)
        watch.add_block(scores, np.where(audited, wrong, np.nan), rate, rate)
        levels.append(watch.level(in_force))
    assert levels[:2] == [Level.GREEN, Level.GREEN]  # before it appears
    assert levels[-1] is Level.RED
    assert watch.step_down(in_force, verdict.walked) is None  # the surest cases are the wrong ones

    relearned = DecisionTreeClassifier(max_depth=3).fit(*stream.cases(60_000, 8000, rng))
    later = stream.cases(68_000, 8000, rng)
    assert scored(relearned, *later)[1].mean() < scored(model, *later)[1].mean() - 0.015


def scored(model: ClassifierMixin, features: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    proba = model.predict_proba(features)
    return proba.max(axis=1), (proba.argmax(axis=1) != truth).astype(float)
