"""The error budget holds in every world, under every audit policy, at every moment, and is narrow enough."""

import numpy as np
import pytest
from scipy import stats

from science.guarantee.budget import ErrorBudget
from science.guarantee.budget_plan import plan_budget
from science.guarantee.budget_verdict import Kept, Terms, close
from science.worlds.budgets import POLICIES, WORLDS, budget_lives, exact_high, raised

DELTA = 0.05
RUNS = 200
TERMS = Terms(0.01, 20_000, 0.05)
MOST = stats.binom.ppf(0.9999, RUNS, DELTA)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_no_world_and_no_policy_beats_an_end_or_a_verdict(world: str, policy: str) -> None:
    seed = [501, list(WORLDS).index(world), POLICIES.index(policy)]
    lives = budget_lives(world, policy, TERMS, runs=RUNS, rng=np.random.default_rng(seed))
    for false in (
        lives.above_at_end,
        lives.above_ever,
        lives.below_at_end,
        lives.below_ever,
        lives.falsely_kept(TERMS),
        lives.falsely_broken(TERMS),
    ):
        assert false.sum() <= MOST


def test_an_adversary_who_aims_at_the_verdict_beats_it_as_rarely_as_was_said() -> None:
    lives = budget_lives(
        "adversary", "fixed", TERMS, runs=600, rng=np.random.default_rng(502), goal="count", block=50
    )
    assert (lives.wrong >= TERMS.needed).mean() > 0.9
    assert lives.falsely_kept(TERMS).sum() <= stats.binom.ppf(0.9999, 600, DELTA)


def test_an_adversary_who_aims_at_the_inversion_beats_it_more_often() -> None:
    lives = budget_lives(
        "adversary", "fixed", TERMS, runs=600, rng=np.random.default_rng(503), goal="inversion", block=50
    )
    highs = exact_high(lives.audits_wrong, TERMS.rate, DELTA, TERMS.decisions)
    assert (lives.wrong > highs).sum() > stats.binom.ppf(0.9999, 600, DELTA)


def test_a_thousand_audits_of_fifty_thousand_leave_the_upper_end_narrow() -> None:
    terms = Terms(0.01, 50_000, 0.02)
    lives = budget_lives("still", "fixed", terms, runs=1500, rng=np.random.default_rng(504), block=1000)
    exact = exact_high(lives.audits_wrong, 0.02, DELTA, 5000)
    assert exact.mean() / 50_000 <= 0.0115
    assert lives.high.mean() / 50_000 <= 0.0135
    assert (lives.wrong > exact).mean() <= DELTA + 0.02


def test_raising_audits_never_widens_the_upper_end_in_the_mean() -> None:
    errors = 250
    half = np.where(np.arange(errors) < errors // 2, 0.03, 0.25)
    policies = np.array([np.full(errors, 0.02), np.full(errors, 0.03), half, np.full(errors, 0.25)])
    highs = raised(errors, 0.02, policies, runs=1000, rng=np.random.default_rng(505)).mean(axis=1)
    assert np.all(np.diff(highs) < 0)


@pytest.mark.parametrize("decisions", [50_000, 10_000, 2000])
def test_nine_of_ten_healthy_periods_are_proved_kept_with_the_planned_audits(decisions: int) -> None:
    plan = plan_budget(Terms(0.01, decisions, 1.0))
    lives = budget_lives("still", "fixed", plan.terms, runs=2000, rng=np.random.default_rng(506), block=100)
    assert plan.is_enough
    assert lives.kept.mean() >= 0.9 - 3 * np.sqrt(0.09 / 2000)


def test_the_books_kept_decision_by_decision_say_the_same_as_the_many_lives() -> None:
    terms, rng = Terms(0.01, 20_000, 0.13), np.random.default_rng(507)
    kept = 0
    for _ in range(60):
        wrong, audited = rng.random(20_000) < 0.005, rng.random(20_000) < terms.rate
        budget = terms.budget()
        for part in np.array_split(np.arange(20_000), 5):
            losses = wrong[part][audited[part]].astype(float)
            budget.add_block(part.size, losses, np.full(losses.size, terms.rate))
        budget = ErrorBudget.from_json(budget.to_json())
        verdict = close(terms, budget)
        kept += isinstance(verdict, Kept)
        assert verdict.exact is not None
    lives = budget_lives("still", "fixed", terms, runs=1000, rng=np.random.default_rng(508))
    assert abs(kept / 60 - lives.kept.mean()) < 0.15
