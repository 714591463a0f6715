"""The error budget's ends hold exactly: every outcome of the draws is enumerated, whatever reacts to them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.guarantee import budget_ends as ends
from science.guarantee.budget import ErrorBudget

seeds = st.integers(0, 2**32 - 1)
rates = st.floats(0.05, 0.95)


@dataclass(frozen=True)
class Path:
    """One outcome of all draws: the chance of it and the decisions that came of it."""

    chance: float
    losses: tuple[float, ...] = ()
    pi: tuple[float, ...] = ()
    audited: tuple[bool, ...] = ()


def paths(
    seed: int, rate: float, longest: int, *, costs: bool = False, past: Path | None = None
) -> Iterator[Path]:
    """Every outcome in a world whose errors, rates and length are any function of the draws before."""
    here = past or Path(1.0)
    world = np.random.default_rng([seed, 1, *map(int, here.audited)])
    if len(here.audited) == longest or (here.audited and world.random() < 0.1):
        yield here
        return
    loss = round(world.random(), 3) if costs else float(world.random() < 0.7)
    pi = world.choice([rate, rate + (1 - rate) * world.random(), 1.0], p=[0.5, 0.45, 0.05])
    for audited, chance in ((True, pi), (False, 1 - pi)):
        if chance > 0:
            yield from paths(
                seed,
                rate,
                longest,
                costs=costs,
                past=Path(
                    here.chance * chance, (*here.losses, loss), (*here.pi, pi), (*here.audited, audited)
                ),
            )


def played(path: Path, budget: ErrorBudget) -> Iterator[tuple[float, ErrorBudget]]:
    """The true sum of losses and the budget, after every decision."""
    for i, (loss, pi, audited) in enumerate(zip(path.losses, path.pi, path.audited, strict=True)):
        seen = np.array([loss] if audited else [])
        budget.add_block(1, seen, np.full(seen.size, pi))
        yield sum(path.losses[: i + 1]), budget


def martingales(path: Path, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Both processes at the end of a path, for every bet."""
    x, pi, audited = np.array(path.losses), np.array(path.pi), np.array(path.audited)
    above, below = ends.bets_above(rate), ends.bets_below(rate)
    unseen = x[~audited].sum()
    upper = ends.log_seen(x[audited], pi[audited], above).sum(axis=0) + unseen * np.log1p(above.values)
    lower = ends.log_seen(x[audited], pi[audited], below).sum(axis=0) + unseen * np.log1p(below.values)
    return path.chance * np.exp(upper), path.chance * np.exp(lower)


@given(seeds, rates)
@settings(max_examples=30, deadline=None)
def test_both_processes_are_fair_games_under_every_reaction(seed: int, rate: float) -> None:
    everything = list(paths(seed, rate, 7))
    assert sum(path.chance for path in everything) == pytest.approx(1)
    upper, lower = (sum(values) for values in zip(*(martingales(p, rate) for p in everything), strict=True))
    assert upper == pytest.approx(np.ones(4), abs=1e-6)
    assert lower == pytest.approx(np.ones(4), abs=1e-9)


@given(seeds, rates)
@settings(max_examples=30, deadline=None)
def test_with_costs_they_are_never_better_than_fair(seed: int, rate: float) -> None:
    everything = [martingales(path, rate) for path in paths(seed, rate, 6, costs=True)]
    upper, lower = (sum(values) for values in zip(*everything, strict=True))
    assert np.all(upper <= 1 + 1e-9)
    assert np.all(lower <= 1 + 1e-9)


@pytest.mark.parametrize("costs", [False, True])
@given(seed=seeds, rate=rates, delta=st.sampled_from([0.1, 0.3, 0.6]))
@settings(max_examples=12, deadline=None)
def test_each_end_is_ever_wrong_with_probability_at_most_its_delta(
    costs: bool, seed: int, rate: float, delta: float
) -> None:
    above = below = 0.0
    for path in paths(seed, rate, 6, costs=costs):
        budget = ErrorBudget(rate, delta, delta, counts=not costs)
        moments = [(w, state.spent()) for w, state in played(path, budget)]
        above += path.chance * any(w > spent.high + 1e-7 for w, spent in moments)
        below += path.chance * any(w < spent.low - 1e-7 for w, spent in moments)
    assert above <= delta + 1e-9
    assert below <= delta + 1e-9


