"""Bar 7: the loop keeps its promise while the world stands still, and finds back when it has changed."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rounds import CHANGES_IN, DELTA, ROUNDS, TARGET, Habit, life
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row

OURS = "labels weighed by their probability"
BOLDEST = "the same, but the boldest certificate is kept"
TRUSTING = "unaudited = correct"
HABITS = {
    OURS: Habit(),
    BOLDEST: Habit(keeps_the_boldest=True),
    f"{BOLDEST}, lifetime confidence": Habit(keeps_the_boldest=True, lifetime=True),
    "labels pooled as if alike": Habit(weighs=False),
    TRUSTING: Habit(weighs=False, trusts=True),
}
KINDS = "automated", "error", "broken"
BACK_IN = 3  # rounds after the change
# The change breaks the round it comes in under every habit; what it leaves behind is the monitor's matter.
STILL = [number for number in range(1, ROUNDS + 1) if number not in (CHANGES_IN, CHANGES_IN + 1)]


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """Bar 7."""
    for name, habit in HABITS.items():
        found = kept.runs(f"loop {name}", runs, partial(_play, habit), chunk=2)
        shown = [f"{kind} {_by_round(found, kind)}" for kind in KINDS]
        still = np.concatenate([found[f"broken {number}"] for number in STILL])
        note = f"{len(found['broken 1'])} lives; by round: {'; '.join(shown)}"
        yield share(
            f"{name}: broken while the world stands still",
            still,
            bar=100 * DELTA if name == OURS else None,
            note=note,
        )
        back = 100 * found[f"automated {CHANGES_IN + BACK_IN}"]
        yield mean(
            f"  automated {BACK_IN} rounds after the change",
            "%",
            back,
            bar=80 if name == OURS else None,
            more_is_better=True,
        )
        if name == TRUSTING:
            error = 100 * found[f"error {ROUNDS}"]
            yield mean(
                "  error in the last round: beyond the 2 % promised",
                "%",
                error,
                bar=100 * TARGET,
                more_is_better=True,
            )


def _by_round(found: dict[str, np.ndarray], kind: str) -> str:
    return " ".join(f"{found[f'{kind} {number}'].mean():.3f}" for number in range(1, ROUNDS + 1))


def _play(habit: Habit, rng: np.random.Generator, runs: int) -> Figures:
    figures: dict[str, list[float]] = {}
    for _ in range(runs):
        for number, one in enumerate(life(habit, rng), 1):
            for kind in KINDS:
                figures.setdefault(f"{kind} {number}", []).append(float(getattr(one, kind)))
    return figures
