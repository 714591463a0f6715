"""A case claimed and answered, at short and long queues, by one and by eight reviewers at once.

The service's own functions are measured in this process, the desk's doors through Granian with two workers.
Claims and answers take turns: a round claims for every reviewer, then answers everything claimed, and then
has its floors: one prepared claim and one prepared INSERT on plain tables, and a bare view.
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
from bench._statements import claim as plain_claim
from bench._statements import cost_of_insert, statements
from bench._view import View, bare_view
from hitl.accounts.models import User
from hitl.bench.rows import Row, from_runs, ratio
from hitl.bench.stage import Web, web
from hitl.flow.settling.answer import submit_review
from hitl.shared import clock
from reviews.selectors import LeasedTask
from reviews.services.answers import Answer
from reviews.services.queue import claim_next
from reviews.types import MAX_LEASES

REVIEWERS = 50
AT_ONCE = 8
BODIES = [b'{"label": "paid"}']
# Times the floors: the ms behind each, over what the floors cost on the machine that these were set on
# (bench/README.md).
CLAIM = {"bar": 23.0, "aim": 11.5}  # 3 and 1.5 ms
ANSWER = {"bar": 38.0, "aim": 19.0}  # 5 and 2.5
DESK_CLAIM = {"bar": 12.5, "aim": 6.2}  # 3 and 1.5
DESK_ANSWER = {"bar": 20.8, "aim": 10.4}  # 5 and 2.5
DESK_BOTH = {"bar": 21.6, "aim": 10.8}  # 8 and 4
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
    floor: int  # of each floor, in every round


QUICK = Amount(lengths=(1_000, 100_000), rounds=3, claims_at_once=400, floor=1_000)
FULL = Amount(lengths=(1_000, 100_000, 1_000_000), rounds=7, claims_at_once=2_000, floor=2_000)


@dataclass(slots=True)
class Rounds:
    """What the rounds at one length of the queue gave."""

    claims: list[Cost] = field(default_factory=list)
    answers: list[Cost] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)  # ms on the clock of a claim, one per round
    floors: "Floors" = field(default_factory=lambda: Floors())


@dataclass(slots=True)
class Floors:
    """What the least cost in each round, in ms: CPU, and on the clock the median of a claim."""

    claim: list[float] = field(default_factory=list)
    insert: list[float] = field(default_factory=list)
    view: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)

    def measure(self, times: int, view: View | None = None) -> None:
        """Add a round."""
        walls: list[float] = []
        self.claim.append(cost(lambda: walls.append(_clocked(plain_claim)), times).cpu)
        self.insert.append(cost_of_insert(times).cpu)
        self.p50.append(median(walls))
        if view:
            self.view.append(view.cost(BODIES * times).app)

    def sums(self, *parts: list[float]) -> list[float]:
        """Return the sum of some floors, by round."""
        return [sum(one) for one in zip(*parts, strict=True)]


def run(quick: bool) -> Sequence[Row]:
    """Measure and return the rows."""
    amount = QUICK if quick else FULL
    backlog = Backlog(REVIEWERS)
    with statements():
        at = {length: _service_rounds(backlog, length, amount) for length in amount.lengths}
        rows = [row for length in at for row in _claim_rows(length, at[length])]
        rows += _p50_rows(at)
        rows += _answer_rows(at)
        with web() as server, bare_view() as view:
            rows += _door_rows(server, view, backlog, amount)
            rows.append(_doubled("desk", _desks_at_once(server, backlog, amount.claims_at_once)))
    rows.append(_doubled("service", _services_at_once(backlog, amount.claims_at_once)))
    return [*rows, Row("peer: Label Studio", "", None, note=LABEL_STUDIO)]


def _service_rounds(backlog: Backlog, length: int, amount: Amount) -> Rounds:
    found = Rounds()
    for place in range(amount.rounds + 1):
        backlog.fill(length)
        leased: list[tuple[User, LeasedTask]] = []
        walls: list[float] = []
        people = iter([user for user in backlog.reviewers for _ in range(MAX_LEASES)])

        def claim(leased=leased, walls=walls, people=people) -> None:  # type: ignore[no-untyped-def]
            user = next(people)
            walls.append(_clocked(lambda: leased.append((user, _claim(user, None)))))

        def answer(leased=leased) -> None:  # type: ignore[no-untyped-def]
            _answer(*leased.pop())

        claims = cost(claim, len(backlog.reviewers) * MAX_LEASES)
        answers = cost(answer, len(leased))
        if place:  # the first round warms what is cached
            found.claims.append(claims)
            found.answers.append(answers)
            found.p50.append(median(walls))
            found.floors.measure(amount.floor)
    return found


def _clocked(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def _claim(user: User, view: list[UUID] | None) -> LeasedTask:
    leased = claim_next(actor=user.as_actor(), workflow_ids=view, now=clock.now())
    if leased is None:
        raise RuntimeError("the queue is empty")
    return leased


def _answer(user: User, leased: LeasedTask) -> None:
    submit_review(
        lease_token=leased.lease_token,
        answer=Answer(LABELS[0], seconds=4),
        actor=user.as_actor(),
        now=clock.now(),
    )


def _claim_rows(length: int, rounds: Rounds) -> list[Row]:
    name = f"claim the next case, {length:,} waiting: the service"
    spent = [claim.cpu for claim in rounds.claims]
    return [
        ratio(f"{name}, over a plain claim", spent, rounds.floors.claim, **CLAIM),
        *cost_rows(f"  {name}", rounds.claims),
        from_runs("  floor: one UPDATE of a row by SKIP LOCKED", "ms CPU", rounds.floors.claim),
    ]


def _answer_rows(at: dict[int, Rounds]) -> list[Row]:
    answers = [answer for rounds in at.values() for answer in rounds.answers]
    inserts = [insert for rounds in at.values() for insert in rounds.floors.insert]
    name = "submit a review: the service"
    return [
        ratio(f"{name}, over one INSERT", [answer.cpu for answer in answers], inserts, **ANSWER),
        *cost_rows(f"  {name}", answers),
        from_runs("  floor: one INSERT", "ms CPU", inserts),
    ]


def _p50_rows(at: dict[int, Rounds]) -> list[Row]:
    """That claiming stays level: the lengths come one after another, so each has a plain claim beside it."""
    shortest, longest = min(at), max(at)
    rows = [from_runs(f"claim, {length:,} waiting: p50 on the clock", "ms", at[length].p50) for length in at]
    over = {length: ratio("", at[length].p50, at[length].floors.p50).measured or 0.0 for length in at}
    name = f"p50 with {longest:,} waiting over p50 with {shortest:,}, each over a plain claim"
    return [*rows, Row(name, "x", over[longest] / over[shortest], bar=1.3)]


def _door_rows(server: Web, view: View, backlog: Backlog, amount: Amount) -> list[Row]:
    """The same through the desk: claim alone, answer alone, and both in the one request that people make."""
    desks = [Desk(server, user) for user in backlog.reviewers]
    costs: dict[str, list[Cost]] = {"claim": [], "answer": [], "both": []}
    floors = Floors()
    for place in range(amount.rounds + 1):
        backlog.fill(max(amount.lengths))
        claims = _each(desks, Desk.claim, server)
        both = _each(desks, lambda desk: desk.answer(LABELS[0], stay=False), server)
        answers = _each(desks, lambda desk: desk.answer(LABELS[0], stay=True), server)
        if place:
            for name, measured in (("claim", claims), ("answer", answers), ("both", both)):
                costs[name].append(measured)
            floors.measure(amount.floor, view)
    for desk in desks:
        desk.close()
    claim = f"claim the next case, {max(amount.lengths):,} waiting: the desk over HTTP, page included"
    answer = "submit a review: the desk over HTTP"
    both_name = "submit and get the next case, one request"
    with_claim = floors.sums(floors.view, floors.claim)
    with_insert = floors.sums(floors.view, floors.insert)
    rows: list[Row] = []
    for key, name, floor, said, leased in (
        ("claim", claim, with_claim, "a bare view + a plain claim", DESK_CLAIM),
        ("answer", answer, with_insert, "a bare view + INSERT", DESK_ANSWER),
        ("both", both_name, floors.sums(with_claim, floors.insert), "all three", DESK_BOTH),
    ):
        rows.append(ratio(f"{name}, over {said}", [one.cpu for one in costs[key]], floor, **leased))
        rows += cost_rows(f"  {name}", costs[key])
    return [*rows, from_runs("  floor: Granian + Django without middleware", "ms CPU", floors.view)]


def _each(desks: Sequence[Desk], act: Callable[[Desk], None], server: Web) -> Cost:
    turns = iter(desks)
    return cost(lambda: act(next(turns)), len(desks), app=server.pids)


def _services_at_once(backlog: Backlog, claims: int) -> list[UUID]:
    """Return the cases handed out to eight people who ask at the same time, by every view in turn."""

    def work(user: User) -> list[UUID]:
        seen = []
        try:
            for n in range(claims // AT_ONCE):
                leased = _claim(user, backlog.views[n % len(backlog.views)])
                seen.append(leased.case_id)
                _answer(user, leased)
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
            seen.append(desk.leased[-1][1])
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