@given(st.floats(0.05, 1), st.floats(0, 0.6), st.floats(0, 1))
def test_missed_errors_leave_both_games_at_most_fair(pi: float, bound: float, share: float) -> None:
    missed = bound * share
    seen = pi * (1 - missed)
    above, below = ends.bets_above(pi * (1 - bound)), ends.bets_below(pi)
    found = np.exp(ends.log_seen(np.ones(1), np.array([pi * (1 - bound)]), above))[0]
    assert np.all(seen * found + (1 - seen) * (1 + above.values) <= 1 + 1e-6)
    found = np.exp(ends.log_seen(np.ones(1), np.array([pi]), below))[0]
    assert np.all(seen * found + (1 - seen) * (1 + below.values) <= 1 + 1e-9)


def filled(seen: int, rate: float, n: int = 5000, **facts: float) -> ErrorBudget:
    budget = ErrorBudget(rate, **facts)  # type: ignore[arg-type]
    audits = max(seen, round(rate * n))
    budget.add_block(n, np.repeat([1.0, 0.0], [seen, audits - seen]), np.full(audits, rate))
    return budget


@given(st.integers(0, 80), st.floats(0.01, 0.9), st.floats(0, 0.5))
def test_more_audited_errors_raise_both_ends(seen: int, rate: float, missed: float) -> None:
    fewer, more = (filled(k, rate, miss_bound=missed).spent() for k in (seen, seen + 1))
    assert fewer.high <= more.high
    assert fewer.low <= more.low
    assert seen <= fewer.low <= min(fewer.high, max(seen, seen / rate))


@given(st.integers(0, 80), st.floats(0.01, 0.9))
def test_misses_and_less_doubt_widen_the_interval(seen: int, rate: float) -> None:
    plain, blurred = filled(seen, rate).spent(), filled(seen, rate, miss_bound=0.1).spent()
    sure = filled(seen, rate, delta_above=0.01, delta_below=0.01).spent()
    assert plain.high <= min(blurred.high, sure.high)
    assert sure.low <= plain.low == blurred.low


@given(st.integers(0, 200), st.floats(1e-4, 0.999), st.sampled_from([0.2, 0.05, 1e-6]))
def test_an_end_is_where_the_evidence_reaches_one_over_delta(seen: int, rate: float, delta: float) -> None:
    above, below = ends.bets_above(rate), ends.bets_below(rate)
    k, pi = np.ones(seen), np.full(seen, rate)
    upper = ends.log_seen(k, pi, above).sum(axis=0)
    lower = ends.log_seen(k, pi, below).sum(axis=0)
    high, low = ends.unseen_end(upper, above, delta), ends.unseen_end(lower, below, delta)
    assert high > 0
    assert float(ends.evidence(high, upper, above)) == pytest.approx(-np.log(delta), abs=1e-6)
    assert float(ends.evidence(low, lower, below)) == pytest.approx(-np.log(delta), abs=1e-6)


def test_where_everything_is_audited_the_budget_is_a_count() -> None:
    budget = ErrorBudget(1.0)
    budget.add_block(1000, np.repeat([1.0, 0.0], [7, 993]), np.ones(1000))
    spent = budget.spent()
    assert (spent.low, spent.estimate, spent.high) == (7, 7, 7)


def test_an_unanswered_audit_is_wrong_above_and_right_below() -> None:
    missing, wrong, right = (ErrorBudget(0.1) for _ in range(3))
    some = np.zeros(100)
    some[:20] = 1
    for budget, last in ((missing, np.nan), (wrong, 1.0), (right, 0.0)):
        budget.add_block(1000, np.append(some, last), np.full(101, 0.1))
    assert missing.unanswered == 1
    assert missing.spent().high == wrong.spent().high > right.spent().high
    assert missing.spent().low == right.spent().low < wrong.spent().low
    assert missing.spent().unanswered == pytest.approx(10)


