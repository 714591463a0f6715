"""The rule fails closed: one reason automates, every other one asks a person."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from science.decide import decide
from science.decision_terms import OF_SOURCES, REASONS, ROUTES, Basis, Degree, Reason, Route
from science.draws import Draws
from science.outcomes import Outcome
from science.rule import Rule

LABELS = ("ham", "spam", "news")
SURE = np.array([[0.97, 0.02, 0.01]])
UNSURE = np.array([[0.4, 0.35, 0.25]])


def rule(**changes: Any) -> Rule:
    facts: dict[str, Any] = {
        "labels": LABELS,
        "workflow_labels": frozenset(LABELS),
        "degree": Degree.PARTIAL,
        "scope": "per_label",
        "cutoffs": dict.fromkeys(LABELS, 0.9),
        "basis": Basis.CERTIFIED,
        "valid_from": 0.0,
        "valid_until": 100.0,
    }
    return Rule(**(facts | changes))


def draws(n: int = 1, u_audit: float = 0.5, u_ramp: float = 0.5, u_blind: float = 0.5) -> Draws:
    return Draws(np.full(n, u_audit), np.full(n, u_ramp), np.full(n, u_blind))


def one(
    rule_: Rule | None, proba: Any = SURE, *, unusable: Any = None, now: float = 50.0, **u: float
) -> Outcome:
    return decide(rule_, proba, unusable=unusable, draws=draws(**u), now=now).one(0)


def test_a_sure_case_under_a_valid_certificate_is_automatic() -> None:
    outcome = one(rule())
    assert outcome == Outcome(
        route=Route.AUTO,
        reason=Reason.ABOVE_CUTOFF,
        predicted=0,
        label="ham",
        score=0.97,
        confidence=0.97,
        cutoff=0.9,
        pi=0.02,
        reference_rate=0.02,
        audited=False,
        blind=False,
    )


REFUSALS = {
    "below the cutoff": (rule(), UNSURE, {}, Reason.BELOW_CUTOFF),
    "no rule": (None, SURE, {}, Reason.NO_RULE),
    "human only": (rule(degree=Degree.HUMAN_ONLY), SURE, {}, Reason.HUMAN_ONLY),
    "shadow": (rule(degree=Degree.SHADOW), SURE, {}, Reason.SHADOW),
    "assist": (rule(degree=Degree.ASSIST), SURE, {}, Reason.ASSIST),
    "no model": (rule(labels=()), None, {}, Reason.NO_MODEL),
    "no scores at all": (rule(), None, {}, Reason.NO_SCORE),
    "a row without a score": (rule(), SURE * np.nan, {}, Reason.NO_SCORE),
    "one NaN": (rule(), np.array([[0.97, np.nan, 0.01]]), {}, Reason.BAD_SCORE),
    "infinite": (rule(), np.array([[np.inf, -np.inf, 1.0]]), {}, Reason.BAD_SCORE),
    "negative": (rule(), np.array([[1.1, -0.1, 0.0]]), {}, Reason.BAD_SCORE),
    "does not sum to one": (rule(), np.array([[0.97, 0.9, 0.01]]), {}, Reason.BAD_SCORE),
    "a column too few": (rule(), SURE[:, :2], {}, Reason.BAD_SCORE),
    "a row too many": (rule(), np.vstack([SURE, SURE]), {}, Reason.BAD_SCORE),
    "not numbers": (rule(), np.array([["a", "b", "c"]]), {}, Reason.BAD_SCORE),
    "another schema": (rule(schema_matches=False), SURE, {}, Reason.SCHEMA_MISMATCH),
    "unfit": (rule(), SURE, {"unusable": [Reason.UNFIT_INPUT]}, Reason.UNFIT_INPUT),
    "unfamiliar": (rule(), SURE, {"unusable": [Reason.UNFAMILIAR]}, Reason.UNFAMILIAR),
    **{
        f"a model elsewhere: {reason.value}": (rule(), SURE, {"unusable": [reason]}, reason)
        for reason in OF_SOURCES
    },
    "a label the workflow dropped": (
        rule(workflow_labels=frozenset({"spam", "news"})),
        SURE,
        {},
        Reason.UNKNOWN_LABEL,
    ),
    "no cutoff for the label": (rule(cutoffs={"spam": 0.9}), SURE, {}, Reason.NO_CUTOFF),
    "a NaN cutoff": (rule(cutoffs={"ham": np.nan}), SURE, {}, Reason.NO_CUTOFF),
    "the label is held lower": (
        rule(label_degrees={"ham": Degree.ASSIST}),
        SURE,
        {},
        Reason.LABEL_NOT_AUTOMATED,
    ),
    "nothing certified": (rule(basis=Basis.NONE), SURE, {}, Reason.NOT_CERTIFIED),
    "expired this instant": (rule(), SURE, {"now": 100.0}, Reason.CERTIFICATE_EXPIRED),
    "not yet valid": (rule(valid_from=60.0), SURE, {}, Reason.CERTIFICATE_EXPIRED),
    "everything is stopped": (rule(stopped=True), SURE, {}, Reason.STOPPED),
    "a broken clock": (rule(), SURE, {"now": np.nan}, Reason.CERTIFICATE_EXPIRED),
    "outside the provisional ramp": (
        rule(basis=Basis.PROVISIONAL),
        SURE,
        {"u_ramp": 0.25},
        Reason.RAMP,
    ),
    "full, but the certificate does not cover all": (
        rule(degree=Degree.FULL),
        SURE,
        {},
        Reason.NOT_CERTIFIED,
    ),
    "full on a cutoff by hand": (
        rule(degree=Degree.FULL, basis=Basis.BY_HAND, cutoffs=dict.fromkeys(LABELS, 0.0)),
        SURE,
        {},
        Reason.NOT_CERTIFIED,
    ),
}


@pytest.mark.parametrize("situation", REFUSALS)
def test_every_gap_sends_the_case_to_a_person_with_its_own_reason(situation: str) -> None:
    rule_, proba, more, reason = REFUSALS[situation]
    outcome = one(rule_, proba, **more)
    assert (outcome.route, outcome.reason) == (Route.REVIEW, reason)
    assert not outcome.audited


def test_every_reason_is_reached_by_some_test_above() -> None:
    reached = {reason for *_, reason in REFUSALS.values()} | {Reason.ABOVE_CUTOFF, Reason.BREAKER}
    assert reached == set(Reason)


def test_a_tripped_breaker_has_a_route_of_its_own() -> None:
    outcome = one(rule(breaker_tripped=True))
    assert (outcome.route, outcome.reason) == (Route.BREAKER_REVIEW, Reason.BREAKER)


def test_a_case_exactly_at_the_cutoff_is_accepted_and_one_ulp_below_is_not() -> None:
    cutoff = 0.97
    assert one(rule(cutoffs={"ham": cutoff})).route is Route.AUTO
    assert one(rule(cutoffs={"ham": np.nextafter(cutoff, 1)})).route is Route.REVIEW


def test_a_float32_probability_is_compared_as_the_number_it_is() -> None:
    proba = SURE.astype(np.float32)  # 0.97 as float32 is a little more than 0.97
    assert one(rule(cutoffs={"ham": float(proba[0, 0])}), proba).route is Route.AUTO
    assert one(rule(cutoffs={"ham": float(np.nextafter(float(proba[0, 0]), 1))}), proba).route is Route.REVIEW


def test_full_automates_everything_it_accepts_once_the_certificate_covers_everything() -> None:
    covering = rule(degree=Degree.FULL, cutoffs=dict.fromkeys(LABELS, 0.0))
    assert one(covering, UNSURE).route is Route.AUTO
    assert one(covering, UNSURE, unusable=[Reason.UNFIT_INPUT]).route is Route.REVIEW


def test_a_label_held_at_partial_does_not_stop_full_for_the_others() -> None:
    held = rule(
        degree=Degree.FULL,
        label_degrees={"ham": Degree.PARTIAL},
        cutoffs={"ham": 0.9, "spam": 0.0, "news": 0.0},
    )
    assert one(held, np.array([[0.3, 0.4, 0.3]])).route is Route.AUTO
    assert one(held, UNSURE).reason is Reason.BELOW_CUTOFF


def test_a_label_degree_lowers_but_never_raises() -> None:
    assert one(rule(degree=Degree.ASSIST, label_degrees={"ham": Degree.FULL})).reason is Reason.ASSIST


def test_provisional_automates_at_most_a_quarter_whatever_the_ramp_says() -> None:
    provisional = rule(basis=Basis.PROVISIONAL, ramp=1.0)
    assert one(provisional, u_ramp=0.2499).route is Route.AUTO
    held = one(provisional, u_ramp=0.25)
    assert (held.route, held.blind) == (Route.REVIEW, True)
    assert held.pi == pytest.approx(0.25 * 0.02 + 0.75)


def test_the_rescored_scalar_is_what_the_cutoff_meets() -> None:
    rescored = rule(rescore=lambda p: 1 - p[:, 1])
    outcome = one(rescored, UNSURE)
    assert (outcome.score, outcome.confidence) == (pytest.approx(0.65), 0.4)
    for broken in (np.nan, -0.1, 1.1):
        refused = one(rule(rescore=lambda p, broken=broken: np.full(len(p), broken)))
        assert refused.reason is Reason.BAD_SCORE


def test_audits_are_drawn_among_automatic_cases_only() -> None:
    assert one(rule(), u_audit=0.0199).audited
    assert not one(rule(), u_audit=0.02).audited
    assert not one(rule(), UNSURE, u_audit=0.0).audited


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"audit_rate": 0.009}, "audit_rate"),
        ({"audit_rate": 0.0049, "audit_base": 0.005}, "audit_rate"),
        ({"audit_rate": 0.0}, "audit_rate"),
        ({"audit_rate": 1.01}, "audit_rate"),
        ({"audit_rate": float("nan")}, "audit_rate"),
        ({"audit_base": 0.0}, "audit_base"),
        ({"blind_share": 0.0}, "blind_share"),
        ({"blind_share": float("nan")}, "blind_share"),
        ({"ramp": 1.1}, "ramp"),
        ({"labels": ("ham", "ham")}, "labels"),
        ({"scope": "overall", "label_degrees": {"ham": Degree.ASSIST}}, "label_degrees"),
        ({"scope": "overall", "cutoffs": {"ham": 0.9, "spam": 0.8}}, "cutoffs"),
        ({"valid_until": None}, "valid_until"),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"^{named}"):
        rule(**changes)


def test_cutoffs_by_hand_need_no_end() -> None:
    assert one(rule(basis=Basis.BY_HAND, valid_until=None)).route is Route.AUTO


# -- properties ---------------------------------------------------------------------------------------------

unit = st.floats(0, 1)
any_float = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    per_label = draw(st.booleans())
    cutoff = draw(unit)
    return rule(
        workflow_labels=frozenset(draw(st.sets(st.sampled_from(LABELS)))),
        degree=draw(st.sampled_from(Degree)),
        scope="per_label" if per_label else "overall",
        label_degrees=draw(st.dictionaries(st.sampled_from(LABELS), st.sampled_from(Degree)))
        if per_label
        else {},
        cutoffs=draw(st.dictionaries(st.sampled_from(LABELS), unit | st.just(0.0)))
        if per_label
        else dict.fromkeys(LABELS, cutoff),
        basis=draw(st.sampled_from(Basis)),
        breaker_tripped=draw(st.booleans()),
        schema_matches=draw(st.booleans()),
        audit_rate=draw(st.floats(0.01, 1)),
        blind_share=draw(st.floats(0.005, 1)),
        ramp=draw(unit),
    )


Unusable = list[Reason | None]
UNUSABLE = (Reason.UNFIT_INPUT, Reason.UNFAMILIAR, *OF_SOURCES)


@st.composite
def batches(draw: st.DrawFn) -> tuple[np.ndarray, Unusable, Draws]:
    n = draw(st.integers(1, 6))
    honest = draw(hnp.arrays(np.float64, (n, len(LABELS)), elements=st.floats(0.001, 1)))
    honest /= honest.sum(1, keepdims=True)
    hostile = draw(hnp.arrays(np.float64, (n, len(LABELS)), elements=any_float))
    proba = np.where(draw(hnp.arrays(bool, (n, 1))), honest, hostile)
    u = draw(hnp.arrays(np.float64, (3, n), elements=st.floats(0, 1, exclude_max=True)))
    unusable = draw(st.lists(st.sampled_from([None, *UNUSABLE]), min_size=n, max_size=n))
    return proba, unusable, Draws(*u)


@given(rules(), batches(), st.floats(-10, 200))
@settings(max_examples=120)
def test_a_batch_decides_each_case_as_if_it_came_alone(
    rule_: Rule, batch: tuple[np.ndarray, Unusable, Draws], now: float
) -> None:
    proba, unusable, u = batch
    together = list(decide(rule_, proba, unusable=unusable, draws=u, now=now).rows())
    for i, outcome in enumerate(together):
        own = Draws(u.u_audit[i : i + 1], u.u_ramp[i : i + 1], u.u_blind[i : i + 1])
        alone = decide(rule_, proba[i : i + 1], unusable=unusable[i : i + 1], draws=own, now=now).one(0)
        assert alone == outcome


@given(rules(), batches(), st.floats(-10, 200))
@settings(max_examples=120)
def test_nothing_is_automatic_unless_everything_speaks_for_it(
    rule_: Rule, batch: tuple[np.ndarray, Unusable, Draws], now: float
) -> None:
    proba, unusable, u = batch
    for i, outcome in enumerate(decide(rule_, proba, unusable=unusable, draws=u, now=now).rows()):
        assert (outcome.route is Route.AUTO) == (outcome.reason is Reason.ABOVE_CUTOFF)
        assert 0 < outcome.pi <= 1
        assert (outcome.predicted is None) == (outcome.score is None) == (outcome.confidence is None)
        if outcome.route is not Route.AUTO:
            assert not outcome.audited
            continue
        assert outcome.label is not None
        assert outcome.score is not None
        assert outcome.blind == outcome.audited
        assert outcome.score == proba[i].max()
        assert outcome.score >= rule_.cutoffs[outcome.label]
        assert outcome.label in rule_.workflow_labels
        assert rule_.degree in (Degree.PARTIAL, Degree.FULL)
        assert rule_.basis is not Basis.NONE
        assert rule_.schema_matches
        assert not rule_.breaker_tripped
        assert unusable[i] is None
        assert 0 <= now < 100
        if rule_.basis is Basis.PROVISIONAL:
            assert u.u_ramp[i] < 0.25


def visible(outcome: Outcome) -> tuple[Any, ...]:
    """What a desk or an answer may show or be shaped by."""
    return (outcome.route, outcome.reason, outcome.pi, outcome.reference_rate, outcome.audited, outcome.blind)


@given(
    rules(), batches(), batches(), st.floats(-10, 200), st.sampled_from([Degree.SHADOW, Degree.HUMAN_ONLY])
)
@settings(max_examples=120)
def test_in_shadow_and_human_only_nothing_visible_depends_on_the_model(
    rule_: Rule,
    batch: tuple[np.ndarray, Unusable, Draws],
    other: tuple[np.ndarray, Unusable, Draws],
    now: float,
    degree: Degree,
) -> None:
    quiet = dataclasses.replace(rule_, degree=degree)
    (proba, unusable, u), (other_proba, other_unusable, _) = batch, other
    first = decide(quiet, proba, unusable=unusable, draws=u, now=now).one(0)
    own = Draws(u.u_audit[:1], u.u_ramp[:1], u.u_blind[:1])
    second = decide(quiet, other_proba[:1], unusable=other_unusable[:1], draws=own, now=now).one(0)
    unscored = decide(quiet, None, unusable=None, draws=own, now=now).one(0)
    assert visible(first) == visible(second) == visible(unscored)
    assert first.blind
    assert first.pi == 1


def test_shadow_records_the_score_and_human_only_does_not() -> None:
    assert one(rule(degree=Degree.SHADOW)).score == 0.97
    assert one(rule(degree=Degree.HUMAN_ONLY)).score is None


@pytest.mark.parametrize("proba", [SURE, UNSURE, np.array([[np.nan] * 3])])
@pytest.mark.parametrize("basis", [Basis.CERTIFIED, Basis.PROVISIONAL])
def test_pi_is_the_share_of_draws_that_collect_a_blind_label(proba: np.ndarray, basis: Basis) -> None:
    n = 40_000
    outcomes = decide(
        rule(basis=basis, audit_rate=0.05, blind_share=0.3),
        np.repeat(proba, n, axis=0),
        draws=Draws.simulated(n, np.random.default_rng(5)),
        now=1.0,
    )
    pi = outcomes.pi[0]
    assert np.all(outcomes.pi == pi)
    low, high = stats.binom.interval(0.9999, n, pi)
    assert low <= int(outcomes.blind.sum()) <= high


def test_codes_point_back_to_the_enums() -> None:
    outcomes = decide(rule(), np.vstack([SURE, UNSURE]), draws=draws(2), now=1.0)
    assert [ROUTES[code] for code in outcomes.route] == [Route.AUTO, Route.REVIEW]
    assert [REASONS[code] for code in outcomes.reason] == [Reason.ABOVE_CUTOFF, Reason.BELOW_CUTOFF]
    assert outcomes.automatic.tolist() == outcomes.accepted.tolist() == [True, False]


def test_an_empty_batch_decides_nothing() -> None:
    for rule_ in (rule(), None, rule(degree=Degree.SHADOW), rule(basis=Basis.NONE)):
        outcomes = decide(rule_, np.empty((0, 3)), draws=draws(0), now=1.0)
        assert len(outcomes) == 0
        assert list(outcomes.rows()) == []
