"""In worlds whose truth is known, a certificate is false no more often than it says.

Every count has a binomial tolerance: the number of false certificates that a valid method exceeds once in ten
thousand. Seeds are fixed, so a test passes always or never.
"""

import numpy as np
import pytest
from scipy import stats

from science.guarantee.betting import p_value as betting_p_value
from science.guarantee.certify import Traffic, certify
from science.guarantee.misses import correct_for_misses
from science.guarantee.out_of_fold import certify_out_of_fold
from science.guarantee.per_label import certify_per_label, plan_per_label
from science.guarantee.planning import Method, plan
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.verdict import Certified
from science.worlds.ranked import CONFIDENTLY_WRONG, GOOD, WORLDS, RankedWorld
from science.worlds.reviewers import audit
from science.worlds.trials import certification_trials

DELTA = 0.05


def most_allowed(runs: int, rate: float = DELTA) -> int:
    return int(stats.binom.ppf(0.9999, runs, rate))


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_a_fixed_sample_certificate_is_false_no_more_often_than_delta(world: RankedWorld) -> None:
    rng = np.random.default_rng(101)
    runs = 50
    pooled = 0
    for target in (0.01, 0.05):
        for n in (400, 1500):
            trials = certification_trials(world, n=n, target=target, runs=runs, rng=rng)
            assert trials.violations <= most_allowed(runs), (target, n)
            pooled += trials.violations
    assert pooled <= most_allowed(4 * runs)


@pytest.mark.parametrize("world", [GOOD, CONFIDENTLY_WRONG], ids=lambda world: world.name)
def test_a_certificate_that_people_watch_grow_is_false_no_more_often_than_delta(world: RankedWorld) -> None:
    runs = 30
    trials = certification_trials(
        world, n=800, target=0.02, runs=runs, rng=np.random.default_rng(102), method="anytime"
    )
    assert trials.violations <= most_allowed(runs)
    assert trials.automation > 0.6


def test_stopping_at_the_first_success_is_caught_by_a_fixed_test_and_not_by_the_anytime_one() -> None:
    rng, runs, n, target = np.random.default_rng(103), 400, 2000, 0.02
    wrong = rng.random((runs, n)) < target  # exactly at the boundary: every success is false
    counts = np.arange(1, n + 1)
    peeked = (stats.binom.cdf(np.cumsum(wrong, axis=1), counts, target) <= DELTA).any(axis=1).sum()
    anytime = sum(betting_p_value(row.astype(float), target) <= DELTA for row in wrong)
    assert peeked > most_allowed(runs)
    assert anytime <= most_allowed(runs)


def test_choosing_the_best_looking_cutoff_breaks_the_promise_that_the_walk_keeps() -> None:
    rng, runs, false = np.random.default_rng(104), 100, 0
    for _ in range(runs):
        labels = GOOD.sample(1000, rng)
        order = np.argsort(-labels.scores)
        rates = np.cumsum(labels.wrong[order]) / np.arange(1, 1001)
        chosen = labels.scores[order][np.flatnonzero(rates <= 0.01)[-1]]
        false += GOOD.risk(chosen) > 0.01
    assert false > 5 * most_allowed(runs) / 2  # about half of the runs
    assert certification_trials(GOOD, n=1000, target=0.01, runs=runs, rng=rng).violations <= most_allowed(
        runs
    )


def test_a_good_model_is_automated_nearly_as_far_as_an_oracle_would() -> None:
    rng = np.random.default_rng(105)
    oracle = GOOD.oracle(0.01)
    fixed = certification_trials(GOOD, n=5000, target=0.01, runs=25, rng=rng).automation / oracle
    anytime = certification_trials(GOOD, n=5000, target=0.01, runs=5, rng=rng, method="anytime").automation
    assert fixed > 0.95
    assert anytime / oracle > 0.93


# -- labels collected with unequal probabilities
# ---------------------------------------------------------------

# Two parts of the accepted traffic: (share, error) of what was automated and of the band that was reviewed.
AT_THE_BOUNDARY = (0.85, 0.02 / 0.85 * 0.7, 0.15, 0.02 / 0.15 * 0.3)
AUTOMATED_IS_WORSE = (0.85, 0.02 / 0.85 * 0.999, 0.15, 0.02 / 0.15 * 0.001)
GOOD_MIX = (0.85, 0.004, 0.15, 0.02)


