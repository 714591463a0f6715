"""A case posted, alone and in batches, beside its floors: CPU of application and PostgreSQL, and memory.

Mails the model has not seen go through Granian with two workers to a durable database, over one connection
that is kept. The bars were set with bodies of about 500 bytes, so they are held against mails cut to that
length; whole mails have rows of their own. Everything takes turns, so that a busy moment of the machine meets
all of it, and each turn is held against the floors of the same turn.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle

from bench import _floors, _mail
from bench._cost import Cost, cost, cost_rows
from bench._fastapi import NAME, FastApi, fastapi
from bench._mail import Mail
from bench._statements import cost_of_insert, insert_many, statements
from bench._view import View, bare_view
from bench._wire import Wire
from hitl.bench.processes import pss_megabytes
from hitl.bench.rows import Row, absent, from_runs, ratio
from hitl.bench.stage import Web, web
from hitl.shared import clock
from policy.services.degrees import set_degree

BATCH = 1000
# Bars, times the floors: 1.5 and 1 ms for a mail, .15 and .1 ms for one of a batch, over what the floors cost
# on the machine that these were set on (bench/README.md).
SINGLE_BAR, SINGLE_AIM = 2.6, 1.75
BATCH_BAR, BATCH_AIM = 0.44, 0.29


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    turns: int
    singles: int
    batches: int
    floors: int  # mails that the floors are given
    small: int  # of what is so cheap that fewer would vanish in the clock of the operating system


QUICK = Amount(turns=3, singles=400, batches=3, floors=400, small=1500)
FULL = Amount(turns=7, singles=1500, batches=5, floors=1000, small=4000)


@dataclass(slots=True)
class Turns:
    """What each turn gave: costs of what is ours, of a peer and of the database, and ms of the scorers."""

    costs: dict[str, list[Cost]] = field(default_factory=dict)
    scorers: dict[str, list[float]] = field(default_factory=dict)

    def cpu(self, name: str) -> list[float]:
        """Return the CPU of a thing by turn, in ms."""
        return [one.cpu for one in self.costs[name]]

    def app(self, name: str) -> list[float]:
        """Return the application's part of it, for what asks no database."""
        return [one.app for one in self.costs[name]]

    def floor(self, *parts: list[float]) -> list[float]:
        """Return the sum of some floors by turn."""
        return [sum(turn) for turn in zip(*parts, strict=True)]


def run(quick: bool) -> Sequence[Row]:
    """Measure and return the rows."""
    amount = QUICK if quick else FULL
    mail = _mail.set_up(quick=quick)
    with ExitStack() as running:
        server, view = running.enter_context(web()), running.enter_context(bare_view())
        peer = running.enter_context(fastapi(mail.short[: amount.floors]))
        running.enter_context(statements())
        return _measured(server, view, peer, mail, amount)


def _measured(server: Web, view: View, peer: FastApi | None, mail: Mail, amount: Amount) -> list[Row]:
    client = _Client(server, mail)
    turns = _take_turns(client, server, view, peer, mail, amount)
    decided, memory = client.share_decided, sum(map(pss_megabytes, server.pids))
    people = _asked_about(client, server, mail, amount)
    client.close()
    same, insert, bare = turns.scorers[_floors.SAME], turns.cpu("insert"), turns.app("view")
    alone = turns.floor(bare, same, insert)
    together = turns.floor(same, turns.cpu("insert many"))
    batch = f"{BATCH:,} of 470 bytes in one request, per case"
    rows = [
        ratio("one mail of 470 bytes, over view + scoring + INSERT", turns.cpu("short"), alone,
              bar=SINGLE_BAR, aim=SINGLE_AIM),
        *cost_rows("  one mail of 470 bytes", turns.costs["short"]),
        from_runs("  of it on the clock, one client", "ms", [one.wall for one in turns.costs["short"]]),
        ratio("  over a bare view", turns.cpu("short"), bare),
        *cost_rows("one that a person is asked about", people),
        *cost_rows("one whole mail of 1.8 kB", turns.costs["whole"]),
        ratio(f"{batch}, over scoring + INSERT of {BATCH:,}", turns.cpu("batch"), together,
              bar=BATCH_BAR, aim=BATCH_AIM),
        *cost_rows(f"  {batch}", turns.costs["batch"]),
        *cost_rows(f"{BATCH:,} whole mails in one request, per case", turns.costs["whole batch"]),
        Row("decided without a person", "%", 100 * decided),
        Row("two web workers with the text model, PSS", "MB", memory, bar=300, aim=200),
        from_runs("floor: Granian + Django without middleware", "ms CPU", bare),
        from_runs("floor: one INSERT, application + PostgreSQL", "ms CPU", insert),
        from_runs(f"floor: one of {BATCH:,} in an INSERT", "ms CPU", turns.cpu("insert many")),
        *(from_runs(f"floor: {name}", "ms CPU", runs) for name, runs in turns.scorers.items()),
    ]  # fmt: skip
    return [*rows, *_peer_rows(turns, peer)]


