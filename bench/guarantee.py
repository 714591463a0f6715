"""The bars of the promise: validity, efficiency, looking, alarms, bias, loop, labels, people, speed, budget.

Peers in the same run: SGR from its paper, MAPIE and river where they are installed. Every repetition is kept
under `--cache` (by default in the data folder), so that a long run may be broken off and go on; `--runs N`
asks for N where the full number is 2,000, and for as large a share of the others; `--minutes M` doubles them
from a hundredth of that on, each bar in its share of the time.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.core.management.base import CommandError

from bench import _guarantee_bias as bias
from bench import _guarantee_budget as budget
from bench import _guarantee_ceiling as ceiling
from bench import _guarantee_certify as certify
from bench import _guarantee_changes as changes
from bench import _guarantee_clusters as clusters
from bench import _guarantee_doubt as doubt
from bench import _guarantee_handover as handover
from bench import _guarantee_labels as labels
from bench import _guarantee_loop as loop
from bench import _guarantee_mixed as mixed
from bench import _guarantee_people as people
from bench import _guarantee_pools as pools
from bench import _guarantee_speed as speed
from bench import _guarantee_stationary as stationary
from bench import _guarantee_watch as watch
from bench import _sets
from bench._guarantee_kept import Kept
from hitl.bench.options import Options
from hitl.bench.rows import Row
from science.worlds.ranked import CONFIDENTLY_WRONG, GOOD
from science.worlds.world import World

NEEDS_STAGE = False
USUAL = 2000  # repetitions of most experiments; dear ones have fewer, and keep their share under --runs
QUICK = 0.01  # of the repetitions


@dataclass(frozen=True)
class Setting:
    """What every bar is given."""

    options: Options

    @cached_property
    def folder(self) -> Path:
        """Where repetitions are kept."""
        return self.options.cache or Path(settings.DATA_DIR) / "bench" / "guarantee"

    @cached_property
    def worlds(self) -> list[World]:
        """Drawn worlds first, then the real ones that are there."""
        if self.options.quick:
            return [world for world in pools.drawn() if world.name in (GOOD.name, CONFIDENTLY_WRONG.name)]
        return list(pools.worlds(self.options.data or _sets.SHARED, self.folder))

    def kept(self, *modules: ModuleType) -> Kept:
        """Return the kept repetitions of these modules' experiments."""
        return Kept(self.folder, tuple(Path(str(module.__file__)) for module in modules))

    def runs(self, own: int, *, least: int = 4) -> int:
        """Return how many repetitions are wanted of an experiment whose own number is `own`."""
        if self.options.runs is not None:
            return max(least, math.ceil(own * self.options.runs / USUAL))
        return max(least, math.ceil(own * QUICK)) if self.options.quick else own


def _validity(of: Setting) -> Iterator[Row]:
    yield from certify.validity(of.kept(certify, pools), of.worlds, of.runs(2000), of.runs(2000))
    yield from mixed.rows(of.kept(mixed), of.runs(2000))


def _efficiency(of: Setting) -> Iterator[Row]:
    yield from certify.efficiency(of.kept(certify, pools), of.worlds, of.runs(2000), of.runs(200))
    yield from ceiling.rows(
        of.kept(ceiling, pools),
        certify.efficient(of.worlds),
        tuple(certify.EFFICIENT),
        of.runs(2000, least=100 if not of.options.quick else 50),
        target=0.01,
        delta=certify.DELTA,
    )


def _peeking(of: Setting) -> Iterator[Row]:
    yield from certify.peeking(of.kept(certify, pools), of.worlds, of.runs(200))


def _false_trips(of: Setting) -> Iterator[Row]:
    yield from watch.false_trips(of.kept(watch), of.runs(4000, least=250))


def _detection(of: Setting) -> Iterator[Row]:
    yield from watch.detection(of.kept(watch), of.runs(2000, least=250))


def _bias(of: Setting) -> Iterator[Row]:
    yield from bias.rows(of.kept(bias, pools), of.worlds, of.runs(2000, least=100))


def _loop(of: Setting) -> Iterator[Row]:
    yield from loop.rows(of.kept(loop), of.runs(100, least=2))


def _labels(of: Setting) -> Iterator[Row]:
    yield from labels.rows(of.kept(labels), of.runs(20, least=1), quick=of.options.quick)


def _reviewers(of: Setting) -> Iterator[Row]:
    yield from people.rows(of.kept(people), of.runs(2000, least=250))


def _speed(of: Setting) -> Iterator[Row]:
    yield from speed.rows(quick=of.options.quick)


def _budget(of: Setting) -> Iterator[Row]:
    yield from budget.rows(of.kept(budget), of.runs(budget.ALL, least=50))


def _clusters(of: Setting) -> Iterator[Row]:
    yield from clusters.rows(of.kept(clusters), of.runs(2000, least=100))


def _handover(of: Setting) -> Iterator[Row]:
    yield from handover.rows(of.kept(handover), of.runs(2000, least=100))


def _doubt(of: Setting) -> Iterator[Row]:
    yield from doubt.rows(of.kept(doubt), of.runs(2000, least=200))


def _changes(of: Setting) -> Iterator[Row]:
    yield from changes.rows(of.kept(changes), of.runs(100, least=4))


def _stationary(of: Setting) -> Iterator[Row]:
    yield from stationary.rows(of.kept(stationary, pools), certify.efficient(of.worlds), of.runs(200))


BARS: dict[str, Callable[[Setting], Iterator[Row]]] = {
    "validity": _validity,
    "efficiency": _efficiency,
    "peeking": _peeking,
    "false-trips": _false_trips,
    "detection": _detection,
    "bias": _bias,
    "loop": _loop,
    "labels": _labels,
    "reviewers": _reviewers,
    "speed": _speed,
    "budget": _budget,
    "clusters": _clusters,
    "handover": _handover,
    "doubt": _doubt,
    "changes": _changes,
    "stationary": _stationary,
}


def run(quick: bool) -> Iterator[Row]:
    """Measure every bar and give the rows."""
    return run_with(Options(quick=quick))


def run_with(options: Options) -> Iterator[Row]:
    """Measure the bars that are asked for, and give each row as it is there.

    Raises:
        CommandError: there is no bar of that name.
    """
    unknown = [name for name in options.only if name not in BARS]
    if unknown:
        raise CommandError(f"There is no bar {', '.join(unknown)}. There are: {', '.join(BARS)}.")
    return _rows(options, [name for name in BARS if not options.only or name in options.only])


def _rows(options: Options, names: Sequence[str]) -> Iterator[Row]:
    end = math.inf if options.minutes is None else time.monotonic() + 60 * options.minutes
    for left, name in zip(range(len(names), 0, -1), names, strict=True):
        number = list(BARS).index(name) + 1
        share = (end - time.monotonic()) / left
        for row in BARS[name](Setting(options)) if math.isinf(end) else _within(share, options, name):
            yield replace(row, name=f"{number} {row.name}")


def _within(seconds: float, options: Options, name: str) -> Sequence[Row]:
    """Double the repetitions as long as twice the last pass still fits. What a pass played is kept."""
    end, runs = time.monotonic() + seconds, math.ceil(USUAL * QUICK)
    while True:
        began = time.monotonic()
        rows = list(BARS[name](Setting(replace(options, runs=runs))))
        took = time.monotonic() - began
        if runs >= USUAL or time.monotonic() + 2 * took > end:
            return rows
        runs = min(2 * runs, USUAL)
