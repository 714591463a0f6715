"""Tests of a canary hold in worlds made to break them, and what is no number never passes."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from science.canary import balance, promotion
from science.canary.compared import Comparison, breach, harm
from science.canary.step import ALPHA, HARM, IMBALANCE, STAGES, Outcome, Step, judge

BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = Step(
    labels=100,
    needed=100,
    since=BEGUN,
    least=DAY,
    harm={"champion": 1.0, "promise": 1.0},
    imbalance=dict.fromkeys(STAGES, 1.0),
)


def often(false: int, runs: int, most: float) -> bool:
    """Whether so many would be too many, were the chance at most `most`."""
    return false > stats.binom.ppf(0.9999, runs, most)


def arms(
    rng: np.random.Generator, n: int, share: float, its: float, champions: float
) -> tuple[np.ndarray, ...]:
    mine = rng.random(n) < share
    return mine, (rng.random(n) < np.where(mine, its, champions)).astype(float)


@pytest.mark.parametrize(
    ("history", "share", "error"),
    [
        (0, 0.5, 0.02),
        (200, 0.5, 0.3),
        (600, 0.9, 0.02),
        (600, 0.2, 0.0),
        (2000, 0.99, 0.002),
        (40, 0.05, 0.1),
    ],
)
def test_a_canary_that_is_no_worse_is_seldom_called_harmful(history: int, share: float, error: float) -> None:
    rng, runs = np.random.default_rng(11), 150
    plan = Comparison(0.01, (rng.random(history) < error).astype(float))
    false = 0
    for _ in range(runs):
        plan = replace(plan, history=(rng.random(history) < error).astype(float))
        false += harm(plan, *arms(rng, 400, share, error, error)).peak >= 1 / (ALPHA * HARM["champion"])
    assert not often(false, runs, ALPHA * HARM["champion"])


def test_a_bad_canary_is_found_within_some_hundred_labels() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(60):
        plan = Comparison(0.02, (rng.random(2000) < 0.02).astype(float))
        found += harm(plan, *arms(rng, 300, 0.7, 0.08, 0.02)).peak >= 1 / (ALPHA * HARM["champion"])
    assert found >= 45


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_swapping_the_arms_swaps_the_verdict(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    mine, losses = arms(rng, 600, share, 0.6, 0.05)
    plan = Comparison(0.05)
    assert harm(plan, mine, losses).peak > harm(plan, ~mine, losses).peak


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60))
def test_what_comes_later_changes_nothing_of_what_was_known(units: list[tuple[bool, float]]) -> None:
    mine = np.array([one for one, _ in units], dtype=bool)
    losses = np.array([loss for _, loss in units])
    plan = Comparison(0.02, [0.0] * 50)
    peaks = [harm(plan, mine[:n], losses[:n]).peak for n in range(len(units) + 1)]
    assert peaks == sorted(peaks)
    assert all(1 <= peak < math.inf for peak in peaks)


@pytest.mark.parametrize("bad", [math.nan, -0.1, 1.1, math.inf])
def test_a_loss_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="loss"):
        harm(Comparison(0.02), np.array([True]), np.array([bad]))
    with pytest.raises(ValueError, match="loss"):
        breach(0.02, np.array([bad]))


def test_a_canary_at_the_promise_seldom_breaks_it() -> None:
    rng, runs = np.random.default_rng(5), 300
    limit = 1 / (ALPHA * HARM["promise"])
    false = sum(breach(0.04, (rng.random(500) < 0.04).astype(float)) >= limit for _ in range(runs))
    assert not often(false, runs, ALPHA * HARM["promise"])
    assert breach(0.04, (rng.random(500) < 0.15).astype(float)) >= limit


def test_one_twice_as_wrong_is_seldom_promoted_and_an_equal_one_mostly() -> None:
    rng = np.random.default_rng(7)
    n = promotion.plan(40, 2000, expected=0.02, alpha=ALPHA).labels
    passed = {}
    for error in (0.04, 0.02):
        drawn = zip(rng.binomial(n, error, 300).tolist(), rng.binomial(2000, 0.02, 300).tolist(), strict=True)
        passed[error] = sum(promotion.p_value(x, n, y, 2000) <= ALPHA for x, y in drawn)
    assert not often(passed[0.04], 300, ALPHA)
    assert passed[0.02] >= 0.65 * 300


def test_the_sequential_test_of_shares_seldom_fires_whoever_looks_how_often() -> None:
    rng, runs = np.random.default_rng(2), 300
    false = 0
    for _ in range(runs):
        canary = np.cumsum(rng.random(2000) < 0.05)[::10]
        seen = np.arange(1, 2001)[::10]
        values = (
            balance.of_counts((int(n - x), int(x)), (0.95, 0.05), weight=balance.ARRIVED)
            for x, n in zip(canary, seen, strict=True)
        )
        false += any(value >= 20 for value in values)
    assert not often(false, runs, 0.05)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25, 0.5])
def test_three_per_cent_lost_in_the_canary_are_found_within_20_000_cases(share: float) -> None:
    lost = round(20_000 * share * 0.03)
    value = balance.of_counts((0, lost), (1 - share, share), weight=balance.LOST)
    assert value >= 1 / IMBALANCE


def test_losses_alike_in_both_arms_are_no_imbalance() -> None:
    rng, runs = np.random.default_rng(9), 200
    false = 0
    for _ in range(runs):
        mine, lost = rng.random(1000) < 0.3, rng.random(1000) < 0.1
        false += balance.of_losses(mine.tolist(), lost.tolist()) >= 20
    assert not often(false, runs, 0.05)
    mine = rng.random(1000) < 0.3
    assert balance.of_losses(mine.tolist(), (mine & (rng.random(1000) < 0.2)).tolist()) >= 1 / IMBALANCE


def test_all_there_and_no_harm_passes() -> None:
    assert judge(GOOD, now=BEGUN + DAY).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "change",
    [
        {"labels": 0},
        {"labels": 99},
        {"labels": 0, "needed": 0},
        {"needed": math.nan},
        {"since": BEGUN + timedelta(seconds=1)},
        {"signals": ["People override it."]},
        {"harm": {}},
        {"harm": {"champion": 1.0}},
        {"harm": {"champion": math.nan, "promise": 1.0}},
        {"harm": {"champion": -1.0, "promise": 1.0}},
        {"harm": {"champion": 1.0, "promise": 1.0, "unheard of": 1e9}},
        {"imbalance": {}},
        {"imbalance": {"scored": math.nan}},
        {"imbalance": {"scored": 2 / IMBALANCE}},
        {"imbalance": {"scored": math.inf}},
    ],
)
def test_what_is_missing_or_no_number_holds(change: dict[str, object]) -> None:
    judged = judge(replace(GOOD, **change), now=BEGUN + DAY)  # type: ignore[arg-type]
    assert judged.outcome is Outcome.HOLD
    assert not judged.worse
    assert judged.unknown or judged.stage or judged.missing or judged.until or "signals" in change


@pytest.mark.parametrize("name", list(HARM))
def test_harm_fails_whatever_else_is_known(name: str) -> None:
    harmed = GOOD.harm | {name: 1 / (ALPHA * HARM[name])}  # type: ignore[operator]
    step = replace(GOOD, harm=harmed, labels=0, signals=["odd"], imbalance={"scored": math.nan})
    assert judge(step, now=BEGUN).outcome is Outcome.FAIL
