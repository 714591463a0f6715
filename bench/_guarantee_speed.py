"""Bar 10: certifying is over at once, and an audit costs nothing that anybody would notice."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from uuid import UUID

import numpy as np

from hitl.bench.rows import Row, from_runs
from science.decide import Basis, Degree, Rule, decide
from science.draws import draw
from science.guarantee.certify import certify
from science.guarantee.grid import coverage_grid
from science.guarantee.monitor import RiskMonitor
from science.guarantee.planning import plan
from science.guarantee.sequential import AnytimeCertifier
from science.worlds.ranked import GOOD

LABELS, CUTOFFS = 100_000, 200
BATCH, BLOCK = 1000, 10_000


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
        taken = [
            _cpu(lambda tested=tested: certify(labels.scores, labels.wrong, ones, plan=tested, rng=rng))  # type: ignore[misc]
            for _ in range(repeats)
        ]
        yield from_runs(f"certify {LABELS:,} labels x {CUTOFFS} cutoffs, {method}", "s CPU", taken, bar=1)
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
        costs = []
        for part in np.array_split(np.arange(audits.scores.size), 8):
            pairs = [(float(audits.scores[i]), float(audits.wrong[i])) for i in part]
            costs.append(1000 * _cpu(partial(_each, update, pairs)) / part.size)
        yield from_runs(f"one audit, {CUTOFFS} cutoffs: {name}", "ms CPU", costs, bar=1)
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
        costs = [1000 * _cpu(partial(decided, size)) / BATCH for _ in range(3 if quick else 9)]
        yield from_runs(f"draws and rule for one decision, {name}", "ms CPU", costs, bar=0.1)
    cases = GOOD.sample(BLOCK, rng)
    pi = np.full(BLOCK, 0.02)
    losses = np.where(rng.random(BLOCK) < pi, cases.wrong, np.nan)
    grid = coverage_grid(cases.scores, target=0.01, delta=0.05, expected_labels=BLOCK, n_cutoffs=CUTOFFS)
    monitor = RiskMonitor(tuple(grid), target=0.01, horizon_cases=208_000)
    costs = [
        1000 * _cpu(partial(monitor.add_block, cases.scores, losses, pi, pi)) / BLOCK
        for _ in range(3 if quick else 9)
    ]
    name = f"the monitor, per case of {BLOCK:,} with 2 % audits, {CUTOFFS} cutoffs"
    yield from_runs(name, "ms CPU", costs, bar=0.1)


def _each(update: Callable[[float, float], None], pairs: list[tuple[float, float]]) -> None:
    for pair in pairs:
        update(*pair)


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before
