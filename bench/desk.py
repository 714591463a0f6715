"""The desk: from a key to the next case, the service behind it, its pages, and that nothing is decided twice.

The tab is a real Chromium on the product's web server, its times taken in the page. The service is asked by
eight reviewers, each a request of the desk after the other; with a second between two answers, which is
faster than people read, and once without any pause, which says how far it is from its limit.

Beside each key stands the same key on a bare page, in the same browser, and beside the service eight
clients at the same pace who have the least that such a request can be: a bare view, one claim, one INSERT.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from django.core.management import call_command
from django.db import connection

from bench._backlog import LABELS, Backlog
from bench._cost import cost
from bench._desk import Desk
from bench._melee import Melee
from bench._statements import claim, insert, prepare, statements
from bench._tab import Memory, Tab, tab, why_no_browser
from bench._view import View, bare_view
from hitl.bench.rows import Row, from_runs
from hitl.bench.stage import Web, web

PEOPLE = 33  # thirty-two reviewers, and one at the browser
AT_ONCE = 8
P95 = 95
# Times the floors: 100 ms and 50 ms over what these took where they were set (bench/README.md).
KEY_BAR = 11.5
SERVICE_BAR = 10.0
BLOCK = 20  # keys, of which a block's own 95th percentile is taken
WARM_UP = 2  # answers of each: a worker compiles its templates and statements once


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    waiting: int
    cases: int  # answered in the tab
    settled: int  # of these, before its memory is looked at for the first time
    pause_ms: int  # before each key in the tab
    turns: int  # of each way to ask the service
    each: int  # answers of each of the reviewers in a turn
    decisions: int  # among thirty-two reviewers


QUICK = Amount(waiting=20_000, cases=40, settled=10, pause_ms=300, turns=2, each=5, decisions=400)
FULL = Amount(waiting=1_000_000, cases=1_000, settled=250, pause_ms=350, turns=4, each=10, decisions=10_000)


def run(quick: bool) -> Sequence[Row]:
    """Measure and return the rows."""
    amount = QUICK if quick else FULL
    call_command("collectstatic", interactive=False, verbosity=0)
    backlog = Backlog(PEOPLE)
    backlog.fill(amount.waiting)
    with web() as server, bare_view() as view, statements():
        missing = why_no_browser()
        rows = [_no_browser(missing)] if missing else _tab_rows(server, backlog, amount)
        desks = [Desk(server, user) for user in backlog.reviewers[:AT_ONCE]]
        rows += _service_rows(server, view, "an answer a second each", desks, amount, pause=1.0)
        rows += _service_rows(server, view, "without a pause", desks, amount, pause=0.0)
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
        times, events, bare = page.times(), page.events(), page.bare_times()
    remembered = [ms for ms, is_from_memory in times if is_from_memory]
    waiting = f"{amount.waiting:,} waiting"
    return [
        _over(
            f"key to next case painted, {waiting}: p95, from memory, over a bare page",
            remembered,
            bare,
            block=BLOCK,
            bar=KEY_BAR,
        ),
        _p95("  key to next case painted: p95, from memory", remembered),
        _p95("  floor: key to a word painted on a bare page", bare),
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
    server: Web, view: View, name: str, desks: Sequence[Desk], amount: Amount, *, pause: float
) -> list[Row]:
    """Two ways to the next case, with the answer and looked ahead at beside it, and the floor, in turns."""
    ways = {"one request": _together, "two requests": _ahead}
    took: dict[str, list[float]] = {way: [] for way in [*ways, "floor"]}
    spent: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(amount.turns + 1):
        for way, act in ways.items():
            ms, cpu = _costed(partial(act, times=amount.each, pause=pause), server, desks, amount, pause)
            if turn:  # the first one warms what is cached
                took[way] += ms
                spent[way].append(cpu)
        least = _at_once(partial(_least, view, times=amount.each, pause=pause), desks, pause)
        took["floor"] += least if turn else []
    rows = []
    for way in ways:
        said = f"submit + claim, {len(desks)} reviewers, {name}, {way}: p95"
        bar = SERVICE_BAR if pause else None  # without a pause it is the queue in front of it that is timed
        block = len(desks) * amount.each
        rows.append(_over(f"{said}, over the floor", took[way], took["floor"], block=block, bar=bar))
        rows.append(_p95(f"  {said}", took[way]))
        rows.append(from_runs("  of it CPU, application and PostgreSQL", "ms CPU", spent[way]))
    return [*rows, _p95(f"  floor: a bare view, a plain claim and an INSERT, {name}", took["floor"])]


def _costed(
    act: Callable[[Desk, float], list[float]],
    server: Web,
    desks: Sequence[Desk],
    amount: Amount,
    pause: float,
) -> tuple[list[float], float]:
    """Return the ms on the clock of each time, and the ms of CPU that one takes."""
    took: list[float] = []
    units = len(desks) * (amount.each + WARM_UP)
    spent = cost(lambda: took.extend(_at_once(act, desks, pause)), 1, units=units, app=server.pids)
    return took, spent.cpu


def _at_once(act: Callable[[Desk, float], list[float]], desks: Sequence[Desk], pause: float) -> list[float]:
    """Have everybody do it at once, though not in step; return the ms that each time took."""
    waits = [pause * place / len(desks) for place in range(len(desks))]
    with ThreadPoolExecutor(len(desks)) as pool:
        return [ms for found in pool.map(act, desks, waits) for ms in found]


def _together(desk: Desk, wait: float, *, times: int, pause: float) -> list[float]:
    time.sleep(wait)
    desk.claim()
    _paced(lambda: desk.answer(LABELS[0], stay=False), WARM_UP, 0)
    took = _paced(lambda: desk.answer(LABELS[0], stay=False), times, pause)
    desk.answer(LABELS[0], stay=True)
    return took


def _ahead(desk: Desk, wait: float, *, times: int, pause: float) -> list[float]:
    time.sleep(wait)
    desk.claim()

    def turn() -> None:
        desk.claim()
        desk.answer(LABELS[0], stay=True)

    _paced(turn, WARM_UP, 0)
    took = _paced(turn, times, pause)
    desk.answer(LABELS[0], stay=True)
    return took


def _least(view: View, desk: Desk, wait: float, *, times: int, pause: float) -> list[float]:
    """What nobody could do with less: an answer is stored and another row claimed, over HTTP."""
    time.sleep(wait)
    wire = view.wire()
    request = wire.prepare("POST", "/", b"{}")

    def turn() -> None:
        wire.send(request)
        claim()
        insert()

    try:
        prepare()
        _paced(turn, WARM_UP, 0)
        return _paced(turn, times, pause)
    finally:
        wire.close()
        connection.close()


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


def _p95(name: str, ms: Sequence[float]) -> Row:
    """Return the 95th percentile, between the median and the largest."""
    if not ms:
        return Row(name, "ms", None, note="there was none")
    middle, high = np.percentile(ms, [50, P95])
    return Row(name, "ms", float(high), float(middle), float(max(ms)))


def _over(
    name: str, ms: Sequence[float], floor: Sequence[float], *, block: int, bar: float | None = None
) -> Row:
    """Return the 95th percentile of all over that of the floor, between the extremes of the blocks of both.

    It is not the median of the blocks: one bad moment in a long run counts as it does for who waits.
    """
    if not ms or not floor:
        return Row(name, "x", None, note="there was none")
    count = max(1, min(len(ms), len(floor)) // block)
    pairs = zip(np.array_split(ms, count), np.array_split(floor, count), strict=True)
    blocks = [float(np.percentile(one, P95) / np.percentile(least, P95)) for one, least in pairs]
    whole = float(np.percentile(ms, P95) / np.percentile(floor, P95))
    return Row(name, "x", whole, min(whole, *blocks), max(whole, *blocks), bar=bar)
