"""Bar 11: the error budget holds in every world and under every audit policy, and is narrow enough."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import stats

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row
from science.guarantee.budget_plan import plan_budget
from science.guarantee.budget_verdict import Terms
from science.worlds.budgets import POLICIES, WORLDS, Goal, budget_lives, exact_high, raised

DELTA = 0.05
TERMS = Terms(0.01, 50_000, 0.02)
ALL = 300  # lives of a full run
ENDS = {
    "above_end": "upper end too low at the end",
    "above_ever": "upper end ever too low",
    "below_end": "lower end too high at the end",
    "below_ever": "lower end ever too high",
    "kept": "wrongly kept",
    "broken": "wrongly broken",
}
HEALTHY = {"50,000": 50_000, "10,000": 10_000, "2,000": 2000}


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 11."""
    yield from _worlds(kept, runs)
    yield from _adversaries(kept, runs)
    yield from _width(kept, runs)
    yield from _raised(kept, runs)
    yield from _healthy(kept, runs)


def _worlds(kept: Kept, runs: int) -> Iterator[Row]:
    cells = {
        f"{world}, {policy}": kept.runs(f"budget {world} {policy}", runs, partial(_play, world, policy))
        for world in WORLDS
        for policy in POLICIES
    }
    for kind, name in ENDS.items():
        together = np.concatenate([figures[kind] for figures in cells.values()])
        yield share(f"{name}, {len(cells)} cells pooled", together, bar=100 * DELTA)
        most = {cell: stats.binom.ppf(0.9999, figures[kind].size, DELTA) for cell, figures in cells.items()}
        beyond = [cell for cell, figures in cells.items() if figures[kind].sum() > most[cell]]
        worst = max(cells, key=lambda cell: float(cells[cell][kind].mean()))
        figures = cells[worst][kind]
        note = f"worst: {worst}, {int(figures.sum())} of {figures.size}"
        yield Row("  cells beyond binom.ppf(.9999)", "cells", len(beyond), bar=0, note=note)


def _adversaries(kept: Kept, runs: int) -> Iterator[Row]:
    aims: tuple[Goal, ...] = ("count", "inversion")
    found = {aim: kept.runs(f"budget aims at {aim}", runs, partial(_aimed, aim)) for aim in aims}
    yield share("an adversary aims at the count: wrongly kept", found["count"]["kept"])
    wrong, most = found["count"]["kept"], stats.binom.ppf(0.9999, found["count"]["kept"].size, DELTA)
    yield Row("  lives, at most binom.ppf(.9999)", "lives", int(wrong.sum()), bar=int(most))
    yield share(
        "  aims at the exact inversion, which holds only without reactions", found["inversion"]["beaten"]
    )


def _width(kept: Kept, runs: int) -> Iterator[Row]:
    for rate, running, exact in ((0.02, 1.35, 1.15), (0.055, None, None), (0.25, None, None)):
        ends = kept.runs(f"budget width {rate}", 10 * runs, partial(_wide, rate))
        head = f"upper end at a true .5 %, {100 * rate:g} % of 50,000 audited"
        yield mean(f"{head}, running", "% wrong", ends["running"], bar=running)
        yield mean("  exact", "% wrong", ends["exact"], bar=exact)


def _raised(kept: Kept, runs: int) -> Iterator[Row]:
    highs = kept.runs("budget raised", 10 * runs, _more_audits)
    for name, before, after in (("the second half", "2 %", "half"), ("the first half too", "half", "25 %")):
        more = highs[after] - highs[before]
        yield mean(f"audits raised from 2 to 25 % in {name}: upper end moves by", "% wrong", more, bar=0)


def _healthy(kept: Kept, runs: int) -> Iterator[Row]:
    for name, decisions in HEALTHY.items():
        plan = plan_budget(replace(TERMS, decisions=decisions))
        periods = kept.runs(f"budget healthy {decisions}", 10 * runs, partial(_healthy_period, plan.terms))
        note = f"{100 * plan.terms.rate:.1f} % audited"
        yield share(
            f"healthy periods of {name} proved kept", periods["kept"], bar=90, more_is_better=True, note=note
        )


def _play(world: str, policy: str, rng: np.random.Generator, runs: int) -> Figures:
    lives = budget_lives(world, policy, TERMS, runs=runs, rng=rng)
    return {
        "above_end": lives.above_at_end,
        "above_ever": lives.above_ever,
        "below_end": lives.below_at_end,
        "below_ever": lives.below_ever,
        "kept": lives.falsely_kept(TERMS),
        "broken": lives.falsely_broken(TERMS),
    }


def _aimed(goal: Goal, rng: np.random.Generator, runs: int) -> Figures:
    lives = budget_lives("adversary", "fixed", TERMS, runs=runs, rng=rng, goal=goal, block=20)
    highs = exact_high(lives.audits_wrong, TERMS.rate, DELTA, TERMS.decisions)
    return {"kept": lives.falsely_kept(TERMS), "beaten": lives.wrong > highs}


def _wide(rate: float, rng: np.random.Generator, runs: int) -> Figures:
    terms = replace(TERMS, rate=rate)
    lives = budget_lives("still", "fixed", terms, runs=runs, rng=rng, block=1000)
    exact = exact_high(lives.audits_wrong, rate, DELTA, 10_000)
    return {"running": lives.high / terms.decisions * 100, "exact": exact / terms.decisions * 100}


def _more_audits(rng: np.random.Generator, runs: int) -> Figures:
    errors = TERMS.allowed // 2
    half = np.where(np.arange(errors) < errors // 2, 0.02, 0.25)
    policies = np.array([np.full(errors, 0.02), half, np.full(errors, 0.25)])
    highs = raised(errors, 0.02, policies, runs=runs, rng=rng) / TERMS.decisions * 100
    return dict(zip(("2 %", "half", "25 %"), highs, strict=True))


def _healthy_period(terms: Terms, rng: np.random.Generator, runs: int) -> Figures:
    return {"kept": budget_lives("still", "fixed", terms, runs=runs, rng=rng, block=100).kept}
