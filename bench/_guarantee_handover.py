"""Handovers: a challenger that inherits the champion's evidence, at the target and below it."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import broken, quantile, share
from hitl.bench.rows import Row
from science.worlds.handovers import HandoverWorld, at_the_boundary, handover_trial, steady

DELTA = 0.05
TARGET = 0.01
# Champion's error and audits, P(D), error in D; share handed over that is wanted; labels, median and p90, of
# an exact test at one look.
GOOD = (
    (steady(0.003, 3000, 0.01, 0.02), 90, 18, 39),
    (steady(0.003, 3000, 0.05, 0.02), 75, 168, 480),
    (steady(0.005, 6000, 0.01, 0.02), 75, 27, 64),
    (steady(0.005, 6000, 0.03, 0.02), 60, 126, 353),
)
BAD = {
    "champion .3 %, differs in 5 %": steady(0.003, 3000, 0.05, 0.0),
    "champion .5 %, differs in 3 %": steady(0.005, 6000, 0.03, 0.0),
    "champion .9 %, differs in 5 %": steady(0.009, 6000, 0.05, 0.0),
    "champion 1 %, differs in 1 %": steady(0.01, 6000, 0.01, 0.0),
    "champion drifted .3 to .9 % in its window, differs in 3 %": HandoverWorld(
        (0.003, 0.009, 0.009), 6000, 0.03, 0.0
    ),
}
JUMPED = HandoverWorld((0.003, 0.003, 0.009), 3000, 0.03, 0.0)


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """What is handed over, and what must not be."""
    cells = [
        (name, _played(kept, f"at the target {name}", at_the_boundary(world, TARGET), runs)["passed"])
        for name, world in BAD.items()
    ]
    yield from broken("handovers, challenger exactly at the target", cells, DELTA)
    for name, false in cells:
        yield share(f"  {name}", false)
    for world, wanted, median, most in GOOD:
        name = f"{world.champion_error[0]:.1%}, {world.audits} audits, differs in {world.differs:.0%}"
        good = _played(kept, f"handover {name}", world, runs // 4)
        passed = good["passed"] > 0
        yield share(
            f"champion {name}, 2 % wrong there: handed over", good["passed"], bar=wanted, more_is_better=True
        )
        yield quantile("  labels, median", "labels", good["labels"][passed], 0.5, bar=2 * median)
        yield quantile("  labels, p90", "labels", good["labels"][passed], 0.9, bar=2 * most)
        yield quantile("  cases, median", "cases", good["cases"][passed], 0.5)
    jumped = _played(kept, "jumped", at_the_boundary(JUMPED, TARGET), runs // 8)["passed"]
    yield share(
        "champion jumped .3 to .9 % at the freeze, monitor aside: false (the named assumption)", jumped
    )


def _played(kept: Kept, name: str, world: HandoverWorld, runs: int) -> dict[str, np.ndarray]:
    return kept.runs(name, runs, partial(_play, world), chunk=50)


def _play(world: HandoverWorld, rng: np.random.Generator, runs: int) -> Figures:
    played = [handover_trial(world, rng=rng, target=TARGET, delta=DELTA) for _ in range(runs)]
    return {
        "passed": [result is not None for result in played],
        "labels": [result.labels if result else np.inf for result in played],
        "cases": [result.cases if result else np.inf for result in played],
    }