def mixed(
    world: tuple[float, float, float, float], n: int, q: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    share, auto_error, _, band_error = world
    automated = rng.random(n) < share
    pi = np.where(automated, q, 1.0)
    wrong = (rng.random(n) < np.where(automated, auto_error, band_error)).astype(float)
    scores = np.where(automated, 0.9, 0.7)
    return scores, wrong, pi, rng.random(n) < pi


def certified(method: Method, world: tuple[float, float, float, float], runs: int, seed: int) -> int:
    rng, n, q = np.random.default_rng(seed), 20_000, 0.1
    own = plan(
        np.repeat([0.9, 0.7], [850, 150]),
        np.zeros(1000),
        target=0.02,
        delta=DELTA,
        expected_labels=2000,
        pi_floor=q,
        method=method,
        n_cutoffs=2,
    )
    # Only the cutoff that accepts both parts is walked.
    own = type(own).from_json(own.to_json() | {"grid": [0.9, 0.0], "coverage": [0.85, 1.0], "start": 1})
    passed = 0
    for _ in range(runs):
        scores, wrong, pi, labelled = mixed(world, n, q, rng)
        verdict = certify(
            scores[labelled],
            wrong[labelled],
            pi[labelled],
            plan=own,
            rng=rng,
            traffic=Traffic(scores, pi),
        )
        passed += isinstance(verdict, Certified)
    return passed


METHODS: tuple[Method, ...] = ("thinned", "stratified", "betting")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "world", [AT_THE_BOUNDARY, AUTOMATED_IS_WORSE], ids=["boundary", "automated is worse"]
)
def test_mixed_probabilities_certify_a_broken_promise_no_more_often_than_delta(
    method: Method, world: tuple[float, float, float, float]
) -> None:
    assert certified(method, world, 150, 106) <= most_allowed(150)


@pytest.mark.parametrize("method", METHODS)
def test_mixed_probabilities_certify_a_kept_promise(method: Method) -> None:
    assert certified(method, GOOD_MIX, 30, 107) >= 27


def test_pooling_labels_as_if_they_were_alike_certifies_what_is_false() -> None:
    rng, runs, false = np.random.default_rng(108), 100, 0
    for _ in range(runs):
        _, wrong, _, labelled = mixed(AUTOMATED_IS_WORSE, 20_000, 0.1, rng)
        false += stats.binom.cdf(wrong[labelled].sum(), labelled.sum(), 0.02) <= DELTA
    assert false > 3 * most_allowed(runs)


def test_counting_unaudited_decisions_as_right_certifies_twice_the_promised_error_every_time() -> None:
    rng = np.random.default_rng(109)
    for _ in range(50):
        wrong = rng.random(20_000) < 0.02
        audited = rng.random(20_000) < 0.05
        assert stats.binom.cdf((wrong & audited).sum(), wrong.size, 0.01) <= DELTA


def test_costs_between_zero_and_one_are_certified_by_betting_no_more_often_than_delta() -> None:
    rng, runs, target = np.random.default_rng(110), 300, 0.02
    # Mean cost exactly at the target: errors cost 1 or .2, half and half.
    costs = np.where(rng.random((runs, 1500)) < 0.5, 1.0, 0.2) * (rng.random((runs, 1500)) < target / 0.6)
    assert sum(betting_p_value(row, target) <= DELTA for row in costs) <= most_allowed(runs)


# -- the order of answers, and who gives them
# --------------------------------------------------------------------


def test_answers_in_order_of_arrival_break_the_promise_that_decision_order_keeps() -> None:
    # Disagreements wait for adjudication: their answers arrive 300 audits late.
    rng, runs, n, target, late = np.random.default_rng(111), 300, 3000, 0.01, 300
    early = in_order = 0
    for _ in range(runs):
        wrong = (rng.random(n) < target).astype(float)
        arrival = np.argsort(np.arange(n) + late * wrong, kind="stable")
        early += betting_p_value(wrong[arrival], target) <= DELTA
        in_order += betting_p_value(wrong, target) <= DELTA
    assert early > most_allowed(runs)
    assert in_order <= most_allowed(runs)


