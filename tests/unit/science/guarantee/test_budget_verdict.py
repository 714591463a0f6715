"""The verdict of a period is false with at most its delta, exactly, whatever reacts to the audits."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from science.guarantee.budget import ErrorBudget
from science.guarantee.budget_verdict import Broken, Kept, NotDecided, Terms, close


def ends_of(
    seed: int,
    terms: Terms,
    budget: ErrorBudget,
    longest: int,
    chance: float = 1.0,
    wrong: int = 0,
    past: str = "",
) -> Iterator[tuple[float, int, ErrorBudget]]:
    """Chance, true number of wrong decisions and books of every outcome in a world that reacts as it likes.

    A draw has three outcomes: below the declared rate, below the raised one only, above both.
    """
    world = np.random.default_rng([seed, 1, *map(int, past)])
    eager = world.random() < 0.8
    if len(past) == longest or (len(past) >= 3 and world.random() < 0.15):
        yield chance, wrong, budget
        return
    loss = float(eager and world.random() < 0.8)
    pi = world.choice([terms.rate, terms.rate + (1 - terms.rate) * world.random()])
    for kind, share in enumerate((terms.rate, pi - terms.rate, 1 - pi)):
        if share <= 0:
            continue
        following = ErrorBudget.from_json(budget.to_json())
        draw = [terms.rate / 2, (terms.rate + pi) / 2][kind : kind + 1]
        following.add_block(1, np.full(len(draw), loss), np.full(len(draw), pi), np.array(draw))
        yield from ends_of(
            seed, terms, following, longest, chance * share, wrong + int(loss), past + str(kind)
        )


@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.2, 0.9),
    st.sampled_from([0.1, 0.3, 0.5]),
    st.sampled_from([0.0, 0.4]),
)
@settings(max_examples=12, deadline=None)
def test_no_reaction_makes_a_verdict_false_more_often_than_its_delta(
    seed: int, rate: float, delta: float, short: float
) -> None:
    terms = Terms(0.3, 5, rate, delta_kept=delta, delta_broken=delta, short=short)
    kept = broken = 0.0
    for chance, wrong, budget in ends_of(seed, terms, terms.budget(), 6):
        verdict = close(terms, budget)
        is_broken = wrong > terms.target * budget.decisions
        kept += chance * (isinstance(verdict, Kept) and is_broken)
        broken += chance * (isinstance(verdict, Broken) and not is_broken)
    assert kept <= delta + 1e-9
    assert broken <= delta + 1e-9


def closed(
    seen: int, terms: Terms, decisions: int | None = None, unanswered: int = 0
) -> Kept | Broken | NotDecided:
    budget, n = terms.budget(), terms.decisions if decisions is None else decisions
    audits = max(round(terms.rate * n), seen + unanswered)
    losses = np.repeat([1.0, np.nan, 0.0], [seen, unanswered, audits - seen - unanswered])
    budget.add_block(n, losses, np.full(audits, terms.rate))
    return close(terms, budget)


TERMS = Terms(0.01, 50_000, 0.055)


def test_the_count_decides_where_the_binomial_says() -> None:
    most = int(max(k for k in range(60) if stats.binom.cdf(k, 501, 0.055) <= 0.05))
    last, first = closed(most, TERMS), closed(most + 1, TERMS)
    assert isinstance(last, Kept)
    assert isinstance(first, NotDecided)
    assert last.by == "count"
    assert last.p_value == pytest.approx(stats.binom.cdf(most, 501, 0.055))
    assert first.why == "too_many_errors"


def test_many_errors_prove_it_broken() -> None:
    verdict = closed(60, TERMS)
    assert isinstance(verdict, Broken)
    assert verdict.spent.low > 500


def test_unanswered_audits_speak_against_keeping_and_never_for_breaking() -> None:
    assert isinstance(closed(10, TERMS), Kept)
    assert isinstance(closed(10, TERMS, unanswered=20), NotDecided)
    assert isinstance(closed(0, TERMS, unanswered=500), NotDecided)


def test_misses_make_it_harder_to_keep() -> None:
    most = max(k for k in range(60) if isinstance(closed(k, TERMS), Kept))
    missing = Terms(0.01, 50_000, 0.055, miss_bound=0.1)
    assert max(k for k in range(60) if isinstance(closed(k, missing), Kept)) < most


def test_a_period_that_turned_out_short_needs_a_share_of_delta_of_its_own() -> None:
    verdict = closed(0, TERMS, decisions=30_000)
    assert isinstance(verdict, NotDecided)
    assert verdict.why == "too_few_decisions"
    verdict = closed(0, Terms(0.01, 50_000, 0.055, short=0.2), decisions=30_000)
    assert isinstance(verdict, Kept)
    assert verdict.by == "running"


def test_too_few_audits_are_called_that() -> None:
    verdict = closed(0, Terms(0.01, 2000, 0.02))
    assert isinstance(verdict, NotDecided)
    assert verdict.why == "too_few_audits"


def test_costs_are_kept_by_the_running_end() -> None:
    budget = TERMS.budget(counts=False)
    budget.add_block(50_000, np.repeat([0.1, 0.0], [30, 2720]), np.full(2750, 0.055))
    verdict = close(TERMS, budget)
    assert isinstance(verdict, Kept)
    assert (verdict.by, verdict.p_value, verdict.exact) == ("running", None, None)


def test_raised_rates_count_what_the_declared_one_would_have_drawn() -> None:
    rng = np.random.default_rng(3)
    losses, u = np.repeat([1.0, 0.0], [100, 12_400]), 0.25 * rng.random(12_500)
    thinned, all_of_them = TERMS.budget(), TERMS.budget()
    thinned.add_block(50_000, losses, np.full(12_500, 0.25), u)
    all_of_them.add_block(50_000, losses, np.full(12_500, 0.25))
    assert thinned.counted == (u[:100] < 0.055).sum() < all_of_them.counted == 100
    assert close(TERMS, thinned).exact is not None
    assert close(TERMS, all_of_them).exact is None


@given(st.integers(0, 60), st.floats(0.01, 0.9), st.floats(0, 0.4))
@settings(deadline=None)
def test_the_exact_ends_are_the_last_that_the_binomial_does_not_refute(
    seen: int, rate: float, missed: float
) -> None:
    terms = Terms(0.01, 4000, rate, miss_bound=missed)
    exact = closed(seen, terms).exact
    assert exact is not None
    low, high = exact
    assert high == 4000 or stats.binom.cdf(seen, high + 1, rate * (1 - missed)) <= 0.05 + 1e-9
    assert stats.binom.cdf(seen, high, rate * (1 - missed)) > 0.05 - 1e-9
    if seen:
        assert low == 4000 or stats.binom.sf(seen - 1, low, rate) > 0.05 - 1e-9
        assert stats.binom.sf(seen - 1, low - 1, rate) <= 0.05 + 1e-9


def test_a_budget_of_other_terms_is_refused() -> None:
    with pytest.raises(ValueError, match="other terms"):
        close(TERMS, ErrorBudget(0.02))


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": 0.0},
        {"decisions": 0},
        {"rate": 0.0},
        {"delta_kept": 1.0},
        {"delta_broken": 0.0},
        {"miss_bound": 1.0},
        {"short": 1.0},
    ],
)
def test_terms_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=rf"^{next(iter(wrong))} must"):
        Terms(**({"target": 0.01, "decisions": 1000, "rate": 0.1} | wrong))  # type: ignore[arg-type]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 50_000))
@settings(deadline=None)
def test_going_on_after_a_verdict_never_makes_its_count_easier_to_keep(
    seen: int, more: int, decisions: int
) -> None:
    budget = TERMS.budget()
    budget.add_block(50_000, np.ones(seen), np.full(seen, 0.055))
    first = close(TERMS, budget)
    budget.add_block(max(decisions, more), np.ones(more), np.full(more, 0.055))
    again = close(TERMS, budget)
    assert first.p_value is not None
    assert again.p_value is not None
    assert again.p_value >= first.p_value
    assert again.spent.low >= first.spent.low
