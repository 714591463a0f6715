"""Callers of several web hosts: as many cases as go, or cases with names, sent again until answered."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from bench._scale_machines import WEB_PORT
from bench._scale_net import Host
from bench._wire import Wire
from hitl.bench.rows import Row

CALLERS = 4
TAKEN_IN = (200, 201)
PATIENCE_SECONDS = 2.0  # without an answer this long another host is asked
AVOID_SECONDS = 3.0  # a host that did not answer
GIVE_UP_SECONDS = 90.0
IN_A_ROW = 20


@dataclass(frozen=True, slots=True)
class Sender:
    """What is sent: the path of a workflow's cases, a key, and bodies of cases without a name."""

    path: str
    key: str
    bodies: Sequence[bytes]

    def headers(self) -> dict[str, str]:
        """Return the headers of each request."""
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}


def pace(sender: Sender, hosts: Sequence[Host], *, seconds: float) -> float:
    """Return how many cases a second are taken in by these hosts, each asked by `CALLERS` at once."""
    counts: list[int] = []
    end = time.monotonic() + seconds

    def call(host: Host, first: int) -> None:
        wire, n = Wire(host.address, WEB_PORT), 0
        bodies = itertools.cycle([*sender.bodies[first:], *sender.bodies[:first]])
        try:
            while time.monotonic() < end:
                status, said = wire.send(wire.prepare("POST", sender.path, next(bodies), sender.headers()))
                if status not in TAKEN_IN:
                    raise RuntimeError(f"{status}: {said[:300]!r}")
                n += 1
        finally:
            wire.close()
            counts.append(n)

    threads = [threading.Thread(target=call, args=(host, 17 * n)) for host in hosts for n in range(CALLERS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


@dataclass
class Seen:
    """What callers were told.

    Attributes:
        answered: by reference, the case's id.
        taken: `(when, seconds it took, tries)` of each case, in the order of the answers.
        given_up: references that nobody answered.
    """

    answered: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[float, float, int]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def recovery(self, since: float) -> float | None:
        """Return the seconds from a moment to the first of twenty cases in a row that one try took in."""
        row, first = 0, 0.0
        for at, _, tries in sorted(self.taken):
            if at < since:
                continue
            row, first = (row + 1, first if row else at) if tries == 1 else (0, 0.0)
            if row == IN_A_ROW:
                return first - since
        return None

    def rows(self, what: str, since: float) -> list[Row]:
        """Return what became of the cases, as the database has it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT reference, id::text FROM cases_case WHERE reference = ANY(%s)",
                           [list(self.answered)])  # fmt: skip
            there = dict(cursor.fetchall())
            cursor.execute(_TWICE)
            (twice,) = cursor.fetchone()
        lost = sum(there.get(name) != key for name, key in self.answered.items())
        again = sum(tries > 1 for *_, tries in self.taken)
        note = f"{len(self.answered):,} answered, {again} of them asked for more than once"
        return [
            Row(f"{what}: cases lost", "cases", float(lost), bar=0, note=note),
            Row("  cases decided twice", "cases", float(twice), bar=0),
            Row("  cases that nobody answered", "cases", float(len(self.given_up)), bar=0),
            Row("  until 20 cases in a row were taken in at once", "s", self.recovery(since)),
            Row("  the longest that a case took", "s", max(took for _, took, _ in self.taken)),
        ]


_TWICE = """
SELECT count(*) FROM
    (SELECT 1 FROM policy_decision WHERE sequence = 0 GROUP BY case_id, epoch HAVING count(*) > 1) AS twice
"""


@contextmanager
def calling(sender: Sender, hosts: Sequence[Host], name: str) -> Iterator[Seen]:
    """Send cases to the hosts in turn while the block runs, as callers behind a load balancer do.

    Each case has a reference and an idempotency key, and is sent again, to another host, until answered.
    """
    seen, is_over, numbers = Seen(), threading.Event(), itertools.count(1)
    away: dict[str, float] = {}

    def call() -> None:
        while not is_over.is_set():
            number = next(numbers)
            _until_answered(sender, hosts, f"{name}-{number}", number, seen, away)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        for thread in threads:
            thread.join(GIVE_UP_SECONDS + PATIENCE_SECONDS)


def _until_answered(
    sender: Sender, hosts: Sequence[Host], reference: str, number: int, seen: Seen, away: dict[str, float]
) -> None:
    content = orjson.loads(sender.bodies[number % len(sender.bodies)])
    body = orjson.dumps({**content, "reference": reference})
    began, tries = time.monotonic(), 0
    while time.monotonic() - began < GIVE_UP_SECONDS:
        now = time.monotonic()
        reachable = [host for host in hosts if away.get(host.name, 0.0) < now] or hosts
        host = reachable[(number + tries) % len(reachable)]
        tries += 1
        try:
            status, said = _ask(sender, host, body, reference)
        except (OSError, http.client.HTTPException):
            away[host.name] = time.monotonic() + AVOID_SECONDS
            continue
        if status in TAKEN_IN:
            at = time.monotonic()
            seen.taken.append((at, at - began, tries))
            seen.answered[reference] = str(orjson.loads(said)["id"])
            return
        if status != 503:
            raise RuntimeError(f"{status}: {said[:300]!r}")
        time.sleep(0.1)
    seen.given_up.append(reference)


def one_case(sender: Sender, host: Host, number: int) -> dict[str, Any]:
    """Send a case without a name to a host and return the answer."""
    status, said = _ask(sender, host, sender.bodies[number], f"one-{host.name}-{number}")
    if status not in TAKEN_IN:
        raise RuntimeError(f"{status}: {said[:300]!r}")
    answer: dict[str, Any] = orjson.loads(said)
    return answer


def _ask(sender: Sender, host: Host, body: bytes, reference: str) -> tuple[int, bytes]:
    wire = http.client.HTTPConnection(host.address, WEB_PORT, timeout=PATIENCE_SECONDS)
    try:
        wire.request("POST", sender.path, body, {**sender.headers(), "Idempotency-Key": reference})
        answer = wire.getresponse()
        return answer.status, answer.read()
    finally:
        wire.close()
