"""Play one fault from the first calm day to the day on which its alarm clears."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from cases.models import Case, Workflow
from cases.services.imports import Labelled, import_labelled
from cases.services.kept_files import store_file
from cases.services.row_names import RowNames
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.answer import answer_batch, offered
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.models import Delivery
from hitl.shared.actor import Actor, system
from hitl.simulate.drills.faults import FAULTS, Change, People
from hitl.simulate.drills.settings import LABELS, Content, label_of
from hitl.simulate.fake_time import FakeTime, using
from models_store.selectors import champion
from models_store.services.runs import request_training
from models_store.types import Trigger
from monitoring.alarms.selectors import alarms_of, key_of
from monitoring.counts.run import count_all
from monitoring.drift.metrics import words_of
from monitoring.drift.run import check_all
from monitoring.models import Alarm
from monitoring.risks.register import risk_of_drill
from policy.types import Degree
from reviews.models import Task
from reviews.services.answers import Answer

ACTOR = system("simulation")
SLUG = "drill"
CALM_DAYS, MAX_ODD, MAX_AFTER = 21, 4, 10
LEARNED = 400
_BEGINS = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
_DAY = timedelta(days=1)


def play_fault(fault: str, *, seed: int = 0) -> dict[str, Any]:
    """Play a fault in the connected database, which must be empty; return what was seen.

    `raised`, `told` (an event waits for the subscriber) and `cleared` make a drill that passes; `early` is
    how many alarms rose in the calm weeks before.
    """
    began = time.monotonic()
    with a_drill(fault, seed=seed) as drill:
        outcome = drill.play()
    return {**outcome, "cases": drill.n_cases, "seconds": round(time.monotonic() - began, 1)}


@contextmanager
def a_drill(fault: str, *, seed: int = 0) -> Iterator["DrillRun"]:
    """Set a drill up; inside the block the whole process lives in its time."""
    fake_time = FakeTime(_BEGINS, seed)
    in_force.forget()
    with using(fake_time):
        yield DrillRun(fault, fake_time, np.random.default_rng([seed, list(FAULTS).index(fault)]))


class DrillRun:
    """One drill under way, in the connected database and in the fake time."""

    def __init__(self, name: str, fake_time: FakeTime, rng: np.random.Generator) -> None:
        self.name, self.fault = name, FAULTS[name]
        self.fake_time, self.rng = fake_time, rng
        self.n_cases = self.day = self.odd_days = 0
        self.before: set[UUID] = set()
        fault = self.fault
        operator = User.objects.create_user(username="operator", roles=[Role.ADMINISTRATOR, Role.OPERATOR])
        reviewer = User.objects.create_user(username="reviewer", roles=[Role.REVIEWER])
        self.operator, self.reviewer = operator.as_actor(), reviewer.as_actor()
        now = fake_time.move_by(1)
        self.workflow: Workflow = set_up_workflow(
            slug=SLUG,
            name="Drill",
            fields=fault.setting.fields,
            labels=LABELS,
            degree=Degree.ASSIST if fault.setting.has_people else Degree.HUMAN_ONLY,
            actor=ACTOR,
            now=now,
        )
        if fault.setting.has_people:
            self._learn()
        subscribe(
            name="whoever is told",
            url="https://drill.example/hooks",
            kinds=["alarm.raised", "alarm.cleared"],
            workflow_id=None,
            actor=self.operator,
            now=now,
        )

    def play(self) -> dict[str, Any]:
        """Play it from beginning to end; return what was seen."""
        self.live_calmly()
        early = len(self.before)
        alarm = self.strike()
        if alarm is None:
            return {"raised": False, "told": False, "cleared": False, "days": self.odd_days, "early": early}
        told = Delivery.objects.filter(event__kind="alarm.raised", event__subject_id=alarm.pk).exists()
        seen = {"metric": words_of(key_of(alarm)), "value": alarm.value, "threshold": alarm.threshold}
        after = self._recover(alarm)
        return {
            "raised": True,
            "told": told,
            "cleared": alarm.cleared_at is not None,
            "days": self.odd_days,
            "days_after": after,
            "early": early,
            **seen,
        }

    def live_calmly(self) -> None:
        """Let the calm weeks pass."""
        for _ in range(CALM_DAYS):
            self._live(None, People())
        self.before = set(alarms_of([self.workflow.pk]).values_list("pk", flat=True))

    def strike(self) -> Alarm | None:
        """Let the fault last until the alarm that its risk names rises, or for `MAX_ODD` days; return it."""
        alarm = None
        while alarm is None and self.odd_days < MAX_ODD:
            self.odd_days += 1
            self._live(self.fault.change, self.fault.people, self.odd_days)
            alarm = self._alarm()
        return alarm

    def _recover(self, alarm: Alarm) -> int:
        """Live on without the fault until the alarm clears; return how many days that took."""
        after = 0
        while alarm.cleared_at is None and after < MAX_AFTER:
            self._live(None, People())
            after += 1
            alarm.refresh_from_db()
        return after

    def _alarm(self) -> Alarm | None:
        risk = risk_of_drill(self.name)
        expected = risk.measures if risk else ()
        raised = alarms_of([self.workflow.pk]).exclude(pk__in=self.before)
        return next((one for one in raised if key_of(one).measure in expected), None)

    def _learn(self) -> None:
        """Let a model learn from a history that people have labelled."""
        items = []
        for content in (self.fault.setting.draw(self.rng) for _ in range(LEARNED)):
            items.append(Labelled(content, label_of(content, self.rng)))
        now = self.fake_time.move_by(1)
        import_labelled(
            workflow_id=self.workflow.pk, items=items, actor=ACTOR, now=now, attest=False, names=RowNames()
        )
        now = self.fake_time.move_by(1)
        request_training(workflow_id=self.workflow.pk, trigger=Trigger.HAND, actor=self.operator, now=now)
        self.fake_time.work()
        if champion(self.workflow.pk) is None:
            raise RuntimeError("no model has learnt from the history of the drill")

    def _live(self, change: Change | None, people: People, days: int = 0) -> None:
        """Let a day pass: its cases come in at noon, people answer, and it is checked after midnight."""
        contents = [self.fault.setting.draw(self.rng) for _ in range(self.fault.setting.a_day)]
        contents = change(contents, self.rng, days) if change else contents
        now = self.fake_time.move_to(_BEGINS + self.day * _DAY + timedelta(hours=12))
        items = [Submission(self._stored(content, now)) for content in contents]
        taken_in = submit_cases(Intake(slug=SLUG, items=items, key=None, now=now, is_batch=True))
        if refused := [one for one in taken_in if one.status >= 400]:
            raise RuntimeError(f"{len(refused)} cases of the drill were refused: {refused[0]}")
        self.n_cases += len(items)
        self.day += 1
        if self.fault.setting.has_people:
            self._answer(people)
        now = self.fake_time.move_to(_BEGINS + self.day * _DAY + timedelta(minutes=30))
        count_all(now=now)
        check_all(now=now)

    def _stored(self, content: Content, now: datetime) -> Content:
        """Return the content with its files stored, as a client uploads them before."""
        return {
            name: {"asset": store_file(value, workflow_id=self.workflow.pk, now=now).sha256}
            if isinstance(value, bytes)
            else value
            for name, value in content.items()
        }

    def _answer(self, people: People) -> None:
        """Answer what has waited long enough."""
        since = self.fake_time.now()
        arrived = Task.objects.filter(workflow=self.workflow, closed_at=None)
        ready = set(
            arrived.filter(
                created_at__lte=since + timedelta(hours=1) - timedelta(hours=people.hours)
            ).values_list("pk", flat=True)
        )
        now = self.fake_time.move_to(since + timedelta(hours=1))
        tasks = [task for task in self._offered(self.reviewer, now) if task.pk in ready]
        contents = dict(Case.objects.filter(tasks__in=tasks).values_list("pk", "content"))
        given = {task.pk: Answer(self._say(task, contents, people), seconds=people.seconds) for task in tasks}
        if given:
            answer_batch(by_task=given, actor=self.reviewer, since=since, now=now)
            count_all(now=self.fake_time.move_by(60))  # answers are counted within two hours, or not at all

    def _offered(self, actor: Actor, now: datetime) -> list[Task]:
        return offered(actor=actor, workflow_ids=[self.workflow.pk], now=now, most=10_000)

    def _say(self, task: Task, contents: dict[UUID, Content], people: People) -> str:
        if people.repeat and task.suggestion:
            return str(task.suggestion)
        return label_of(contents[task.case_id], self.rng)
