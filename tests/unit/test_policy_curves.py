"""What a cutoff would have done on labelled cases: counted, not estimated, and exact where it matters."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.in_force.basis import covers_cutoffs
from policy.proof.proofs import Claim, Sample, Terms, attempt_sha256, believe
from policy.web import curves

LABELS = ["ham", "spam"]
TERMS = Terms(0.01, 0.05, (1.0, 1.0))
scores = st.floats(min_value=0, max_value=1)


@st.composite
def samples(draw) -> Sample:
    """A few labelled cases."""
    cases = draw(st.lists(st.tuples(scores, st.integers(0, 1), st.booleans()), min_size=1, max_size=60))
    score, predicted, wrong = zip(*cases, strict=True)
    return Sample(np.array(score), np.array(predicted), np.array(wrong), np.arange(len(cases)), "digest")


@settings(deadline=None)
@given(samples(), st.lists(scores, max_size=5), st.none() | scores)
def test_every_point_counts_the_cases_at_or_above_it(sample, passed, in_force):
    cutoffs = {} if in_force is None else dict.fromkeys(LABELS, in_force)
    (unit,) = curves.units(sample, labels=LABELS, scope="overall", in_force=cutoffs, passed={None: passed})
    for point in unit.points:
        accepted = sample.scores >= point.cutoff
        assert point.n == accepted.sum()
        assert point.wrong == (accepted & sample.wrong).sum()
        if point.n:
            assert point.low <= point.error <= point.high
        else:
            assert point.error is None
    assert [p.cutoff for p in unit.points] == sorted({p.cutoff for p in unit.points}, reverse=True)


@settings(deadline=None)
@given(samples(), st.lists(scores, max_size=5), st.none() | scores)
def test_tested_cutoffs_and_the_one_in_force_are_among_the_points_as_exact_floats(sample, passed, in_force):
    cutoffs = {} if in_force is None else dict.fromkeys(LABELS, in_force)
    (unit,) = curves.units(sample, labels=LABELS, scope="overall", in_force=cutoffs, passed={None: passed})
    shown = {point.cutoff for point in unit.points}
    assert set(passed) <= shown
    assert {point.cutoff for point in unit.points if point.is_covered} == set(passed)
    assert in_force is None or in_force in shown
    assert unit.in_force_text == ("" if in_force is None else repr(in_force))
    if in_force is not None:
        assert float(unit.in_force_text) == in_force


@settings(deadline=None)
@given(samples())
def test_the_units_of_the_labels_share_out_the_cases(sample):
    units = curves.units(sample, labels=LABELS, scope="per_label", in_force={}, passed={})
    assert [unit.label for unit in units] == LABELS
    assert sum(unit.n_labels for unit in units) == len(sample)


@settings(deadline=None)
@given(samples(), scores, scores)
def test_the_total_is_the_sum_over_the_labels(sample, ham, spam):
    cutoffs = {"ham": ham, "spam": spam}
    total = curves.total(sample, labels=LABELS, cutoffs=cutoffs)
    each = [cutoffs[LABELS[column]] for column in sample.predicted]
    accepted = sample.scores >= np.array(each)
    assert (total.n, total.wrong) == (accepted.sum(), (accepted & sample.wrong).sum())


@settings(deadline=None)
@given(samples())
def test_a_label_without_a_cutoff_is_never_automated_in_the_total(sample):
    total = curves.total(sample, labels=LABELS, cutoffs={"ham": 0.0})
    assert total.n == (sample.predicted == 0).sum()


def world(n: int, error: float, seed: int = 0) -> Sample:
    """Cases of a model that is the seldomer wrong the surer it is."""
    rng = np.random.default_rng(seed)
    score = 0.5 + rng.beta(4, 1, n) / 2
    wrong = rng.random(n) < error * (1 - score)
    return Sample(score, rng.integers(0, 2, n), wrong, np.arange(n), "digest")


def test_what_is_believed_is_what_the_rule_looks_up():
    sample = world(4000, 0.05)
    for scope in ("overall", "per_label"):
        proof = believe(sample, Claim(scope, 0.01, 0.95), TERMS, labels=LABELS)
        certificate = type("Row", (), {"seen": proof.seen, "scope": scope, "refuted": []})()
        loosest = {unit["label"]: unit["cutoff"] for unit in proof.seen["units"]}
        cutoffs = {label: loosest[None] if scope == "overall" else loosest[label] for label in LABELS}
        assert covers_cutoffs(certificate, cutoffs, LABELS)
        beside = {label: np.nextafter(cutoff, 1) for label, cutoff in cutoffs.items()}
        assert not covers_cutoffs(certificate, beside, LABELS)


def test_the_same_labels_and_promise_give_the_same_belief():
    one, two = (believe(world(3000, 0.05), Claim("overall", 0.01, 0.95), TERMS, labels=LABELS) for _ in "ab")
    assert one == two


def test_an_attempt_is_named_by_everything_that_bears_on_it():
    sample = world(10, 0.1)
    promises = [
        ("overall", 0.01, 0.95),
        ("per_label", 0.01, 0.95),
        ("overall", 0.02, 0.95),
        ("overall", 0.01, 0.9),
    ]
    names = {attempt_sha256(sample, Claim(*promise)) for promise in promises}
    other = Sample(sample.scores, sample.predicted, sample.wrong, sample.groups, "other")
    names.add(attempt_sha256(other, Claim(*promises[0])))
    assert len(names) == 5
