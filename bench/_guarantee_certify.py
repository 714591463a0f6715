"""Bars 1 to 3: certificates are as true as they say, automate nearly all they could, and may be watched."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from bench import _guarantee_peers as peers
from bench._guarantee_kept import Figures, Kept
from bench._guarantee_rows import broken, mean
from hitl.bench.rows import Row, absent
from science.guarantee.planning import Method, plan
from science.worlds.trials import automated, certification_trial, is_false
from science.worlds.world import World

DELTA = 0.05
TARGETS = (0.005, 0.01, 0.02, 0.05)
SIZES = (500, 1000, 2000, 5000, 10_000)
EFFICIENT = {1000: 85.0, 2000: 94.0, 5000: 96.5, 10_000: 97.0}  # % of the oracle's automation, by labels
GOOD_ENOUGH = 0.85  # oracle from which that is asked
EVERYWHERE = 12  # worlds that every installation has: eight drawn ones, and four of real cases
DRAWN = 8
PEEK_CUTOFFS = 40  # of a plan watched after every label, where only validity counts


def play(
    world: World,
    n: int,
    target: float,
    method: Method,
    n_cutoffs: int,
    rng: np.random.Generator,
    runs: int,
) -> Figures:
    """Plan and certify on fresh draws."""
    verdicts = [
        certification_trial(
            world, n=n, target=target, rng=rng, delta=DELTA, method=method, n_cutoffs=n_cutoffs
        )
        for _ in range(runs)
    ]
    return {
        "false": [is_false(verdict, world) for verdict in verdicts],
        "automation": [automated(verdict, world) for verdict in verdicts],
    }


def cell(
    kept: Kept,
    world: World,
    n: int,
    target: float,
    runs: int,
    method: Method = "binomial",
    n_cutoffs: int = 150,
) -> dict[str, np.ndarray]:
    """Return the figures of one world, number of labels and target."""
    name = f"{method} {world.name} {target:g} {n}" + ("" if n_cutoffs == 150 else f" {n_cutoffs}")
    return kept.runs(name, runs, partial(play, world, n, target, method, n_cutoffs))


def validity(kept: Kept, worlds: Sequence[World], runs: int, peeks: int) -> Iterator[Row]:
    """Bar 1, for labels collected with one probability, counted once or watched after each."""
    cells = [
        (
            f"{world.name}, {target:.1%}, {n:,} labels",
            cell(kept, world, n, target, runs if world in worlds[:EVERYWHERE] else runs // 4)["false"],
        )
        for target in TARGETS
        for n in SIZES
        for world in worlds
    ]
    yield from broken("certified once", cells, DELTA)
    watched = [
        (
            f"{world.name}, {target:.1%}, 1,000 labels",
            cell(kept, world, 1000, target, peeks, "anytime", PEEK_CUTOFFS)["false"],
        )
        for target in (0.01, 0.05)
        for world in worlds[:DRAWN]
    ]
    yield from broken("watched after every label", watched, DELTA)


def efficient(worlds: Sequence[World]) -> list[World]:
    """The worlds of bar 2."""
    return [world for world in worlds if world.oracle(0.01) >= GOOD_ENOUGH]


def efficiency(kept: Kept, worlds: Sequence[World], runs: int, peer_runs: int) -> Iterator[Row]:
    """Bar 2."""
    installed = peers.are_installed()
    who = f"peers {peers.named('MAPIE')}" if installed else "peers"  # each is kept with figures of its own
    for world in efficient(worlds):
        oracle = world.oracle(0.01)
        for n, bar in EFFICIENT.items():
            automation = cell(kept, world, n, 0.01, runs)["automation"]
            yield mean(
                f"{world.name}, {n:,} labels: automation over oracle ({oracle:.1%})",
                "%",
                100 * automation / oracle,
                bar=bar,
                aim=bar + 2,
                more_is_better=True,
            )
            beside = kept.runs(
                f"{who} {world.name} {n}", peer_runs, partial(_beside, world, n, installed), chunk=10
            )
            ours = beside.pop("ours")
            best, values = max(beside.items(), key=lambda pair: pair[1].mean())
            yield mean(
                "  less the best peer, same draws",
                "points",
                100 * (ours - values),
                bar=-2,
                more_is_better=True,
                note=f"{best} {values.mean():.3f}, SGR {beside['SGR'].mean():.3f}, ours {ours.mean():.3f}",
            )
    if not installed:
        yield absent("peer: MAPIE")


def _beside(world: World, n: int, with_mapie: bool, rng: np.random.Generator, runs: int) -> Figures:
    from science.guarantee.certify import certify

    figures: dict[str, list[float]] = {}
    for _ in range(runs):
        tune, labels = world.sample(n, rng), world.sample(n, rng)
        own = plan(tune.scores, tune.wrong, target=0.01, delta=DELTA, expected_labels=n, method="binomial")
        verdict = certify(labels.scores, labels.wrong, np.ones(n), plan=own, rng=rng)
        figures.setdefault("ours", []).append(automated(verdict, world))
        cutoffs = {"SGR": peers.sgr(labels, 0.01, DELTA)}
        if with_mapie:
            for name, cutoff in peers.mapie_cutoffs(tune, labels, own).items():
                cutoffs[f"MAPIE, {name}"] = cutoff
        for name, cutoff in cutoffs.items():
            figures.setdefault(name, []).append(0.0 if cutoff is None else world.coverage(cutoff))
    return figures


def peeking(kept: Kept, worlds: Sequence[World], runs: int) -> Iterator[Row]:
    """Bar 3."""
    for n in (2000, 5000, 10_000):
        for world in efficient(worlds):
            wanted = max(4, runs * 2000 // n)
            beside = kept.runs(f"looking {world.name} {n}", wanted, partial(_looking, world, n), chunk=4)
            yield mean(
                f"{world.name}, {n:,} labels: price of looking after each",
                "points",
                100 * (beside["fixed"] - beside["anytime"]),
                bar=2,
                note=f"fixed {beside['fixed'].mean():.3f}, anytime {beside['anytime'].mean():.3f} of traffic",
            )


def _looking(world: World, n: int, rng: np.random.Generator, runs: int) -> Figures:
    """Both ways on the same draws."""
    figures: dict[str, list[float]] = {"fixed": [], "anytime": []}
    for seed in rng.integers(0, 2**63, runs):
        for kind, method in (("fixed", "binomial"), ("anytime", "anytime")):
            same = np.random.default_rng(seed)
            verdict = certification_trial(world, n=n, target=0.01, rng=same, delta=DELTA, method=method)  # type: ignore[arg-type]
            figures[kind].append(automated(verdict, world))
    return figures
