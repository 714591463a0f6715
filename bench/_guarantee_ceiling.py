"""What no choice of the start could beat: the walk from the best start, had the risk been known beforehand.

Where even that stays below a bar, the bar is out of reach of every test in a fixed order from one start with
so few labels, and the ceiling is what is left to compare with.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean
from hitl.bench.rows import Row
from science.guarantee.exact import p_value
from science.guarantee.grid import accepted_counts, accepted_sums, coverage_grid
from science.worlds.world import World

N_CUTOFFS = 150
SEED = 1


def rows(
    kept: Kept, worlds: Sequence[World], sizes: Sequence[int], runs: int, *, target: float, delta: float
) -> Iterator[Row]:
    """One row for each world and number of labels."""
    for world in worlds:
        for n in sizes:
            found = kept.runs(
                f"ceiling {world.name} {n}", runs, partial(_play, world, n, target, delta), chunk=100
            )
            by_start = np.stack(list(found.values()), axis=1)
            best = by_start.mean(axis=0).argmax()  # by luck a little too high, which a ceiling may be
            yield mean(
                f"{world.name}, {n:,} labels: ceiling, the best start had the risk been known",
                "%",
                100 * by_start[:, best] / world.oracle(target),
            )


def _play(world: World, n: int, target: float, delta: float, rng: np.random.Generator, runs: int) -> Figures:
    """Automation from every start, as figures named by the start's place in the grid."""
    traffic = world.sample(50_000, np.random.default_rng(SEED)).scores  # one grid for all runs
    grid = coverage_grid(traffic, target=target, delta=delta, expected_labels=n, n_cutoffs=N_CUTOFFS)
    coverage = np.array([world.coverage(float(cutoff)) for cutoff in grid])
    automation = []
    for _ in range(runs):
        labels = world.sample(n, rng)
        counts = accepted_counts(labels.scores, grid)
        passes = p_value(accepted_sums(labels.scores, labels.wrong, grid), counts, target) <= delta
        automation.append(_walked(passes, coverage))
    return {f"{start}": column for start, column in enumerate(np.array(automation).T)}


def _walked(passes: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Coverage of the last cutoff that the walk from each start reaches, 0 where the start fails.

    >>> _walked(np.array([True, True, False, True]), np.array([0.1, 0.2, 0.3, 0.4])).tolist()
    [0.2, 0.2, 0.0, 0.4]
    """
    fails = np.append(np.flatnonzero(~passes), passes.size)
    ends = fails[np.searchsorted(fails, np.arange(passes.size))] - 1
    return np.where(passes, coverage[ends], 0.0)
