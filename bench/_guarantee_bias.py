"""Bar 6: live accuracy from labels that were collected by need, and how far off their plain average is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row
from science.guarantee.estimates import hajek, post_stratified
from science.worlds.world import World

CASES = 10_000


@dataclass(frozen=True, slots=True)
class Design:
    """How labels come to be: audits of the automatic part, a blind share of the rest, more audits later."""

    audits: float
    blind: float
    rises: bool = False


DESIGNS = {
    "audits 8 %, every review blind": Design(0.08, 1.0),
    "audits 2 %, a fifth blind": Design(0.02, 0.2),
    "audits 2 to 25 % halfway, a fifth blind": Design(0.02, 0.2, rises=True),
}
NAMES = ("good", "creeping", "spamassassin", "digits")


def rows(kept: Kept, worlds: Sequence[World], runs: int) -> Iterator[Row]:
    """Bar 6."""
    naive_of = {}
    for world in (world for world in worlds if world.name in NAMES):
        for name, design in DESIGNS.items():
            found = kept.runs(f"bias {world.name} {name}", runs, partial(_play, world, design))
            truth = world.risk(0.0)
            head = f"{world.name}, {name}"
            yield mean(f"{head}: bias of live accuracy", "points", 100 * (truth - found["hajek"]))
            yield Row("  its size", "points", 100 * abs(float(found["hajek"].mean()) - truth), bar=0.1)
            yield share("  95 % interval holds the truth", found["held"], bar=94, more_is_better=True)
            if not design.rises:  # then the strata are no equal-probability samples
                off = 100 * abs(float(found["strata"].mean()) - truth)
                yield Row("  by strata of known size: bias", "points", off, bar=0.1)
                yield share(
                    "  by strata: 95 % interval holds the truth",
                    found["strata_held"],
                    bar=94,
                    more_is_better=True,
                )
            naive_of[head] = 100 * abs(float(found["naive"].mean()) - truth)
    for head, off in naive_of.items():
        yield Row(f"naive average, {head}: off by", "points", off)
    if naive_of:
        yield Row(
            "naive average, where it is worst", "points", max(naive_of.values()), bar=5, more_is_better=True
        )


def _play(world: World, design: Design, rng: np.random.Generator, runs: int) -> Figures:
    cutoff = _cutoff(world)
    truth = world.risk(0.0)
    figures: dict[str, list[float]] = {}
    for _ in range(runs):
        cases = world.sample(CASES, rng)
        automatic = cases.scores >= cutoff
        audits = np.where((np.arange(CASES) >= CASES // 2) & design.rises, 0.25, design.audits)
        pi = np.where(automatic, audits, design.blind)
        seen = rng.random(CASES) < pi
        estimate = hajek(cases.wrong[seen], pi[seen])
        parts = [automatic, ~automatic]
        strata = post_stratified(
            np.array([cases.wrong[part & seen].sum() for part in parts]),
            np.array([(part & seen).sum() for part in parts]),
            np.array([part.sum() for part in parts]),
        )
        labelled = ~automatic | seen  # what is lying about: every review, blind or not, and the audits
        for kind, value in {
            "hajek": estimate.value,
            "held": estimate.interval.low <= truth <= estimate.interval.high,
            "strata": strata.value,
            "strata_held": strata.interval.low <= truth <= strata.interval.high,
            "naive": cases.wrong[labelled].mean(),
        }.items():
            figures.setdefault(kind, []).append(float(value))
    return figures


def _cutoff(world: World) -> float:
    """The strictest cutoff that accepts four fifths of traffic."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if world.coverage(middle) >= 0.8 else (low, middle)
    return low
