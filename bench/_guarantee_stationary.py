"""Bar 16: what the way of a first model gives while nothing changes, beside a test that needs no such way.

The way is the service's own: a belief on labels from before the model was frozen, the provisional quarter,
and the test that confirms it on live labels, at the first plan's share of the doubt. Beside it stands the
table of bar 2: a fixed test, at all of the doubt, of as many labels that were held out. The share alone costs
most of the difference: e-LOND keeps five sixths of the doubt for the plans to come.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import mean, share
from hitl.bench.rows import Row
from policy.proof.live_tests import Block, LiveTest
from policy.proof.proofs import Claim, Sample, Terms, believe
from policy.services.trial_plans import planned_test
from policy.types import LossKind, Scope
from science.guarantee.elond import Doubt
from science.ramp import PROVISIONAL_RAMP
from science.worlds.trials import automated, certification_trial, is_false
from science.worlds.world import Labelled, World

DELTA = 0.05
TARGET = 0.01
LOST = {1000: 3.0, 2000: 2.0, 5000: 2.0, 10_000: 2.0}  # points of the oracle's automation, by labels
BLOCK = 50  # labels that come in together


def rows(kept: Kept, worlds: Sequence[World], runs: int) -> Iterator[Row]:
    """Four rows for each world and number of live labels, and how many of the certificates were false."""
    false = []
    for world in worlds:
        oracle = world.oracle(TARGET)
        for n, lost in LOST.items():
            found = kept.runs(f"stationary {world.name} {n}", runs, partial(_play, world, n), chunk=20)
            false.append(found["false"])
            yield mean(
                f"{world.name}, {n:,} live labels: automation over oracle ({oracle:.1%})",
                "%",
                100 * found["live"] / oracle,
                more_is_better=True,
            )
            yield mean(
                "  less a fixed test of as many held out",
                "points",
                100 * (found["live"] - found["held out"]) / oracle,
                bar=-lost,
                more_is_better=True,
            )
            yield mean(
                "  less a fixed test at the same share of the doubt",
                "points",
                100 * (found["live"] - found["at its share"]) / oracle,
                bar=-lost,
                more_is_better=True,
            )
            yield mean(
                "  of all cases while it is provisional",
                "%",
                100 * PROVISIONAL_RAMP * found["provisional"],
                more_is_better=True,
            )
    yield share(f"false full certificates, {len(false)} cells pooled", np.concatenate(false), bar=100 * DELTA)


def _play(world: World, n: int, rng: np.random.Generator, runs: int) -> Figures:
    figures: dict[str, list[float]] = {}
    for _ in range(runs):
        once = {
            name: automated(certification_trial(world, n=n, target=TARGET, rng=rng, delta=delta), world)
            for name, delta in (("held out", DELTA), ("at its share", _share()))
        }
        for name, value in {**once, **_confirmed(world, n, rng)}.items():
            figures.setdefault(name, []).append(value)
    return figures


def _share() -> float:
    return Doubt().freeze(delta=DELTA)[1].alpha


def _confirmed(world: World, n: int, rng: np.random.Generator) -> dict[str, float]:
    """Automation by belief, and in full standing after `n` live labels; 0 where it has none."""
    tune, labels = world.sample(n, rng), world.sample(n, rng)
    passed = _passed(tune)
    if not passed:
        return {"provisional": 0.0, "live": 0.0, "false": False}
    accepted = tune.scores >= passed[-1]
    plan = planned_test(
        np.array(passed),
        tune.scores[accepted],
        tune.wrong[accepted].astype(np.float64),
        target=TARGET,
        delta=_share(),
        pi_floor=1 - PROVISIONAL_RAMP,
        cap=1,
    )
    test = LiveTest.begin({None: plan})
    for first in range(0, n, BLOCK):
        scores, wrong = (of[first : first + BLOCK] for of in (labels.scores, labels.wrong))
        chance = np.full(scores.size, 1 - PROVISIONAL_RAMP)
        test.take(Block(scores, np.full(scores.size, None), wrong.astype(np.float64), chance, chance))
    verdict = test.verdicts()[None]
    return {
        "provisional": world.coverage(passed[-1]),
        "live": automated(verdict, world),
        "false": is_false(verdict, world),
    }


def _passed(tune: Labelled) -> list[float]:
    """Return the cutoffs that labels from before the model are believed to allow, strict to loose."""
    n = tune.scores.size
    sample = Sample(tune.scores, np.zeros(n, dtype=np.int64), tune.wrong, np.arange(n), digest="")
    claim = Claim(Scope.OVERALL, TARGET, 1 - DELTA, LossKind.ERRORS)
    proof = believe(sample, claim, Terms(TARGET, DELTA, (1.0,)), labels=["any"])
    return list(proof.seen["units"][0]["passed"])
