"""The desk: from a key to the next case, the service behind it, its pages, and that nothing is decided twice.

The tab is a real Chromium on the product's web server, its times taken in the page. The service is asked by
eight reviewers, each a request of the desk after the other; with a second between two answers, which is
faster than people read, and once without any pause, which says how far it is from its limit.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from django.core.management import call_command

from bench._backlog import LABELS, Backlog
from bench._cost import cost
from bench._desk import Desk
from bench._melee import Melee
from bench._tab import Memory, Tab, tab, why_no_browser
from hitl.bench.rows import Row
from hitl.bench.stage import Web, web

PEOPLE = 33  # thirty-two reviewers, and one at the browser
AT_ONCE = 8
P95 = 95
WARM_UP = 2  # answers of each: a worker compiles its templates and statements once


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    waiting: int
    cases: int  # answered in the tab
    settled: int  # of these, before its memory is looked at for the first time
    pause_ms: int  # before each key in the tab
    each: int  # answers of each of the reviewers who ask the service
    decisions: int  # among thirty-two reviewers


QUICK = Amount(waiting=20_000, cases=40, settled=10, pause_ms=300, each=6, decisions=400)
FULL = Amount(waiting=1_000_000, cases=1_000, settled=250, pause_ms=350, each=40, decisions=10_000)


def run(quick: bool) -> Sequence[Row]:
    """Measure and return the rows."""
    amount = QUICK if quick else FULL
    call_command("collectstatic", interactive=False, verbosity=0)
    backlog = Backlog(PEOPLE)
    backlog.fill(amount.waiting)
    with web() as server:
        missing = why_no_browser()
        rows = (
            [Row("in a browser", "", None, note=missing)] if missing else _tab_rows(server, backlog, amount)
        )
        desks = [Desk(server, user) for user in backlog.reviewers[:AT_ONCE]]
        rows += _service_rows(server, "an answer a second each", desks, amount.each, pause=1.0, bar=50)
        rows += _service_rows(server, "without a pause", desks, amount.each, pause=0.0, bar=None)
        for desk in desks:
            desk.close()
    return [*rows, *Melee(backlog.reviewers[:-1], amount.decisions).rows()]


def _no_browser(why: str) -> Row:
    return Row("in a browser: key to next case, page, memory", "", None, note=f"not measured: {why}")


def _tab_rows(server: Web, backlog: Backlog, amount: Amount) -> list[Row]:
    with tab(server, backlog.reviewers[-1]) as page:
        weight = page.open()
        before = _after(page, amount.settled, amount.pause_ms)
        after = _after(page, amount.cases - amount.settled, amount.pause_ms)
        times, events = page.times(), page.events()
    remembered = [ms for ms, is_from_memory in times if is_from_memory]
    waiting = f"{amount.waiting:,} waiting"
    return [
        _p95(f"key to next case painted, {waiting}: p95, from memory", remembered, bar=100),
        _p95("  all keys, those that waited for the service too", [ms for ms, _ in times]),
        Row("  of the cases, from memory", "%", 100 * len(remembered) / len(times), more_is_better=True),
        _p95("  the browser's own Event Timing, of the keys above 16 ms", events),
        Row("cold page: over the wire", "kB", weight.kilobytes, bar=200),
        Row("cold page: requests, look-ahead included", "", weight.requests, bar=10),
        *_growth(before, after, amount),
    ]


def _after(page: Tab, cases: int, pause_ms: int) -> Memory:
    page.answer(cases, pause_ms=pause_ms)
    return page.memory()


def _growth(before: Memory, after: Memory, amount: Amount) -> list[Row]:
    """Flat: within a tenth of what it was, whatever was answered in between.

    The first cases are left out: the browser compiles what runs often, and fills bounded buffers of its own
    (timings, and what the wire that asks it keeps of the network), which no page can empty.
    """
    name = f"the tab after {amount.cases:,} cases over after {amount.settled:,}"
    heap = f"{before.heap_mb:.2f} MB, then {after.heap_mb:.2f} MB"
    return [
        Row(f"{name}: heap", "x", after.heap_mb / before.heap_mb, bar=1.1, note=heap),
        Row("  nodes of the document", "x", after.nodes / before.nodes, bar=1.1),
        Row("  listeners", "x", after.listeners / before.listeners, bar=1.1),
    ]


def _service_rows(
    server: Web, name: str, desks: Sequence[Desk], each: int, *, pause: float, bar: float | None
) -> list[Row]:
    """Two ways to the next case: with the answer, and looked ahead at beside it."""

    def together(desk: Desk, wait: float) -> list[float]:
        time.sleep(wait)  # people do not answer in step
        desk.claim()
        _paced(lambda: desk.answer(LABELS[0], stay=False), WARM_UP, 0)
        took = _paced(lambda: desk.answer(LABELS[0], stay=False), each, pause)
        desk.answer(LABELS[0], stay=True)
        return took

    def ahead(desk: Desk, wait: float) -> list[float]:
        time.sleep(wait)
        desk.claim()

        def turn() -> None:
            desk.claim()
            desk.answer(LABELS[0], stay=True)

        _paced(turn, WARM_UP, 0)
        took = _paced(turn, each, pause)
        desk.answer(LABELS[0], stay=True)
        return took

    rows = []
    for way, act in (("one request", together), ("two requests", ahead)):
        took: list[float] = []

        def everybody(act=act, took=took) -> None:  # type: ignore[no-untyped-def]
            with ThreadPoolExecutor(len(desks)) as pool:
                waits = [pause * place / len(desks) for place in range(len(desks))]
                took.extend(ms for found in pool.map(act, desks, waits) for ms in found)

        spent = cost(everybody, 1, units=len(desks) * (each + WARM_UP), app=server.pid)
        rows.append(_p95(f"submit + claim, {len(desks)} reviewers, {name}, {way}: p95", took, bar=bar))
        rows.append(Row("  of it CPU, application and PostgreSQL", "ms CPU", spent.cpu))
    return rows


def _paced(act: Callable[[], None], times: int, pause: float) -> list[float]:
    """Do it so often, beginning each `pause` seconds after the last began; return the ms that each took."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        seconds = time.perf_counter() - start
        took.append(seconds * 1000)
        time.sleep(max(0.0, pause - seconds))
    return took


def _p95(name: str, ms: Sequence[float], *, bar: float | None = None) -> Row:
    """Return the 95th percentile, between the median and the largest."""
    if not ms:
        return Row(name, "ms", None, note="there was none")
    middle, high = np.percentile(ms, [50, P95])
    return Row(name, "ms", float(high), float(middle), float(max(ms)), bar=bar)
