"""Bar 10: certifying is over at once, and an audit costs nothing that anybody would notice.

Everything is held against plain numpy, or a hash, that does the least of the same size, measured in turns.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import numpy as np

from hitl.bench.rows import Row, from_runs, ratio
from science.decide import decide
from science.decision_terms import Basis, Degree
from science.draws import draw
from science.guarantee.certify import certify
from science.guarantee.grid import coverage_grid
from science.guarantee.monitor import RiskMonitor
from science.guarantee.planning import plan
from science.guarantee.sequential import AnytimeCertifier
from science.rule import Rule
from science.worlds.ranked import GOOD

LABELS, CUTOFFS = 100_000, 200
BATCH, BLOCK = 1000, 10_000
# Times the floors: 1 s, 1 ms and .1 ms over what the floors cost where they were set (bench/README.md).
CERTIFY_BAR, AUDIT_BAR, DECISION_BAR, BLOCK_BAR = 25.0, 200.0, 55.0, 100.0


def rows(*, quick: bool) -> Iterator[Row]:
    """Bar 10, in CPU time."""
    rng = np.random.default_rng(7)
    tune, labels = GOOD.sample(20_000, rng), GOOD.sample(LABELS, rng)
    own = plan(
        tune.scores,
        tune.wrong,
        target=0.01,
        delta=0.05,
        expected_labels=LABELS,
        method="binomial",
        n_cutoffs=CUTOFFS,
    )
    ones, repeats = np.ones(LABELS), 3 if quick else 7
    for method in ("binomial", "thinned", "betting"):
        tested = replace(own, method=method)
        work = partial(certify, labels.scores, labels.wrong, ones, plan=tested, rng=rng)
        count = partial(_count, labels.scores, labels.wrong, own.grid)
        name = f"certify {LABELS:,} labels x {CUTOFFS} cutoffs, {method}"
        yield from _beside(name, work, "numpy counts above each", count, 1, repeats, CERTIFY_BAR)
    planned = [
        _cpu(lambda: plan(tune.scores, tune.wrong, target=0.01, delta=0.05, expected_labels=5000))
        for _ in range(repeats)
    ]
    yield from_runs("plan from 20,000 tuning cases", "ms CPU", [1000 * seconds for seconds in planned])
    audits = GOOD.sample(400 if quick else 4000, rng)
    monitor = RiskMonitor(own.grid, target=0.01, horizon_cases=208_000)
    certifier = AnytimeCertifier(replace(own, method="anytime", expected_labels=20_000))
    updates: dict[str, Callable[[float, float], None]] = {
        "the monitor": lambda score, loss: monitor.audit(score, loss, 0.02, 0.02),
        "the anytime certifier": lambda score, loss: certifier.add(score, loss, 1.0),
    }
    for name, update in updates.items():
        parts = iter(np.array_split(np.arange(audits.scores.size), 8))

        def some(update=update, parts=parts) -> None:  # type: ignore[no-untyped-def]
            _each(update, [(float(audits.scores[i]), float(audits.wrong[i])) for i in next(parts)])

        said = f"one audit, {CUTOFFS} cutoffs: {name}"
        size = audits.scores.size // 8
        wealth = partial(_multiply, np.array(own.grid), size)
        yield from _beside(said, some, f"numpy multiplies {CUTOFFS} numbers", wealth, size, 8, AUDIT_BAR)
    yield from _decisions(quick=quick)


def _decisions(*, quick: bool) -> Iterator[Row]:
    """What the promise adds to deciding: draws and rule; and the monitors, which read the rows afterwards."""
    rule = Rule(
        ("no", "yes"),
        frozenset({"no", "yes"}),
        Degree.PARTIAL,
        cutoffs={"no": 0.8, "yes": 0.8},
        basis=Basis.CERTIFIED,
        valid_until=1.0,
    )
    rng = np.random.default_rng(8)
    proba = rng.dirichlet((0.2, 0.2), BATCH)
    ids = [UUID(bytes=rng.bytes(16)) for _ in range(BATCH)]

    def decided(size: int) -> None:
        for begin in range(0, BATCH, size):
            part = slice(begin, begin + size)
            decide(rule, proba[part], draws=draw(b"k" * 32, ids[part]), now=0.0)

    for size, name in ((1, "one by one"), (BATCH, f"{BATCH:,} at once")):
        said = f"draws and rule for one decision, {name}"
        hashes, repeats = partial(_hash, ids), 3 if quick else 9
        yield from _beside(said, partial(decided, size), "one HMAC", hashes, BATCH, repeats, DECISION_BAR)
    cases = GOOD.sample(BLOCK, rng)
    pi = np.full(BLOCK, 0.02)
    losses = np.where(rng.random(BLOCK) < pi, cases.wrong, np.nan)
    grid = coverage_grid(cases.scores, target=0.01, delta=0.05, expected_labels=BLOCK, n_cutoffs=CUTOFFS)
    monitor = RiskMonitor(tuple(grid), target=0.01, horizon_cases=208_000)
    name = f"the monitor, per case of {BLOCK:,} with 2 % audits, {CUTOFFS} cutoffs"
    block = partial(monitor.add_block, cases.scores, losses, pi, pi)
    count = partial(_count, cases.scores, cases.wrong, tuple(grid))
    repeats = 3 if quick else 9
    yield from _beside(name, block, "numpy counts above each", count, BLOCK, repeats, BLOCK_BAR)


def _beside(
    name: str,
    work: Callable[[], object],
    what: str,
    floor: Callable[[], object],
    units: int,
    repeats: int,
    bar: float,
) -> Iterator[Row]:
    """Rows of a piece of work and its floor, measured in turns: CPU ms of one of its units."""
    floor()
    turns = [(_cpu(floor), _cpu(work)) for _ in range(repeats)]
    floors, taken = ([1000 * turn[i] / units for turn in turns] for i in (0, 1))
    yield ratio(f"{name}, over {what}", taken, floors, bar=bar)
    yield from_runs(f"  {name}", "ms CPU", taken)
    yield from_runs(f"  floor: {what}", "ms CPU", floors)


def _count(scores: np.ndarray, wrong: np.ndarray, grid: Sequence[float]) -> list[tuple[int, int]]:
    """How many cases, and how many wrong ones, lie above each cutoff."""
    return [(int((above := scores >= cutoff).sum()), int(wrong[above].sum())) for cutoff in grid]


def _multiply(grid: np.ndarray, times: int) -> np.ndarray:
    """One step of a bet on each cutoff, so often."""
    wealth = np.ones(grid.size)
    for _ in range(times):
        wealth = wealth * (1 + 0.01 * (grid - 0.5))
    return wealth


def _hash(ids: list[UUID]) -> list[bytes]:
    """One HMAC of each id."""
    return [hmac.digest(b"k" * 32, one.bytes, hashlib.sha256) for one in ids]


def _each(update: Callable[[float, float], None], pairs: list[tuple[float, float]]) -> None:
    for pair in pairs:
        update(*pair)


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
