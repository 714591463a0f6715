"""A challenger inherits what its champion proved, and pays for the cases in which it differs."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.guarantee.betting import log_mean_exp
from science.guarantee.handover import WEIGHT, Handover
from science.guarantee.handover_champion import SHARES, ChampionEvidence
from science.guarantee.handover_plan import HandedOver, HandoverPlan, NoSlack, NotYet

PLAN = HandoverPlan(target=0.01, delta=0.05, pi_floor=0.02, coverage=0.7, differs=0.02)
NOTHING = np.zeros(0)


def flags(n: int, *true: int) -> np.ndarray:
    marked = np.zeros(n, dtype=bool)
    marked[list(true)] = True
    return marked


def inherited(errors: int, *, audits: int = 3000, plan: HandoverPlan = PLAN) -> Handover:
    """A challenger at its freeze, whose champion automates 70 %."""
    handover = Handover(plan)
    handover.inherit(round(audits / 0.7 / 0.02), (np.arange(audits) < errors) * 1.0, np.full(audits, 0.02))
    return handover


def add(handover: Handover, n: int, *, differs: int = 0, wrong: int = 0, decided: float = 0.7) -> None:
    """Add cases of which the first ones are decided, and the first of those are in D."""
    at = np.arange(n)
    handover.add_block(at < decided * n, at < differs, (at < wrong) * 1.0, NOTHING, NOTHING)


# -- the two games ------------------------------------------------------------------------------------------


@given(st.floats(0.001, 0.5), st.floats(0, 0.9), st.floats(0.005, 1), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_one_wealth_grows_with_what_is_granted_to_the_champion_and_the_other_falls(
    target: float, miss: float, floor: float, seed: int
) -> None:
    rng, n = np.random.default_rng(seed), 80
    handover = Handover(HandoverPlan(target, 0.05, floor, miss_bound=miss, cluster_cap=2))
    decides = rng.random(n) < 0.6
    differs = decides & (rng.random(n) < 0.3)
    audits = rng.integers(0, n)
    handover.add_block(
        decides, differs, rng.random(n), rng.random(audits).round(1), rng.uniform(floor, 1, audits),
        rng.integers(0, n, n),
    )  # fmt: skip
    champion, challenger = handover.log_wealth()
    assert np.isfinite([champion, challenger]).all()
    assert np.all(np.diff(champion) >= 0)
    assert np.all(np.diff(challenger) <= 0)


def test_both_games_are_fair_where_the_challenger_is_exactly_at_the_target() -> None:
    # All ways that one case can go: in D with probability .2, wrong there just often enough.
    plan = HandoverPlan(target=0.02, delta=0.05, pi_floor=0.5, miss_bound=0.2)
    share, differs, risk = 0.6, 0.2, 0.4 * 0.02
    seen = (share * plan.target - risk) * (1 - plan.miss_bound)
    at = 39  # s = 40 % of the target
    one = {name: Handover(plan) for name in ("idle", "right", "wrong", "audit")}
    one["idle"].add_block(flags(1), flags(1), np.zeros(1), NOTHING, NOTHING)
    one["right"].add_block(flags(1, 0), flags(1, 0), np.zeros(1), NOTHING, NOTHING)
    one["wrong"].add_block(flags(1, 0), flags(1, 0), np.ones(1), NOTHING, NOTHING)
    one["audit"].add_block(flags(1), flags(1), np.zeros(1), np.ones(1), np.full(1, 0.5))
    champion = {name: np.exp(h.log_wealth()[0][at]) for name, h in one.items()}
    challenger = {name: np.exp(h.log_wealth()[1][at]) for name, h in one.items()}
    mean = (
        (1 - share) * challenger["idle"] + (share - seen) * challenger["right"] + seen * challenger["wrong"]
    )
    assert mean == pytest.approx(1, abs=1e-9)
    found = 0.5 * risk * (1 - plan.miss_bound)
    assert (1 - found) * champion["idle"] + found * champion["audit"] == pytest.approx(1, abs=1e-9)
    assert differs > seen


@given(st.integers(0, 40), st.integers(0, 5), st.integers(1, 3000))
@settings(max_examples=40)
def test_evidence_is_never_more_than_both_games_own_at_any_risk_of_the_champion(
    errors: int, wrong: int, cases: int
) -> None:
    handover = inherited(errors)
    add(handover, cases, differs=min(5, int(0.7 * cases)), wrong=min(wrong, int(0.7 * cases)))
    champion, challenger = handover.log_wealth()
    most = np.logaddexp(champion + np.log(WEIGHT), challenger + np.log1p(-WEIGHT))
    assert handover.log_e() <= most.min() + 1e-9


def test_errors_take_evidence_and_missed_ones_are_allowed_for() -> None:
    def evidence(errors: int, wrong: int, miss: float) -> float:
        handover = inherited(errors, plan=HandoverPlan(0.01, 0.05, 0.02, miss_bound=miss))
        add(handover, 2000, differs=30, wrong=wrong)
        return handover.log_e()

    assert evidence(6, 0, 0.0) > evidence(7, 0, 0.0)
    assert evidence(6, 0, 0.0) > evidence(6, 1, 0.0)
    assert evidence(6, 0, 0.0) > evidence(6, 0, 0.1) > evidence(6, 0, 0.3)


# -- what it comes to ---------------------------------------------------------------------------------------


def test_the_same_model_again_is_handed_over_by_the_champions_evidence_and_without_a_label() -> None:
    for errors in (0, 5, 9):
        handover = inherited(errors)
        while not isinstance(verdict := handover.verdict(), HandedOver):
            add(handover, 100)
        assert (verdict.labels, handover.challenger.labels) == (0, 0)
        assert verdict.cases < 8000
    # In the end nothing but the champion's evidence decides: its bound, where the slack of D is used up.
    handover, decides = inherited(210, audits=30_000), np.arange(10**6) < 0.7 * 10**6
    handover.add_block(
        decides, flags(10**6), np.zeros(10**6), (np.arange(14_000) < 98) * 1.0, np.full(14_000, 0.02)
    )
    champion, _ = handover.log_wealth()
    assert handover.log_e() == pytest.approx(champion[68] + np.log(WEIGHT), abs=0.3)  # 70 % of cases decided


def test_a_champion_that_drifts_takes_back_what_it_had_proved() -> None:
    handover = inherited(6)
    before = handover.log_wealth()[0].copy()
    handover.add_block(flags(3000), flags(3000), np.zeros(3000), np.ones(12), np.full(12, 0.02))
    assert np.all(handover.log_wealth()[0][40:90] < before[40:90] - 3)


def test_nothing_is_inherited_while_errors_come_late_whatever_the_evidence() -> None:
    early, late = Handover(PLAN), Handover(PLAN)
    x = np.zeros(6000)
    x[[100, 900, 2000, 3100, 3900, 5500]] = 1
    early.inherit(430_000, x, np.full(6000, 0.02))
    late.inherit(430_000, np.sort(x), np.full(6000, 0.02))
    for handover in (early, late):
        add(handover, 10_000)
    assert early.log_e() == pytest.approx(late.log_e())
    assert early.verdict().status == "handed_over"
    refused = late.verdict()
    assert isinstance(refused, NotYet)
    assert refused.drifting
    assert refused.e_value > 20


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50), st.integers(1, 49))
def test_lateness_is_that_of_all_audits_however_they_came(losses: list[float], cut: int) -> None:
    x, pi = np.array(losses).round(3), np.full(len(losses), 0.5)
    whole, parts, mirrored = (ChampionEvidence(PLAN) for _ in range(3))
    whole.take(1000, x, pi)
    for part in (x[:cut], x[cut:]):
        parts.take(500, part, pi[: part.size])
    mirrored.take(1000, x[::-1], pi)
    assert parts.lateness() == pytest.approx(whole.lateness(), abs=1e-6)
    assert mirrored.lateness() == pytest.approx(-whole.lateness(), abs=1e-6)


def test_a_champion_without_slack_says_so_and_one_with_slack_says_how_long() -> None:
    none = inherited(30).verdict()
    assert isinstance(none, NoSlack)
    assert none.champion_risk == pytest.approx(0.007, rel=0.01)
    assert none.allowed == pytest.approx(0.007)
    soon, later = inherited(5).verdict(), inherited(12).verdict()
    assert isinstance(soon, NotYet)
    assert isinstance(later, NotYet)
    assert soon.more_cases
    assert later.more_cases
    assert soon.more_cases < later.more_cases
    assert soon.more_labels == int(np.ceil(0.02 * soon.more_cases))


def test_what_is_expected_comes_about_when_expected() -> None:
    handover = inherited(5)
    verdict = handover.verdict()
    assert isinstance(verdict, NotYet)
    assert verdict.more_cases
    wrong = round(0.02 * verdict.more_cases * 0.04)  # as is believed of D before it is known
    add(handover, round(1.5 * verdict.more_cases), differs=round(0.03 * verdict.more_cases), wrong=wrong)
    assert handover.verdict().status == "handed_over"


def test_a_challenger_that_errs_where_it_differs_has_no_end_in_sight() -> None:
    handover = inherited(5)
    add(handover, 2000, differs=200, wrong=60)
    verdict = handover.verdict()
    assert isinstance(verdict, NotYet)
    assert (verdict.more_cases, verdict.more_labels) == (None, None)


def test_handed_over_stays_so() -> None:
    handover = inherited(0)
    add(handover, 5000)
    verdict = handover.verdict()
    assert isinstance(verdict, HandedOver)
    assert verdict.assumes
    assert 0 < verdict.champion_bound < 0.01
    add(handover, 1000, differs=500, wrong=500)
    assert handover.verdict() == verdict


# -- how it is fed ------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(2, 200), st.booleans())
@settings(max_examples=30)
def test_one_block_or_many_say_the_same_and_a_restored_state_goes_on(
    seed: int, n: int, clustered: bool
) -> None:
    rng = np.random.default_rng(seed)
    decides = rng.random(n) < 0.7
    differs, wrong = decides & (rng.random(n) < 0.2), (rng.random(n) < 0.1) * 1.0
    clusters = np.array([f"case {i}" for i in range(n)]) if clustered else None
    whole, parts = inherited(4), inherited(4)
    whole.add_block(decides, differs, wrong, np.array([1.0, 0.0]), np.array([0.02, 0.1]), clusters)
    half = n // 2
    for at, losses, pi in ((slice(half), 1.0, 0.02), (slice(half, n), 0.0, 0.1)):
        own = None if clusters is None else clusters[at]
        parts.add_block(decides[at], differs[at], wrong[at], np.array([losses]), np.array([pi]), own)
        parts = Handover.from_json(PLAN, json.loads(json.dumps(parts.to_json())))
    assert np.array(parts.log_wealth()) == pytest.approx(np.array(whole.log_wealth()))
    assert parts.challenger == whole.challenger
    assert HandoverPlan.from_json(json.loads(json.dumps(PLAN.to_json()))) == PLAN


def test_copies_in_a_block_are_one_bet_and_later_ones_only_take() -> None:
    plan = HandoverPlan(0.01, 0.05, 0.02, cluster_cap=4)
    copied, single = Handover(plan), Handover(PLAN)
    names = np.repeat(["a", "b", "c"], 4)
    wrong = np.repeat([0.0, 1.0, 0.0], 4)
    copied.add_block(flags(12, *range(12)), flags(12, *range(12)), wrong, NOTHING, NOTHING, names)
    single.add_block(flags(3, 0, 1, 2), flags(3, 0, 1, 2), wrong[::4], NOTHING, NOTHING)
    assert copied.log_wealth()[1] == pytest.approx(single.log_wealth()[1])
    before = copied.log_wealth()[1]
    copied.add_block(flags(1, 0), flags(1, 0), np.zeros(1), NOTHING, NOTHING, np.array(["a"]))
    assert np.all(copied.log_wealth()[1] <= before)


def test_a_million_cases_are_as_quick_as_a_few_counts() -> None:
    rng, handover = np.random.default_rng(3), inherited(4)
    decides = rng.random(10**6) < 0.7
    handover.add_block(decides, decides & (rng.random(10**6) < 0.01), np.zeros(10**6), NOTHING, NOTHING)
    assert len(handover.to_json()["kinds"]) == 2
    assert log_mean_exp(np.zeros(7), SHARES) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ((flags(2, 0), flags(2, 0), np.array([np.nan, 0]), NOTHING, NOTHING), "losses"),
        ((flags(2, 0), flags(2, 0), np.array([1.5, 0]), NOTHING, NOTHING), "losses"),
        ((flags(2, 0), flags(2, 1), np.zeros(2), NOTHING, NOTHING), "must decide"),
        ((flags(2), flags(3), np.zeros(2), NOTHING, NOTHING), "as many"),
        ((np.zeros(2), flags(2), np.zeros(2), NOTHING, NOTHING), "true or false"),
        ((flags(2), flags(2), np.zeros(2), np.array([np.nan]), np.ones(1)), "losses"),
        ((flags(2), flags(2), np.zeros(2), np.zeros(1), np.array([np.nan])), "pi must lie"),
        ((flags(2), flags(2), np.zeros(2), np.zeros(1), np.array([0.01])), "pi must lie"),
        ((flags(2), flags(2), np.zeros(2), np.zeros(2), np.ones(1)), "as many"),
        ((flags(2), flags(2), np.zeros(2), np.zeros(3), np.ones(3)), "cannot be"),
        ((flags(2), flags(2), np.zeros(2), NOTHING, NOTHING, ["one"]), "clusters"),
        ((flags(2), flags(2), np.zeros(2), NOTHING, NOTHING, ["7", 7]), "clusters"),
        ((flags(2), flags(2), np.zeros(2), NOTHING, NOTHING, ["one", None]), "clusters"),
        ((flags(2), flags(2), np.zeros(2), NOTHING, NOTHING, np.array([1.0, np.nan])), "clusters"),
    ],
)
def test_what_is_missing_or_impossible_is_refused_and_nothing_taken_in(
    block: tuple[np.ndarray, ...], why: str
) -> None:
    handover = inherited(3)
    before = handover.to_json()
    with pytest.raises(ValueError, match=why):
        handover.add_block(*block)
    assert handover.to_json() == before


def test_a_plan_that_promises_nothing_and_evidence_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="target must"):
        HandoverPlan(target=0.0, delta=0.05, pi_floor=0.02)
    with pytest.raises(ValueError, match="target"):
        HandoverPlan(target=float("nan"), delta=0.05, pi_floor=0.02)
    handover = inherited(3)
    add(handover, 10)
    with pytest.raises(ValueError, match="before the freeze"):
        handover.inherit(100, np.zeros(1), np.ones(1))


@pytest.mark.parametrize("cases", [float("nan"), float("inf"), 2.5, 0])
def test_a_window_of_no_whole_number_of_cases_is_refused_and_nothing_taken_in(cases: float) -> None:
    handover = Handover(PLAN)
    before = handover.to_json()
    with pytest.raises(ValueError, match="cannot be"):
        handover.inherit(cases, np.zeros(1), np.ones(1))  # type: ignore[arg-type]
    assert handover.to_json() == before


def test_evidence_that_comes_twice_or_into_too_old_a_state_is_refused() -> None:
    handover = inherited(3)
    with pytest.raises(ValueError, match="inherited once"):
        handover.inherit(1000, np.zeros(20), np.full(20, 0.02))
    old, block = handover.to_json(), (flags(100), flags(100), np.zeros(100), NOTHING, NOTHING)
    handover.add_block(*block, before=0)
    with pytest.raises(ValueError, match="once each"):
        handover.add_block(*block, before=0)
    with pytest.raises(ValueError, match="once each"):
        Handover.from_json(PLAN, old).add_block(*block, before=100)
    assert handover.challenger.cases == 100
