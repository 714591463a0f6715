"""Doubt over many releases: how many certificates of a life are false, and what the 63rd release costs."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean
from hitl.bench.rows import Row
from science.guarantee.elond import Doubt
from science.guarantee.planning import labels_needed, plan_on_grid
from science.worlds.clusters import copies, labels_until_proved
from science.worlds.lives import ORDERS, lives

DELTA = 0.05
TRUE = 0.005  # of a release that is to be proved at 1 %
MOST = 20_000  # labels; who needs more is counted with so many
# Plan, issued before it, and how many times the first plan's labels it may take.
LATER = (
    ("63rd, all passed", 63, 62, 1.5),
    ("63rd, half passed", 63, 31, 1.5),
    ("63rd, none passed", 63, 0, None),
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
    lone = _needed(kept, "lone test", DELTA, runs // 2)
    yield mean("lone test: labels", "labels", lone, note=_middle(lone))
    first = _needed(kept, "first", Doubt().freeze(delta=DELTA)[1].alpha, runs // 2)
    yield mean("first: labels", "labels", first, note=_middle(first))
    yield _times("  over a lone test", first, lone, bar=1.7)
    for name, number, issued, bar in LATER:
        took = _needed(kept, name, Doubt(number - 1, issued).freeze(delta=DELTA)[1].alpha, runs // 2)
        yield mean(f"{name}: labels", "labels", took, note=_middle(took))
        yield _times("  over the first", took, first, bar=bar)


def _middle(took: np.ndarray) -> str:
    return f"median {np.median(took):,.0f}"


def _times(name: str, took: np.ndarray, over: np.ndarray, *, bar: float | None) -> Row:
    """The ratio of two means with its 95 % interval (delta method), and that of the medians."""
    times = float(took.mean() / over.mean())
    spread = np.sqrt(sum(x.var(ddof=1) / x.size / x.mean() ** 2 for x in (took, over)))
    low, high = (times * float(np.exp(way * 1.96 * spread)) for way in (-1, 1))
    return Row(name, "x", times, low, high, bar, note=f"of medians: {np.median(took) / np.median(over):.2f}")


def _life(order: str, shared: bool, rng: np.random.Generator, runs: int) -> Figures:
    played = lives(ORDERS[order], runs=runs, rng=rng, shared=shared)
    return {"false": played.false_share, "worst": played.worst_share, "issued": played.issued}


def _needed(kept: Kept, name: str, alpha: float, runs: int) -> np.ndarray:
    """Labels until proved, planned for as many as prove it in 80 % of cases; at most `MOST`."""
    wrong = np.arange(100_000) < 100_000 * TRUE
    own = plan_on_grid((0.0,), np.ones(wrong.size), wrong, target=0.01, delta=alpha, expected_labels=2000)
    planned = labels_needed(own) or MOST
    took = kept.runs(f"labels {name}", runs, partial(_labels, alpha, planned), chunk=250)["labels"]
    return np.asarray(np.minimum(took, MOST))


def _labels(alpha: float, planned: int, rng: np.random.Generator, runs: int) -> Figures:
    took = labels_until_proved(
        copies(1, TRUE), cap=1.0, runs=runs, rng=rng, labels=MOST, planned=planned, delta=alpha
    )
    return {"labels": took}