def test_adjudicating_disagreements_restores_what_reviewers_errors_would_cost() -> None:
    rng, runs, extra = np.random.default_rng(112), 200, 0
    single = adjudicated = perfect = 0
    for _ in range(runs):
        wrong = rng.random(3000) < 0.004
        seen = audit(wrong, error=0.01, rng=rng)
        extra += seen.extra_reviews
        for_one, for_three, truth = (
            stats.binom.cdf(answers.sum(), 3000, 0.01) <= DELTA
            for answers in (seen.seen_wrong, seen.counted_wrong, wrong)
        )
        single, adjudicated, perfect = single + for_one, adjudicated + for_three, perfect + truth
    assert single == 0
    assert adjudicated >= 0.95 * perfect
    assert extra / (runs * 3000) < 0.03


def test_habit_hides_errors_and_known_answers_bring_them_back() -> None:
    # Half of the errors are waved through: the seen rate is half the true one of 1.6 %.
    rng, runs, naive, corrected = np.random.default_rng(113), 200, 0, 0
    for _ in range(runs):
        seen = audit(rng.random(4000) < 0.016, error=0.0, habit=0.5, rng=rng).seen_wrong.sum()
        missed = int(rng.binomial(300, 0.5))
        sharper = correct_for_misses(missed, 300, target=0.01, delta=DELTA)
        naive += stats.binom.cdf(seen, 4000, 0.01) <= DELTA
        corrected += stats.binom.cdf(seen, 4000, sharper.target) <= sharper.delta
    assert naive > most_allowed(runs)
    assert corrected <= most_allowed(runs)


def test_every_label_of_a_promise_per_label_keeps_it() -> None:
    rng, runs, false = np.random.default_rng(114), 60, 0
    for _ in range(runs):
        halves = [(GOOD.sample(1500, rng), CONFIDENTLY_WRONG.sample(1500, rng)) for _ in range(2)]
        (tune, test) = (
            (np.concatenate([a.scores, b.scores]), np.concatenate([a.wrong, b.wrong])) for a, b in halves
        )
        of = np.repeat(["one", "two"], 1500)
        plans = plan_per_label(
            tune[0],
            of,
            tune[1],
            labels=("one", "two"),
            target=0.02,
            delta=DELTA,
            expected_labels=3000,
            method="binomial",
        )
        verdicts = certify_per_label(test[0], of, test[1], np.ones(3000), plans=plans, rng=rng)
        worlds = {"one": GOOD, "two": CONFIDENTLY_WRONG}
        false += any(
            isinstance(verdict, Certified) and worlds[label].risk(verdict.cutoff) > 0.02
            for label, verdict in verdicts.items()
        )
    assert false <= most_allowed(runs)


def test_a_provisional_certificate_is_a_heuristic_that_is_still_far_better_than_a_naive_cutoff() -> None:
    rng, runs, false = np.random.default_rng(115), 100, 0
    for _ in range(runs):
        labels = GOOD.sample(1500, rng)
        verdict = certify_out_of_fold(labels.scores, labels.wrong, target=0.01, confidence=0.95, rng=rng)
        false += isinstance(verdict, Certified) and GOOD.risk(verdict.cutoff) > 0.01
    assert false <= most_allowed(runs, 0.1)


def test_an_anytime_certificate_under_a_varying_audit_rate_is_false_no_more_often_than_delta() -> None:
    # The rate rises after every error, as amber would make it.
    rng, runs, false = np.random.default_rng(116), 200, 0
    own = plan(
        np.full(1000, 0.9),
        np.zeros(1000),
        target=0.03,
        delta=DELTA,
        expected_labels=600,
        pi_floor=0.1,
        method="anytime",
    )
    for _ in range(runs):
        certifier, rate = AnytimeCertifier(own), 0.1
        for _ in range(1500):
            if rng.random() < rate:
                loss = float(rng.random() < 0.03)
                certifier.add(0.9, loss, rate)
                rate = 1.0 if loss else max(0.1, rate * 0.9)
        false += isinstance(certifier.verdict(), Certified)
    assert false <= most_allowed(runs)
