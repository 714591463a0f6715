"""Worlds that change: what is wrong beyond the promise, by the rules in service and without each of them."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean
from hitl.bench.rows import Row
from science.worlds.changes import Change, Rules, changes, delivered

CASES = 12_000
WAITS = {0.02: 1800, 0.05: 700, 0.1: 340}  # accepted labels that a first plan's test takes, by promise
RULES = {
    "neither": Rules(is_surprised=False, fades=False),
    "surprise": Rules(fades=False),
    "audits fade": Rules(is_surprised=False),
    "both": Rules(),
}


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """Errors beyond the promise in lives of `CASES` cases, and what the rules cost."""
    for target in WAITS:
        for change in changes(CASES):
            played = kept.runs(
                f"changes {target} {change.name}", runs, partial(_live, change, target), chunk=100
            )
            found = {
                name: {kind: played[f"{kind}, {name}"] for kind in ("beyond", "automated", "audited")}
                for name in RULES
            }
            ours = found["both"]
            before = found["neither"]["beyond"].mean()
            note = ", ".join(f"{name} {figures['beyond'].mean():.0f}" for name, figures in found.items())
            aim = before / 2 if before else None
            head = f"promise {100 * target:g} %, {change.name}"
            yield mean(f"{head}: wrong beyond it", "of 12,000", ours["beyond"], aim=aim, note=note)
            yield mean("  automated", "% of cases", 100 * ours["automated"] / CASES)
            audits = ", ".join(f"{name} {figures['audited'].mean():.0f}" for name, figures in found.items())
            yield mean("  audits", "of 12,000", ours["audited"], note=audits)


def _live(change: Change, target: float, rng: np.random.Generator, runs: int) -> Figures:
    """All rules are played side by side: a step costs little more for four times the lives."""
    lives = delivered(change, list(RULES.values()), target=target, wait=WAITS[target], runs=runs, rng=rng)
    return {
        f"{kind}, {name}": getattr(each, kind)
        for name, each in zip(RULES, lives, strict=True)
        for kind in ("beyond", "automated", "audited")
    }
