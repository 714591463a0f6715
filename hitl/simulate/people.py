"""Simulated people: reviewers who answer what waits, each wrong with a given chance, and an operator."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.settling.answer import answer_batch, offered
from hitl.shared.actor import Actor
from reviews.models import Task
from reviews.services.answers import Answer
from reviews.types import TaskStatus

SECONDS_EACH = 20.0  # active seconds an answer takes
_ROUNDS = 20


def make_operator() -> Actor:
    """Return the person who answers for the promise."""
    roles = [Role.OPERATOR, Role.LEAD]
    user, _ = User.objects.get_or_create(username="operator", defaults={"roles": roles})
    return user.as_actor()


class Time(Protocol):
    """A clock that moves when it is told."""

    def now(self) -> datetime:
        """The time."""
        ...

    def move_to(self, moment: datetime) -> datetime:
        """Go on to a moment."""
        ...

    def move_by(self, seconds: float) -> datetime:
        """Go on by some seconds."""
        ...


class Reviewers:
    """People who answer everything that waits, in the queue's order, sharing it equally.

    What they say of a case depends on seed, case and person alone, so that two replays that ask other
    questions hear the same answers. `truth` holds number and true label of each case.
    """

    def __init__(
        self,
        count: int,
        *,
        error: float,
        labels: Sequence[str],
        truth: Mapping[UUID, tuple[int, str]],
        seed: int,
    ) -> None:
        roles = [Role.REVIEWER, Role.ADJUDICATOR]
        self._people = [
            User.objects.get_or_create(username=f"reviewer{n}", defaults={"roles": roles})[0].as_actor()
            for n in range(1, count + 1)
        ]
        self._error, self._labels, self._truth, self._seed = error, labels, truth, seed
        self.answers = 0

    def answer_all(self, workflow_id: UUID, fake_time: Time) -> int:
        """Answer until nothing waits that anybody here may answer; return how many answers that took."""
        before = self.answers
        for _ in range(_ROUNDS):
            waiting = Task.objects.filter(workflow_id=workflow_id, status=TaskStatus.WAITING).count()
            if not waiting or not self._round(workflow_id, waiting, fake_time):
                break
        return self.answers - before

    def _round(self, workflow_id: UUID, waiting: int, fake_time: Time) -> int:
        """Let each take a share of what waits; the next one begins next time."""
        share = -(-waiting // len(self._people))
        done = 0
        since = fake_time.now()
        now = fake_time.move_by(SECONDS_EACH)
        for actor in self._people:
            tasks = offered(actor=actor, workflow_ids=[workflow_id], now=now, most=share)
            if not tasks:
                continue
            given = {task.pk: Answer(self._say(task, actor), seconds=SECONDS_EACH) for task in tasks}
            done += len(answer_batch(by_task=given, actor=actor, since=since, now=now).labels)
            now = fake_time.move_to(now + timedelta(milliseconds=1))
        self._people.append(self._people.pop(0))
        self.answers += done
        return done

    def _say(self, task: Task, actor: Actor) -> str:
        place, truth = self._truth[task.case_id]
        if not self._error:
            return truth
        dice = random.Random(f"{self._seed}/{place}/{actor.name}")  # noqa: S311 - nobody is to be kept out
        if dice.random() >= self._error:
            return truth
        return dice.choice([label for label in self._labels if label != truth])
