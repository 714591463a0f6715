"""Certificates say what they cover, and refusals what is missing."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.guarantee.belief import believed
from science.guarantee.certify import Traffic, certify
from science.guarantee.losses import Loss
from science.guarantee.out_of_fold import certify_out_of_fold
from science.guarantee.per_label import certify_per_label, plan_per_label
from science.guarantee.planning import LIKELY, TestPlan, _passing, labels_needed, outlook, plan
from science.guarantee.promise import Guarantee
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.thinning import one_per_cluster, thin
from science.guarantee.verdict import Certified, NotCertified, Why
from science.worlds.ranked import GOOD, WEAK


def frozen(n: int = 4000, target: float = 0.01, seed: int = 1, **options: Any) -> TestPlan:
    tune = GOOD.sample(n, np.random.default_rng(seed))
    facts = {"target": target, "delta": 0.05, "expected_labels": n, "method": "binomial"}
    return plan(tune.scores, tune.wrong, **(facts | options))


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


LABELS = GOOD.sample(4000, np.random.default_rng(2))
ONES = np.ones(4000)


def test_a_certificate_covers_the_walked_cutoffs_and_no_other() -> None:
    own = frozen()
    verdict = certify(LABELS.scores, LABELS.wrong, ONES, plan=own, rng=rng())
    assert isinstance(verdict, Certified)
    assert verdict.walked[0] == own.grid[own.start]
    assert verdict.walked[-1] == verdict.cutoff
    assert all(verdict.covers(cutoff) for cutoff in verdict.walked)
    assert not verdict.covers(own.grid[0])  # stricter, and never tested
    assert not verdict.covers(0.0)
    assert not verdict.covers(np.nextafter(verdict.cutoff, 1))
    assert verdict.upper_bound <= 0.01
    assert verdict.automation == pytest.approx((verdict.cutoff <= LABELS.scores).mean())
    assert (verdict.status, verdict.method) == ("certified", "binomial")


def test_cutoffs_are_exact_floats_and_ties_are_accepted() -> None:
    scores = np.repeat(np.array([0.1 + 0.2, 0.3]), 1000)  # 0.30000000000000004 and 0.3
    wrong = np.repeat([0.0, 1.0], 1000)
    own = plan(scores, wrong, target=0.01, delta=0.05, expected_labels=2000, method="binomial")
    verdict = certify(scores, wrong, np.ones(2000), plan=own, rng=rng())
    assert isinstance(verdict, Certified)
    assert verdict.cutoff == 0.1 + 0.2
    assert verdict.automation == 0.5


def test_too_few_labels_are_told_the_number() -> None:
    verdict = certify(LABELS.scores[:200], LABELS.wrong[:200], ONES[:200], plan=frozen(), rng=rng())
    assert isinstance(verdict, NotCertified)
    assert verdict.reason is Why.TOO_FEW_LABELS
    assert verdict.least == 299
    assert verdict.n < 299
    assert verdict.labels_needed is not None
    assert 299 <= verdict.labels_needed <= 2000


def test_no_labels_at_all_are_an_answer_too() -> None:
    empty = np.array([])
    verdict = certify(empty, empty, empty, plan=frozen(), rng=rng())
    assert isinstance(verdict, NotCertified)
    assert (verdict.reason, verdict.best_bound) == (Why.TOO_FEW_LABELS, None)
    sequential = AnytimeCertifier(frozen(method="anytime")).verdict()
    assert isinstance(sequential, NotCertified)
    assert sequential.best_bound is None


def test_a_model_that_errs_too_often_is_told_so_and_that_labels_will_not_help() -> None:
    tune, labels = WEAK.sample(4000, rng()), WEAK.sample(4000, rng())
    own = plan(tune.scores, tune.wrong, target=0.01, delta=0.05, expected_labels=4000, method="binomial")
    verdict = certify(labels.scores, labels.wrong, ONES, plan=own, rng=rng())
    assert isinstance(verdict, NotCertified)
    assert (verdict.reason, verdict.labels_needed) == (Why.TOO_MANY_ERRORS, None)
    assert verdict.best_bound is not None
    assert verdict.best_bound > 0.01


def test_a_few_errors_among_few_labels_need_more_of_them() -> None:
    own = frozen()
    top = own.grid[own.start]
    scores, wrong = np.full(400, top), np.zeros(400)
    wrong[:3] = 1
    verdict = certify(scores, wrong, np.ones(400), plan=own, rng=rng())
    assert isinstance(verdict, NotCertified)
    assert verdict.reason is Why.NOT_YET


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"losses": np.where(LABELS.wrong == 1, np.nan, 0.0)}, "losses"),
        ({"losses": LABELS.wrong * 2}, "losses"),
        ({"losses": LABELS.wrong / 2}, "method binomial"),
        ({"scores": np.where(LABELS.wrong == 1, np.nan, 0.5)}, "scores"),
        ({"pi": np.where(LABELS.wrong == 1, 0.5, 1.0)}, "pi"),
        ({"pi": np.where(LABELS.wrong == 1, np.nan, 1.0)}, "pi"),
        ({"plan": frozen(pi_floor=0.5), "pi": np.where(LABELS.wrong == 1, 0.5, 1.0)}, "method binomial"),
        ({"plan": frozen(method="anytime")}, "An anytime plan"),
        ({"plan": frozen(method="stratified")}, "method stratified needs traffic"),
    ],
)
def test_what_would_void_a_certificate_is_refused(change: dict[str, Any], named: str) -> None:
    facts = {"scores": LABELS.scores, "losses": LABELS.wrong, "pi": ONES, "plan": frozen()} | change
    with pytest.raises(ValueError, match=rf"^{named}"):
        certify(facts["scores"], facts["losses"], facts["pi"], plan=facts["plan"], rng=rng())


def test_three_strata_are_refused_by_the_test_for_two() -> None:
    own = frozen(method="stratified", pi_floor=0.1)
    pi = np.resize([0.1, 0.5, 1.0], 4000)
    with pytest.raises(ValueError, match="at most two values of pi"):
        certify(LABELS.scores, LABELS.wrong, pi, plan=own, rng=rng(), traffic=Traffic(LABELS.scores, pi))


@pytest.mark.parametrize("method", ["thinned", "stratified", "betting", "binomial"])
def test_with_equal_probabilities_every_method_certifies(method: str) -> None:
    own = frozen(method=method)
    verdict = certify(
        LABELS.scores, LABELS.wrong, ONES, plan=own, rng=rng(), traffic=Traffic(LABELS.scores, ONES)
    )
    assert isinstance(verdict, Certified)
    assert verdict.automation > 0.7


def test_thinning_keeps_what_was_rare_and_a_fair_part_of_the_rest() -> None:
    pi = np.repeat([0.02, 0.5], 20_000)
    kept = thin(pi, floor=0.02, rng=rng())
    assert kept[:20_000].all()
    assert 700 <= kept[20_000:].sum() <= 900  # 800 +- 3.6 standard deviations


def test_one_case_of_each_cluster_is_kept() -> None:
    clusters = np.array([3, 1, 3, 3, 2, 1])
    kept = one_per_cluster(clusters, rng())
    assert sorted(clusters[kept].tolist()) == [1, 2, 3]
    firsts = {
        int(np.flatnonzero(one_per_cluster(np.zeros(3), np.random.default_rng(s)))[0]) for s in range(30)
    }
    assert firsts == {0, 1, 2}


# -- plans --------------------------------------------------------------------------------------------------


def test_a_plan_survives_json_to_the_last_bit() -> None:
    own = frozen()
    assert TestPlan.from_json(json.loads(json.dumps(own.to_json()))) == own


def test_the_labels_needed_are_enough_and_a_tenth_fewer_are_not() -> None:
    own = frozen()
    needed = labels_needed(own)
    assert needed is not None
    assert _passing(own, needed, own.target).max() >= LIKELY
    assert _passing(own, int(needed * 0.9), own.target).max() < LIKELY


def test_the_outlook_foresees_what_certification_brings() -> None:
    own = frozen()
    view = outlook(own)
    got = []
    for seed in range(20):
        labels = GOOD.sample(4000, np.random.default_rng(100 + seed))
        verdict = certify(labels.scores, labels.wrong, ONES, plan=own, rng=rng())
        got.append(verdict.automation if isinstance(verdict, Certified) else 0.0)
    assert view.automation == pytest.approx(np.mean(got), abs=0.05)
    assert view.reachable_target is not None
    assert view.reachable_target < 0.01


@pytest.mark.parametrize(
    ("name", "value"), [("target", 0.0), ("target", 1.0), ("delta", 0.0), ("delta", 1.0)]
)
def test_a_promise_outside_zero_and_one_makes_no_plan(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name}"):
        frozen(**{name: value})


# -- anytime ------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_a_block_is_its_labels_one_by_one_and_state_survives_json(seed: int) -> None:
    generator = np.random.default_rng(seed)
    own = frozen(method="anytime", pi_floor=0.1)
    labels, pi = GOOD.sample(60, generator), generator.uniform(0.1, 1, 60)
    whole, parts = AnytimeCertifier(own), AnytimeCertifier(own)
    whole.add_block(labels.scores, labels.wrong, pi)
    for i, row in enumerate(zip(labels.scores, labels.wrong, pi, strict=True)):
        parts.add(*(float(value) for value in row))
        if i == 30:
            parts = AnytimeCertifier.from_json(own, json.loads(json.dumps(parts.to_json())))
        parts.verdict()  # looking changes nothing
    assert whole.to_json() == parts.to_json()


def test_a_label_that_would_void_the_proof_leaves_no_trace() -> None:
    own = frozen(method="anytime", pi_floor=0.1)
    certifier = AnytimeCertifier(own)
    before = certifier.to_json()
    for scores, losses, pi in (([0.9, 0.9], [0, 0], [1, 0.05]), ([0.9, 0.9], [0, 2], [1, 1])):
        with pytest.raises(ValueError, match=r"^(pi|losses) must"):
            certifier.add_block(np.array(scores), np.array(losses), np.array(pi))
    assert certifier.to_json() == before


def test_what_was_proved_once_stays_proved() -> None:
    own = frozen(method="anytime")
    certifier = AnytimeCertifier(own)
    certifier.add_block(LABELS.scores, LABELS.wrong, ONES)
    first = certifier.verdict()
    assert isinstance(first, Certified)
    certifier.add_block(np.full(50, 1.0), np.ones(50), np.ones(50))
    second = certifier.verdict()
    assert isinstance(second, Certified)
    assert second.walked == first.walked


# -- per label, costs, out of fold, the door ----------------------------------------------------------------


def test_every_label_has_its_own_walk_at_its_share_of_delta() -> None:
    generator = rng()
    labels, other = GOOD.sample(8000, generator), WEAK.sample(8000, generator)
    scores = np.concatenate([labels.scores, other.scores])
    wrong = np.concatenate([labels.wrong, other.wrong])
    predicted = np.repeat(["ham", "spam"], 8000)
    plans = plan_per_label(
        scores,
        predicted,
        wrong,
        labels=("ham", "spam", "news"),
        target=0.01,
        delta=0.06,
        expected_labels=16_000,
        method="binomial",
    )
    assert set(plans) == {"ham", "spam"}
    assert {round(own.delta, 9) for own in plans.values()} == {0.02}
    verdicts = certify_per_label(scores, predicted, wrong, np.ones(16_000), plans=plans, rng=generator)
    assert isinstance(verdicts["ham"], Certified)
    assert isinstance(verdicts["spam"], NotCertified)


def test_costs_weigh_losses_and_the_promise_is_in_their_unit() -> None:
    guarantee = Guarantee(target=0.2, loss={("fraud", "ok"): 20.0, ("ok", "fraud"): 2.0})
    assert guarantee.alpha == pytest.approx(0.01)
    assert guarantee.losses.of(["fraud", "ok"], ["ok", "fraud"]).tolist() == [1.0, 0.1]
    tune = GOOD.sample(4000, rng())
    cheap = np.where(np.arange(4000) % 2 == 0, 1.0, 0.1)
    own = guarantee.plan(tune.scores, tune.wrong * cheap, expected_labels=4000, method="betting")
    verdict = guarantee.certify(LABELS.scores, LABELS.wrong * cheap, ONES, plan=own, rng=rng())
    assert isinstance(verdict, Certified)
    plain = guarantee.certify(LABELS.scores, LABELS.wrong, ONES, plan=own, rng=rng())
    assert not isinstance(plain, Certified) or plain.cutoff >= verdict.cutoff


@pytest.mark.parametrize(
    "costs", [{}, {("a", "b"): 0.0}, {("a", "b"): -1.0}, {("a", "a"): 1.0}, {("a", "b"): float("nan")}]
)
def test_costs_that_make_no_sense_are_refused(costs: dict[tuple[str, str], float]) -> None:
    with pytest.raises(ValueError, match="cost"):
        Loss(costs)


def test_out_of_fold_is_never_more_than_provisional() -> None:
    verdict = certify_out_of_fold(LABELS.scores, LABELS.wrong, target=0.01, confidence=0.95, rng=rng())
    assert isinstance(verdict, Certified)
    assert verdict.status == "provisional"
    pi = np.where(LABELS.scores > 0.9, 0.5, 1.0)
    thinned = certify_out_of_fold(LABELS.scores, LABELS.wrong, target=0.01, confidence=0.95, rng=rng(), pi=pi)
    assert thinned.status == "provisional" if isinstance(thinned, Certified) else True
    assert isinstance(
        certify_out_of_fold(np.array([]), np.array([]), target=0.01, confidence=0.95, rng=rng()), NotCertified
    )


def test_the_door_refuses_a_plan_that_is_weaker_than_the_promise() -> None:
    guarantee = Guarantee(target=0.01)
    with pytest.raises(ValueError, match="weaker than the promise"):
        guarantee.sequential(replace(frozen(), target=0.02))
    with pytest.raises(ValueError, match="weaker than the promise"):
        guarantee.certify(LABELS.scores, LABELS.wrong, ONES, plan=replace(frozen(), delta=0.1), rng=rng())


def test_missed_errors_sharpen_target_and_confidence() -> None:
    sharper = Guarantee(target=0.01).corrected_for_misses(2, 200)
    assert sharper.target < 0.01
    assert sharper.confidence > 0.95


@pytest.mark.parametrize(("target", "confidence"), [(0.0, 0.95), (1.0, 0.95), (0.01, 1.0), (0.01, 0.0)])
def test_an_impossible_promise_is_refused(target: float, confidence: float) -> None:
    with pytest.raises(ValueError, match="must lie"):
        Guarantee(target=target, confidence=confidence)


def test_predicted_passing_falls_as_tuning_errors_rise() -> None:
    n = np.array([1000])
    falling = [float(believed(n, np.array([k])).passing(n, np.array([4]))[0]) for k in range(0, 30, 3)]
    assert falling == sorted(falling, reverse=True)
