"""A case claimed and answered, at short and long queues, by one and by eight reviewers at once.

The service's own functions are measured in this process, the desk's doors through Granian with two workers.
Claims and answers take turns: a round claims for every reviewer, then answers everything claimed.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from uuid import UUID

from django.db import connection

from bench._backlog import LABELS, Backlog
from bench._cost import Cost, cost, cost_rows
from bench._desk import Desk
from hitl.accounts.models import User
from hitl.bench.rows import Row, absent, from_runs
from hitl.bench.stage import Web, web
from hitl.flow.settling.answer import submit_review
from hitl.shared import clock
from reviews.selectors import LeasedTask
from reviews.services.queue import claim_next
from reviews.types import MAX_LEASES

REVIEWERS = 50
AT_ONCE = 8
LABEL_STUDIO = (
    "measured once apart, CPU ms: claim 76 with 1,000 waiting and 252 with 100,000; submit 81-110;"
    " 23 of 24 tasks of its queue view went to more than one person"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    lengths: tuple[int, ...]
    rounds: int
    claims_at_once: int


QUICK = Amount(lengths=(1_000, 100_000), rounds=3, claims_at_once=400)
FULL = Amount(lengths=(1_000, 100_000, 1_000_000), rounds=7, claims_at_once=2_000)


@dataclass(slots=True)
class Rounds:
    """What the rounds at one length of the queue gave."""

    claims: list[Cost] = field(default_factory=list)
    answers: list[Cost] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)  # ms on the clock of a claim, one per round


def run(quick: bool) -> Sequence[Row]:
    """Measure and return the rows."""
    amount = QUICK if quick else FULL
    backlog = Backlog(REVIEWERS)
    at: dict[int, Rounds] = {}
    for length in amount.lengths:
        at[length] = _service_rounds(backlog, length, amount.rounds)
    rows = [row for length in at for row in _claim_rows(length, at[length])]
    rows += _p50_rows(at)
    rows += cost_rows(
        "submit a review: the service", [c for r in at.values() for c in r.answers], bar=5, aim=2.5
    )
    with web() as server:
        rows += _door_rows(server, backlog, amount)
        rows.append(_doubled("desk", _desks_at_once(server, backlog, amount.claims_at_once)))
    rows.append(_doubled("service", _services_at_once(backlog, amount.claims_at_once)))
    peer = absent("peer: Label Studio", "uv pip install label-studio")
    return [*rows, Row(peer.name, "", None, note=f"{peer.note}; {LABEL_STUDIO}")]


def _service_rounds(backlog: Backlog, length: int, rounds: int) -> Rounds:
    found = Rounds()
    for place in range(rounds + 1):
        backlog.fill(length)
        held: list[tuple[User, LeasedTask]] = []
        walls: list[float] = []
        people = iter([user for user in backlog.reviewers for _ in range(MAX_LEASES)])

        def claim(held=held, walls=walls, people=people) -> None:  # type: ignore[no-untyped-def]
            user, start = next(people), time.perf_counter()
            held.append((user, _claim(user, None)))
            walls.append((time.perf_counter() - start) * 1000)

        def answer(held=held) -> None:  # type: ignore[no-untyped-def]
            _answer(*held.pop())

        claims = cost(claim, len(backlog.reviewers) * MAX_LEASES)
        answers = cost(answer, len(held))
        if place:  # the first round warms what is cached
            found.claims.append(claims)
            found.answers.append(answers)
            found.p50.append(median(walls))
    return found


def _claim(user: User, view: list[UUID] | None) -> LeasedTask:
    held = claim_next(actor=user.as_actor(), workflow_ids=view, now=clock.now())
    if held is None:
        raise RuntimeError("the queue is empty")
    return held


def _answer(user: User, held: LeasedTask) -> None:
    submit_review(
        lease_token=held.lease_token, label=LABELS[0], seconds=4, actor=user.as_actor(), now=clock.now()
    )


def _claim_rows(length: int, rounds: Rounds) -> list[Row]:
    return cost_rows(f"claim the next case, {length:,} waiting: the service", rounds.claims, bar=3, aim=1.5)


def _p50_rows(at: dict[int, Rounds]) -> list[Row]:
    shortest, longest = min(at), max(at)
    rows = [from_runs(f"claim, {length:,} waiting: p50 on the clock", "ms", at[length].p50) for length in at]
    ratio = median(at[longest].p50) / median(at[shortest].p50)
    ratio_row = Row(f"p50 with {longest:,} waiting over p50 with {shortest:,}", "x", ratio, bar=1.3)
    return [*rows, ratio_row]


def _door_rows(server: Web, backlog: Backlog, amount: Amount) -> list[Row]:
    """The same through the desk: claim alone, answer alone, and both in the one request that people make."""
    desks = [Desk(server, user) for user in backlog.reviewers]
    costs: dict[str, list[Cost]] = {"claim": [], "answer": [], "both": []}
    for place in range(amount.rounds + 1):
        backlog.fill(max(amount.lengths))
        claims = _each(desks, Desk.claim, server)
        both = _each(desks, lambda desk: desk.answer(LABELS[0], stay=False), server)
        answers = _each(desks, lambda desk: desk.answer(LABELS[0], stay=True), server)
        if place:
            for name, measured in (("claim", claims), ("answer", answers), ("both", both)):
                costs[name].append(measured)
    for desk in desks:
        desk.close()
    waiting = f"{max(amount.lengths):,} waiting"
    return [
        *cost_rows(
            f"claim the next case, {waiting}: the desk over HTTP, page included",
            costs["claim"],
            bar=3,
            aim=1.5,
        ),
        *cost_rows("submit a review: the desk over HTTP", costs["answer"], bar=5, aim=2.5),
        *cost_rows("submit and get the next case, one request", costs["both"], bar=8, aim=4),
    ]


def _each(desks: Sequence[Desk], act: Callable[[Desk], None], server: Web) -> Cost:
    turns = iter(desks)
    return cost(lambda: act(next(turns)), len(desks), app=server.pid)


def _services_at_once(backlog: Backlog, claims: int) -> list[UUID]:
    """Return the cases handed out to eight people who ask at the same time, by every view in turn."""

    def work(user: User) -> list[UUID]:
        seen = []
        try:
            for n in range(claims // AT_ONCE):
                held = _claim(user, backlog.views[n % len(backlog.views)])
                seen.append(held.case_id)
                _answer(user, held)
        finally:
            connection.close()
        return seen

    return _at_once(work, backlog.reviewers[:AT_ONCE])


def _desks_at_once(server: Web, backlog: Backlog, claims: int) -> list[UUID]:
    """As `_services_at_once`, through the desk: each person in one of its views."""
    views = ["", *(workflow.slug for workflow in backlog.workflows)]
    desks = [Desk(server, user, views[n % len(views)]) for n, user in enumerate(backlog.reviewers[:AT_ONCE])]

    def work(desk: Desk) -> list[UUID]:
        seen = []
        desk.claim()
        for n in range(claims // AT_ONCE):
            seen.append(desk.held[-1][1])
            desk.answer(LABELS[0], stay=n + 1 == claims // AT_ONCE)
        desk.close()
        return seen

    return _at_once(work, desks)


def _at_once(work: Callable[[Any], list[UUID]], people: Sequence[Any]) -> list[UUID]:
    with ThreadPoolExecutor(len(people)) as pool:
        return [case for seen in pool.map(work, people) for case in seen]


def _doubled(door: str, cases: Sequence[UUID]) -> Row:
    doubled = sum(count - 1 for count in Counter(cases).values())
    name = f"{len(cases):,} claims by {AT_ONCE} reviewers at once, every view: handed out twice ({door})"
    return Row(name, "cases", doubled, bar=0)
