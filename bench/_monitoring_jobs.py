"""A workflow whose days pass through the service's own jobs in fake time: intake, people, counts, checks.

Nothing is replaced but the clock and the people: cases are submitted, scored by a model that was trained
here, decided, audited and answered; then the jobs run that count, check, examine and watch.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from bench._monitoring_year import ACTOR, DAY, FIRST
from cases.models import Workflow
from cases.services.imports import import_labelled
from cases.services.labelled import Labelled
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.simulate.fake_time import FakeTime, using
from hitl.simulate.people import Reviewers, make_operator
from models_store.selectors import champion
from models_store.services.runs import request_training
from models_store.services.schedule import change_training_settings
from models_store.types import Trigger
from monitoring.counts.fold import fold_counts
from monitoring.counts.hours import count_people
from monitoring.drift.check import check
from monitoring.examined.run import examine
from monitoring.models import Alarm
from monitoring.tallies.fold import fold_decisions
from monitoring.types import CountFamily, Examined, MetricKey
from monitoring.watch.run import watch
from policy.services.promises import Promise
from policy.types import Degree

HISTORY, TARGET, A_DAY, LEARNED = 30, 0.1, 160, 800
NUMBERS = [f"amount {i}" for i in range(5)]
FIELDS = [
    *({"name": name, "kind": "number", "required": False} for name in NUMBERS),
    {"name": "branch", "kind": "category", "required": False},
    {"name": "member", "kind": "boolean", "required": False},
]
LABELS = [{"name": name, "hotkey": key} for name, key in (("pay", "1"), ("refuse", "2"))]
WEIGHTS = np.array([1.6, -1.2, 0.8, 0.0, 0.0])
BRANCHES = ("north", "south", "east", "west")
NOISE = 0.35  # of what decides, in its own deviations: the best model errs in about one case of ten


@dataclass(frozen=True, slots=True)
class Change:
    """What is put into a day.

    Attributes:
        refused: share of cases that are drawn to be refused, whatever came in otherwise; 0: as they come.
        turned: whether another amount decides, of cases that look as ever.
        shift: of the first amount, in deviations.
    """

    refused: float = 0.0
    turned: bool = False
    shift: float = 0.0


class JobsWorld:
    """One workflow, its model and its people."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.seed = seed
        self.truth: dict[UUID, tuple[int, str]] = {}
        self.time = FakeTime(FIRST - timedelta(hours=3), seed)

    @contextmanager
    def running(self) -> Iterator["JobsWorld"]:
        """Give the process this world's time; set it up, and let its first model learn."""
        in_force.forget()
        with using(self.time):
            self._set_up()
            yield self

    def _set_up(self) -> None:
        operator = make_operator()
        self.people = Reviewers(2, error=0.02, labels=["pay", "refuse"], truth=self.truth, seed=self.seed)
        now = self.time.now()
        self.workflow: Workflow = set_up_workflow(
            slug=f"jobs-{self.seed}",
            name="Jobs",
            fields=FIELDS,
            labels=LABELS,
            degree=Degree.PARTIAL,
            promise=Promise(target=TARGET),
            actor=ACTOR,
            now=now,
        )
        waits = {"min_new_labels": 1_000_000, "every_hours": 24.0 * 365, "is_automatic": False}
        change_training_settings(workflow_id=self.workflow.pk, actor=operator, now=now, **waits)
        contents, truth = self.cases(LEARNED, Change())
        items = [Labelled(one, label, None) for one, label in zip(contents, truth, strict=True)]
        import_labelled(
            workflow_id=self.workflow.pk, items=items, actor=ACTOR, now=self.time.move_by(1), attest=True
        )
        request_training(
            workflow_id=self.workflow.pk, trigger=Trigger.HAND, actor=operator, now=self.time.move_by(1)
        )
        self.time.work()
        if champion(self.workflow.pk) is None:
            raise RuntimeError("no model was made")

    def cases(self, n: int, change: Change) -> tuple[list[dict[str, Any]], list[str]]:
        """Contents and true labels."""
        rng = self.rng
        pool = n if not change.refused else 6 * n
        values = rng.normal(size=(pool, len(NUMBERS)))
        values[:, 0] += change.shift
        branch = rng.choice(BRANCHES, pool, p=(0.4, 0.3, 0.2, 0.1))
        member = rng.random(pool) < 0.4
        weights = np.roll(WEIGHTS, 2) if change.turned else WEIGHTS
        decides = values @ weights + 0.8 * member - 0.5 * (branch == "west")
        refused = decides + NOISE * rng.normal(size=pool) * np.abs(WEIGHTS).sum() / 2 < 0.2
        places = np.arange(pool)
        if change.refused:
            n_refused = int(rng.binomial(n, change.refused))
            places = np.concatenate(
                [np.flatnonzero(refused)[:n_refused], np.flatnonzero(~refused)[: n - n_refused]]
            )
        contents = [
            {
                **{name: round(float(v), 3) for name, v in zip(NUMBERS, values[place], strict=True)},
                "branch": str(branch[place]),
                "member": bool(member[place]),
            }
            for place in rng.permutation(places)
        ]
        order = {tuple(values[place].round(3).tolist()): bool(refused[place]) for place in places}
        labels = ["refuse" if order[tuple(one[name] for name in NUMBERS)] else "pay" for one in contents]
        return contents, labels

    def day(self, day: int, change: Change = Change(), *, is_checked: bool = True) -> None:
        """Let a day pass: cases, answers, and the jobs that beat rings for."""
        contents, truth = self.cases(A_DAY if day % 7 < 5 else A_DAY // 2, change)
        now = self.time.move_to(FIRST + day * DAY + timedelta(hours=12))
        items = [Submission(one) for one in contents]
        results = submit_cases(Intake(self.workflow.slug, items, None, now, is_batch=True))
        for result, label in zip(results, truth, strict=True):
            if result.case is not None:
                self.truth[UUID(result.case["id"])] = (len(self.truth), label)
        self.people.answer_all(self.workflow.pk, self.time)
        now = self.time.move_by(settings.UNDO_SECONDS + 300)
        fold_decisions(workflow_id=self.workflow.pk, now=now)
        watch(self.workflow.pk, now=now)
        now = self.time.move_to(FIRST + (day + 1) * DAY + timedelta(minutes=20))
        fold_counts(self.workflow.pk, now=now)
        count_people(self.workflow.pk, now=now, hours=24)
        if is_checked:
            check(self.workflow.pk, now=now)
            examine(self.workflow.pk, now=now)

    def raised(self) -> list[tuple[MetricKey, int]]:
        """Return all alarms there were: metric, and days since the first."""
        rows = Alarm.objects.filter(workflow=self.workflow).order_by("raised_at")
        return [
            (MetricKey(row.family, row.field, row.measure), (row.raised_at - FIRST) // DAY) for row in rows
        ]


@dataclass(frozen=True, slots=True)
class JobsFault:
    """A fault of what is right or of what is said, the metrics that may say so, and within how many days."""

    name: str
    keys: tuple[MetricKey, ...]
    within: int
    change: Callable[[int], Change] = field(default=lambda _: Change())


_LABEL = MetricKey(CountFamily.OUTPUT.value, "", "label")
_GAP = MetricKey(CountFamily.OUTPUT.value, "", Examined.GAP.value)
_BLIND = MetricKey(CountFamily.PEOPLE.value, "", "blind")
_AMOUNT = MetricKey(CountFamily.INPUT.value, NUMBERS[0], "value")
JOB_FAULTS = (
    JobsFault("the label mix turns: 75 % refused", (_LABEL,), 3, lambda _: Change(refused=0.75)),
    JobsFault("concept drift, inputs as ever", (_GAP, _BLIND), 7, lambda _: Change(turned=True)),
    JobsFault(
        "concept drift, and an amount moves",
        (_AMOUNT, _GAP, _BLIND),
        3,
        lambda _: Change(turned=True, shift=1.0),
    ),
)
