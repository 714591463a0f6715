"""Faults that are played, to see whether alarms rise: calm weeks, days with the fault, days without.

Everything but the cases and the clock is the service's own: intake, counting, the check, the alarm and
the events for a subscriber. The database must be empty, and is thrown away.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from cases.models import Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.models import Delivery
from hitl.shared.actor import system
from hitl.simulate.fake_time import FakeTime, using
from monitoring.alarms.selectors import alarms_of, key_of
from monitoring.counts.run import count_all
from monitoring.drift.metrics import words_of
from monitoring.drift.run import check_all
from monitoring.models import Alarm
from policy.types import Degree

ACTOR = system("simulation")
SLUG = "drill"
CALM_DAYS, MAX_ODD, MAX_AFTER = 21, 4, 10
A_DAY = 150
_BEGINS = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
_DAY = timedelta(days=1)
_WORDS = "the order came late and box was open please send money back soon thank you for help"
_OTHERS = "le colis est arrivé ouvert merci de rembourser la somme très vite encore bonjour"
FIELDS = [
    {"name": "amount", "kind": "number", "required": False},
    {"name": "channel", "kind": "category"},
    {"name": "message", "kind": "text"},
]
LABELS = [{"name": "accept"}, {"name": "reject"}]

Content = dict[str, Any]
Fault = Callable[[list[Content], np.random.Generator], list[Content]]


def _numbers_move(contents: list[Content], rng: np.random.Generator) -> list[Content]:
    return [{**one, "amount": one["amount"] * 2} for one in contents]


def _new_category(contents: list[Content], rng: np.random.Generator) -> list[Content]:
    return [{**one, "channel": "chat"} if rng.random() < 0.3 else one for one in contents]


def _field_missing(contents: list[Content], rng: np.random.Generator) -> list[Content]:
    return [
        {name: value for name, value in one.items() if name != "amount"} if rng.random() < 0.5 else one
        for one in contents
    ]


def _other_texts(contents: list[Content], rng: np.random.Generator) -> list[Content]:
    return [{**one, "message": _text(rng, _OTHERS)} if rng.random() < 0.5 else one for one in contents]


def _sent_again(contents: list[Content], rng: np.random.Generator) -> list[Content]:
    kept = contents[: round(0.6 * len(contents))]
    return [*kept, *(kept[i] for i in rng.integers(0, len(kept), len(contents) - len(kept)))]


FAULTS: dict[str, Fault] = {
    "numbers_move": _numbers_move,
    "new_category": _new_category,
    "field_missing": _field_missing,
    "other_texts": _other_texts,
    "sent_again": _sent_again,
}


def play_fault(fault: str, *, seed: int = 0) -> dict[str, Any]:
    """Play a fault in the connected database, which must be empty; return what was seen.

    `raised`, `told` (an event waits for the subscriber) and `cleared` make a drill that passes; `early` is
    how many alarms rose in the calm weeks before.
    """
    began, fake_time = time.monotonic(), FakeTime(_BEGINS, seed)
    in_force.forget()
    with using(fake_time):
        drill = _Drill(fake_time, np.random.default_rng([seed, sorted(FAULTS).index(fault)]))
        outcome = drill.play(FAULTS[fault])
    return {**outcome, "cases": drill.n_cases, "seconds": round(time.monotonic() - began, 1)}


class _Drill:
    """One drill under way."""

    def __init__(self, fake_time: FakeTime, rng: np.random.Generator) -> None:
        self.fake_time, self.rng, self.n_cases, self.day = fake_time, rng, 0, 0
        operator = User.objects.create_user(username="operator", roles=[Role.ADMINISTRATOR])
        now = fake_time.move_by(1)
        self.workflow: Workflow = set_up_workflow(
            slug=SLUG,
            name="Drill",
            fields=FIELDS,
            labels=LABELS,
            degree=Degree.HUMAN_ONLY,
            actor=ACTOR,
            now=now,
        )
        subscribe(
            name="whoever is told",
            url="https://drill.example/hooks",
            kinds=["alarm.raised", "alarm.cleared"],
            workflow_id=None,
            actor=operator.as_actor(),
            now=now,
        )

    def play(self, fault: Fault) -> dict[str, Any]:
        for _ in range(CALM_DAYS):
            self._live(lambda contents, _: contents)
        early = alarms_of([self.workflow.pk]).count()
        before = set(alarms_of([self.workflow.pk]).values_list("pk", flat=True))
        alarm: Alarm | None = None
        days = 0
        while alarm is None and days < MAX_ODD:
            self._live(fault)
            days += 1
            alarm = alarms_of([self.workflow.pk]).exclude(pk__in=before).first()
        if alarm is None:
            return {"raised": False, "told": False, "cleared": False, "days": days, "early": early}
        told = Delivery.objects.filter(event__kind="alarm.raised", event__subject_id=alarm.pk).exists()
        seen = {"metric": words_of(key_of(alarm)), "value": alarm.value, "threshold": alarm.threshold}
        after = 0
        while alarm.cleared_at is None and after < MAX_AFTER:
            self._live(lambda contents, _: contents)
            after += 1
            alarm.refresh_from_db()
        return {
            "raised": True,
            "told": told,
            "cleared": alarm.cleared_at is not None,
            "days": days,
            "days_after": after,
            "early": early,
            **seen,
        }

    def _live(self, fault: Fault) -> None:
        """Let a day pass: its cases come in at noon, and it is checked after midnight."""
        contents = fault([_content(self.rng) for _ in range(A_DAY)], self.rng)
        now = self.fake_time.move_to(_BEGINS + self.day * _DAY + timedelta(hours=12))
        items = [Submission(content) for content in contents]
        taken_in = submit_cases(Intake(slug=SLUG, items=items, key=None, now=now, is_batch=True))
        if refused := [one for one in taken_in if one.status >= 400]:
            raise RuntimeError(f"{len(refused)} cases of the drill were refused: {refused[0]}")
        self.n_cases += len(items)
        self.day += 1
        now = self.fake_time.move_to(_BEGINS + self.day * _DAY + timedelta(minutes=30))
        count_all(now=now)
        check_all(now=now)


def _content(rng: np.random.Generator) -> Content:
    return {
        "amount": float(round(rng.lognormal(4, 0.6), 2)),
        "channel": str(rng.choice(["web", "mail", "phone"], p=(0.6, 0.3, 0.1))),
        "message": _text(rng, _WORDS),
    }


def _text(rng: np.random.Generator, words: str) -> str:
    return " ".join(rng.choice(words.split(), rng.integers(6, 18)))