def _take_turns(
    client: "_Client", server: Web, view: View, peer: FastApi | None, mail: Mail, amount: Amount
) -> Turns:
    short, whole = client.singles(mail.short), client.singles(mail.whole)
    batch, whole_batch = client.batch(mail.short), client.batch(mail.whole)
    few, small = mail.short[: amount.floors], _as_many(mail.short, amount.small)
    texts = [body.decode() for body in mail.short[:BATCH]]
    works: dict[str, Callable[[], Cost]] = {
        "short": lambda: cost(lambda: client.post(next(short)), amount.singles, app=server.pids),
        "view": lambda: view.cost(small),
        "insert": lambda: cost_of_insert(amount.small),
        "whole": lambda: cost(lambda: client.post(next(whole)), amount.singles // 2, app=server.pids),
        "batch": lambda: _in_batches(client, server, batch, amount.batches),
        "insert many": lambda: cost(partial(insert_many, texts), amount.batches * 2, units=len(texts)),
        "whole batch": lambda: _in_batches(client, server, whole_batch, amount.batches),
    }
    if peer:
        works["peer"] = peer.post
    scorers = _floors.scorers(mail, few)
    client.post(batch)  # as after a morning's work: caches are warm
    for work in scorers.values():
        work()
    found = Turns()
    for _ in range(amount.turns):
        for name, measure in works.items():
            found.costs.setdefault(name, []).append(measure())
        for name, score in scorers.items():
            found.scorers.setdefault(name, []).append(_floors.cpu(score) / len(few))
    return found


def _as_many(bodies: Sequence[bytes], n: int) -> list[bytes]:
    return [bodies[i % len(bodies)] for i in range(n)]


def _in_batches(client: "_Client", server: Web, request: bytes, times: int) -> Cost:
    return cost(partial(client.post, request), times, units=BATCH, app=server.pids)


def _asked_about(client: "_Client", server: Web, mail: Mail, amount: Amount) -> list[Cost]:
    """The same mails where the workflow only suggests: each makes a review task as well."""
    set_degree(workflow_id=mail.workflow.id, degree="assist", actor=_mail.ACTOR, now=clock.now())
    short = client.singles(mail.short)
    client.post(next(short))
    return [
        cost(lambda: client.post(next(short)), amount.singles, app=server.pids) for _ in range(amount.turns)
    ]


def _peer_rows(turns: Turns, peer: FastApi | None) -> list[Row]:
    if peer is None:
        return [absent(NAME)]
    return [
        ratio(f"one mail over {NAME.removeprefix('peer: ')}", turns.cpu("short"), turns.app("peer")),
        from_runs(f"  {NAME}, one case", "ms CPU", turns.app("peer")),
        Row("  peer: FastAPI, two workers with the model, PSS", "MB", peer.memory()),
    ]


class _Client:
    """One connection that posts cases, and counts who decided them."""

    def __init__(self, server: Web, mail: Mail) -> None:
        self._wire = Wire(server.host, server.port)
        self._path = f"/api/v1/workflows/{mail.workflow.slug}/cases"
        self._headers = {"Authorization": f"Bearer {mail.key}", "Content-Type": "application/json"}
        self._posted = self._decided = 0

    def singles(self, bodies: Sequence[bytes]) -> Iterator[bytes]:
        """Return one request after another, without end."""
        return cycle([self._prepare(body) for body in bodies])

    def batch(self, bodies: Sequence[bytes]) -> bytes:
        """Return one request with many cases."""
        return self._prepare(b"[" + b",".join(bodies[:BATCH]) + b"]")

    def _prepare(self, body: bytes) -> bytes:
        return self._wire.prepare("POST", self._path, body, self._headers)

    def post(self, request: bytes) -> None:
        """Send a request; anything but success stops the benchmark."""
        status, body = self._wire.send(request)
        if status not in (200, 201):
            raise RuntimeError(f"{status}: {body[:500]!r}")
        self._posted += body.count(b'"route":')
        self._decided += body.count(b'"route":"auto"')

    @property
    def share_decided(self) -> float:
        """Which share of the cases so far was decided without a person."""
        return self._decided / self._posted

    def close(self) -> None:
        """Hang up."""
        self._wire.close()
