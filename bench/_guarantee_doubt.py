"""Doubt over many releases: how many certificates of a life are false, and what the 63rd release costs."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row
from science.guarantee.elond import Doubt
from science.worlds.clusters import copies, labels_until_proved
from science.worlds.lives import ORDERS, lives

DELTA = 0.05
TRUE = 0.005  # of a release that is to be proved at 1 %
# Plan, issued before it, and what it may cost over which other one.
COSTS = (
    ("first", 1, 0),
    ("63rd, all passed", 63, 62),
    ("63rd, half passed", 63, 31),
    ("63rd, none passed", 63, 0),
)


def rows(kept: Kept, runs: int) -> Iterator[Row]:
    """False certificates over lives of 100 plans, and labels."""
    for order in ORDERS:
        for shared in (False, True):
            name = f"{order}{', on the same labels' * shared}"
            life = kept.runs(f"life {name}", runs, partial(_life, order, shared), chunk=200)
            yield mean(f"false of a life's certificates, {name}", "%", 100 * life["false"], bar=100 * DELTA)
            yield mean("  at its worst moment", "%", 100 * life["worst"], bar=100 * DELTA)
            yield mean("  certificates issued", "of 100", life["issued"])
    lone = _needed(kept, "lone test", DELTA, runs // 4)
    yield share("  lone test: proved within 20,000 labels", np.isfinite(lone))
    alone = first = float(np.median(lone))
    yield Row("lone test: labels, median", "labels", alone)
    for name, number, issued in COSTS:
        alpha = Doubt(number - 1, issued).freeze(delta=DELTA)[1].alpha
        middle = float(np.median(_needed(kept, name, alpha, runs // 4)))
        yield Row(f"{name}: labels, median", "labels", middle)
        if number == 1:
            first = middle
            yield Row("  over a lone test", "x", middle / alone, bar=1.7)
        else:
            yield Row("  over the first", "x", middle / first, bar=1.5 if issued else None)


def _life(order: str, shared: bool, rng: np.random.Generator, runs: int) -> Figures:
    played = lives(ORDERS[order], runs=runs, rng=rng, shared=shared)
    return {"false": played.false_share, "worst": played.worst_share, "issued": played.issued}


def _needed(kept: Kept, name: str, alpha: float, runs: int) -> np.ndarray:
    # Planned for so many labels as the evidence asks for: 1,943 at 5 %.
    planned = int(1943 * np.log(alpha) / np.log(DELTA))
    return kept.runs(f"labels {name}", runs, partial(_labels, alpha, planned), chunk=250)["labels"]


def _labels(alpha: float, planned: int, rng: np.random.Generator, runs: int) -> Figures:
    took = labels_until_proved(
        copies(1, TRUE), cap=1.0, runs=runs, rng=rng, labels=20_000, planned=planned, delta=alpha
    )
    return {"labels": took}
