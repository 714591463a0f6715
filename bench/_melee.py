"""Many reviewers at once with everything that goes wrong in a day: is any case ever decided twice?

In the middle of it leases are ended under people's hands, pages are left, cases given back and answers sent
again or under a token that is no longer theirs, all through the service's own functions and with a connection
each. What the database holds at the end is compared with what the reviewers were told.
"""

import random
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from django.db import connection

from bench._backlog import LABELS
from hitl.accounts.models import User
from hitl.bench.rows import Row
from hitl.flow.settling.answer import submit_review
from hitl.shared import clock
from reviews.errors import AlreadyAnswered, LeaseExpired
from reviews.models import Task
from reviews.services.answers import Answer
from reviews.services.leases import give_back, reap
from reviews.services.queue import claim_next

SEED = 11
MOMENT = timedelta(seconds=1)
# What may happen to a case in somebody's hands, by its share of the cases.
MISHAPS = {
    "late": 0.10,  # the lease ends and is reaped; then the answer comes
    "race": 0.10,  # the lease is ended and reaped by another connection at the very moment of the answer
    "returned": 0.05,  # given back; then the answer comes
    "left": 0.05,  # nobody ever answers
    "again": 0.10,  # sent twice, as after a lost reply
    "at_once": 0.10,  # sent by two connections at the same moment
}

_DOUBLED = """
SELECT (SELECT coalesce(sum(n - 1), 0) FROM (
            SELECT count(*) AS n FROM policy_decision WHERE reason = 'reviewed' GROUP BY case_id) d),
       (SELECT coalesce(sum(n - 1), 0) FROM (
            SELECT count(*) AS n FROM reviews_review WHERE undone_at IS NULL GROUP BY case_id) r),
       (SELECT coalesce(sum(n - 1), 0) FROM (
            SELECT count(*) AS n FROM cases_label WHERE superseded_at IS NULL GROUP BY case_id) l)
"""


class Melee:
    """The reviewers, what they did, and the moment at which enough is decided."""

    def __init__(self, people: Sequence[User], goal: int) -> None:
        self._people, self._goal = people, goal
        self._lock = threading.Lock()
        self._helpers = ThreadPoolExecutor(len(people))
        self.saved: list[UUID] = []  # the lease of every answer that was said to be saved, once each
        self.happened: Counter[str] = Counter()

    def rows(self) -> list[Row]:
        """Let it happen, and say what came of it."""
        before = _reviews()
        with ThreadPoolExecutor(len(self._people)) as pool:
            list(pool.map(self._work, range(len(self._people))))
        list(self._helpers.map(lambda _: connection.close(), self._people))
        self._helpers.shutdown()
        with connection.cursor() as cursor:
            cursor.execute(_DOUBLED)
            decisions, reviews, labels = cursor.fetchone()
        stored = _reviews() - before
        name = f"{len(self.saved):,} decisions by {len(self._people)} reviewers at once"
        seen = ", ".join(f"{count:,} {what}" for what, count in sorted(self.happened.items()))
        return [
            Row(f"{name}: decided twice", "cases", float(decisions + reviews + labels), bar=0, note=seen),
            Row("  taken under a token that was no longer theirs", "answers", self._count("taken"), bar=0),
            Row("  said to be saved and not there", "answers", float(len(set(self.saved) - stored)), bar=0),
            Row("  there and not said to be saved", "answers", float(len(stored - set(self.saved))), bar=0),
        ]

    def _count(self, what: str) -> float:
        return float(self.happened[what])

    def _work(self, place: int) -> None:
        user, dice = self._people[place], random.Random(SEED + place)
        names, weights = [*MISHAPS, "well"], [*MISHAPS.values(), 1 - sum(MISHAPS.values())]
        try:
            while len(self.saved) < self._goal:
                leased = claim_next(actor=user.as_actor(), workflow_ids=None, now=clock.now())
                if leased is None:
                    raise RuntimeError("the queue is empty")
                mishap = dice.choices(names, weights)[0]
                self._note(mishap)
                getattr(self, f"_{mishap}")(user, leased.lease_token)
        finally:
            connection.close()

    def _well(self, user: User, token: UUID) -> None:
        self._must_be_saved(self._send(user, token))

    def _late(self, user: User, token: UUID) -> None:
        _end(token)
        self._must_be_refused(self._send(user, token))

    def _race(self, user: User, token: UUID) -> None:
        ended = self._helpers.submit(_end, token)
        self._send(user, token)
        ended.result()

    def _returned(self, user: User, token: UUID) -> None:
        give_back(lease_token=token, actor=user.as_actor(), now=clock.now())
        self._must_be_refused(self._send(user, token))

    def _left(self, user: User, token: UUID) -> None:
        _end(token)

    def _again(self, user: User, token: UUID) -> None:
        self._must_be_saved(self._send(user, token))
        self._send(user, token)

    def _at_once(self, user: User, token: UUID) -> None:
        other = self._helpers.submit(self._send, user, token)
        self._must_be_saved(self._send(user, token) or other.result())
        other.result()

    def _send(self, user: User, token: UUID) -> bool:
        """Answer; True when the service says that it is saved, be it by this or an earlier sending."""
        try:
            said = submit_review(
                lease_token=token, answer=Answer(LABELS[0], seconds=4), actor=user.as_actor(), now=clock.now()
            )
        except (LeaseExpired, AlreadyAnswered):
            self._note("refused")
            return False
        with self._lock:
            if said.is_replay:
                self.happened["replayed"] += 1
            else:
                self.saved.append(token)
        return True

    def _must_be_saved(self, is_saved: bool) -> None:
        if not is_saved:
            raise RuntimeError("an answer under a good lease was refused")

    def _must_be_refused(self, is_saved: bool) -> None:
        if is_saved:
            self._note("taken")

    def _note(self, what: str) -> None:
        with self._lock:
            self.happened[what] += 1


def _end(token: UUID) -> None:
    """Let a lease be over, and the reaper come by."""
    now = clock.now()
    Task.objects.filter(lease_token=token).update(lease_until=now - MOMENT)
    reap(now=now)


def _reviews() -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lease_token FROM reviews_review WHERE undone_at IS NULL")
        return {row[0] for row in cursor.fetchall()}