@given(seeds, st.integers(0, 60), st.booleans())
@settings(max_examples=30, deadline=None)
def test_blocks_single_decisions_and_restarts_give_the_same_books(seed: int, cut: int, costs: bool) -> None:
    rng = np.random.default_rng(seed)
    losses = rng.random(60) if costs else (rng.random(60) < 0.4).astype(float)
    losses[rng.random(60) < 0.1] = np.nan
    pi = rng.uniform(0.1, 1, 60)
    u = pi * rng.random(60)
    whole, parts, single = (ErrorBudget(0.1, counts=not costs) for _ in range(3))
    whole.add_block(300, losses, pi, u)
    parts.add_block(cut, losses[:cut], pi[:cut], u[:cut])
    parts = ErrorBudget.from_json(json.loads(json.dumps(parts.to_json())))
    parts.add_block(300 - cut, losses[cut:], pi[cut:], u[cut:])
    for i in range(60):
        single.add_block(1, losses[i : i + 1], pi[i : i + 1], u[i : i + 1])
    single.add_block(240, np.array([]), np.array([]))
    assert whole.to_json() == parts.to_json() == single.to_json() | {"even": whole.even}


@pytest.mark.parametrize(
    ("decisions", "loss", "pi", "draw"),
    [
        (0, 1.0, 0.1, 0.0),
        (2.5, 1.0, 0.1, 0.0),
        (float("inf"), 1.0, 0.1, 0.0),
        (float("nan"), 1.0, 0.1, 0.0),
        (1, 1.5, 0.1, 0.0),
        (1, 0.5, 0.1, 0.0),
        (1, 1.0, 0.09, 0.0),
        (1, 1.0, 1.1, 0.0),
        (1, 1.0, np.nan, 0.0),
        (1, 1.0, 0.1, 0.1),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(
    decisions: float, loss: float, pi: float, draw: float
) -> None:
    budget = ErrorBudget(0.1)
    before = budget.to_json()
    with pytest.raises(ValueError, match=r"^(decisions|losses|pi|draws) must"):
        budget.add_block(decisions, *(np.array([v]) for v in (loss, pi, draw)))  # type: ignore[arg-type]
    assert budget.to_json() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0.0},
        {"delta_above": 0.0},
        {"delta_below": 1.0},
        {"miss_bound": 1.0},
        {"expected_seen": -1.0},
    ],
)
def test_a_budget_that_could_not_work_is_not_begun(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=rf"^{next(iter(wrong))} must"):
        ErrorBudget(**({"rate": 0.1} | wrong))  # type: ignore[arg-type]


def test_a_block_that_comes_twice_or_into_too_old_a_state_is_refused() -> None:
    budget, nothing = ErrorBudget(0.1), np.array([])
    old = budget.to_json()
    budget.add_block(1000, np.zeros(100), np.full(100, 0.1), before=0)
    now = budget.to_json()
    with pytest.raises(ValueError, match="once each"):
        budget.add_block(1000, np.zeros(100), np.full(100, 0.1), before=0)
    with pytest.raises(ValueError, match="once each"):
        ErrorBudget.from_json(old).add_block(10, nothing, nothing, before=1000)
    assert budget.to_json() == now


@given(st.integers(0, 30), st.sampled_from([0.0, 1.0]))
def test_an_answer_that_comes_after_its_block_takes_nothing_back(seen: int, late: float) -> None:
    budget = ErrorBudget(0.1)
    budget.add_block(1000, np.append(np.ones(seen), np.nan), np.full(seen + 1, 0.1))
    before = budget.spent()
    budget.add_block(1, np.array([late]), np.full(1, 0.1))
    assert budget.counted >= seen + 1
    assert budget.spent().high >= before.high
    assert budget.spent().low >= before.low
    assert budget.unanswered == 1


@pytest.mark.parametrize("delta", [0.0, 1.0, -0.1, float("nan")])
def test_an_end_at_no_doubt_or_at_all_of_it_is_not_given(delta: float) -> None:
    with pytest.raises(ValueError, match="delta_above must"):
        ErrorBudget(0.1).spent(delta)
