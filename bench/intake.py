"""A case posted, alone and in batches: CPU of application and PostgreSQL, memory, rate, beside its floors.

Mails the model has not seen go through Granian with two workers to a durable database, over one connection
that is kept. The bars were set with bodies of about 500 bytes, so they are held against mails cut to that
length; whole mails have rows of their own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from bench import _floors, _mail, _peer
from bench._cost import Cost, cost, cost_rows
from bench._mail import Mail
from bench._wire import Wire
from hitl.bench.processes import pss_megabytes
from hitl.bench.rows import Row, from_runs
from hitl.bench.stage import Web, web
from hitl.shared import clock
from policy.services.degrees import set_degree

BATCH = 1000
QUIET_VIEW = 0.11  # ms of CPU: a view without middleware on the quiet machine that the bars were set on


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    runs: int
    singles: int
    batches: int
    floors: int


QUICK = Amount(runs=3, singles=400, batches=3, floors=300)
FULL = Amount(runs=7, singles=1500, batches=5, floors=1000)


def run(quick: bool) -> Sequence[Row]:
    """Measure and return the rows."""
    amount = QUICK if quick else FULL
    mail = _mail.set_up(quick=quick)
    floors = mail.short[: amount.floors]
    with web() as server, _floors.bare_server(floors) as bare_view:
        rows = _through(server, bare_view, mail, amount)
    return [*rows, *_floors.measure(mail, floors), *_peer.measure(floors)]


def _through(server: Web, bare_view: Callable[[], Cost], mail: Mail, amount: Amount) -> list[Row]:
    client = _Client(server, mail)
    short, whole = client.singles(mail.short), client.singles(mail.whole)
    batch, whole_batch = client.batch(mail.short), client.batch(mail.whole)
    client.post(batch)  # as after a morning's work: caches are warm
    costs: dict[str, list[Cost]] = {"short": [], "whole": [], "batch": [], "whole batch": [], "bare": []}
    for _ in range(amount.runs):  # in turns, so that a busy moment of the machine meets all of them
        costs["short"].append(cost(lambda: client.post(next(short)), amount.singles, app=server.pid))
        costs["whole"].append(cost(lambda: client.post(next(whole)), amount.singles // 2, app=server.pid))
        for name, request in (("batch", batch), ("whole batch", whole_batch)):
            costs[name].append(
                cost(partial(client.post, request), amount.batches, units=BATCH, app=server.pid)
            )
        costs["bare"].append(bare_view())
    decided = client.share_decided
    memory = pss_megabytes(server.pid)
    set_degree(workflow_id=mail.workflow.id, degree="assist", actor=_mail.ACTOR, now=clock.now())
    client.post(next(short))
    people = [
        cost(lambda: client.post(next(short)), amount.singles, app=server.pid) for _ in range(amount.runs)
    ]
    client.close()
    return [
        *cost_rows("one mail of 470 bytes", costs["short"], bar=1.5, aim=1.0),
        _scaled("one mail", costs["short"], costs["bare"], bar=1.5, aim=1.0),
        from_runs("  of it on the clock, one client", "ms", [run.wall for run in costs["short"]]),
        *cost_rows("one that a person is asked about", people),
        *cost_rows("one whole mail of 1.8 kB", costs["whole"]),
        *cost_rows(f"{BATCH:,} of 470 bytes in one request, per case", costs["batch"], bar=0.15, aim=0.10),
        _scaled(f"one of {BATCH:,}", costs["batch"], costs["bare"], bar=0.15, aim=0.10),
        *cost_rows(f"{BATCH:,} whole mails in one request, per case", costs["whole batch"]),
        Row("decided without a person", "%", 100 * decided),
        Row("two web workers with the text model, PSS", "MB", memory, bar=300, aim=200),
        from_runs("floor: Granian + Django without middleware", "ms CPU", [run.app for run in costs["bare"]]),
    ]


def _scaled(name: str, runs: Sequence[Cost], bare: Sequence[Cost], *, bar: float, aim: float) -> Row:
    """Say what a run would cost on the machine that the bars were set on, by the bare view beside it."""
    there = [run.cpu * QUIET_VIEW / view.app for run, view in zip(runs, bare, strict=True)]
    return from_runs(f"  {name}, where a bare view costs {QUIET_VIEW} ms", "ms CPU", there, bar=bar, aim=aim)


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
