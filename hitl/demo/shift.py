"""The demo's colleagues: scripted people who answer at the desk, at a human pace, now and then wrong.

They know the truth of the streamed mails and credit applications by their references and err at set rates,
so that the lead's pages have a team to show. They keep up with what comes in, and stop while few cases wait,
none of them for long: these are for whoever tries the service.
"""

import random
import re
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from threading import Thread

from django.db import close_old_connections, transaction

from cases.models import Case, Workflow
from cases.types import CaseStatus, Origin
from hitl.accounts.models import User
from hitl.demo.people import ACTOR
from hitl.demo.reviewer import Reviewer, leased
from hitl.demo.worlds import Credit, SpamMail, World
from hitl.flow.settling.known_answers import mark_known_answer
from hitl.shared import clock
from hitl.shared.errors import HitlError
from reviews.models import KnownAnswerCase, Task
from reviews.services.rules import change_rules
from reviews.types import TaskStatus

KEEP_WAITING = 15
LONG = timedelta(minutes=1)  # for a case to wait: audits that nobody answers hold up what is known of a model
KNOWN_ANSWERS = 30
PAUSE_SECONDS = 5.0
_SUGGESTED = re.compile(r'is-suggested"[^>]*?value="([^"]*)"')

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody answers: how often wrong, how often in a hurry, how often as the model suggests."""

    username: str
    error: float
    hurry: float = 0.0
    follows: float = 0.0
    seconds: float = 6.0


COLLEAGUES = (
    Habits("sam", error=0.03),
    Habits("tess", error=0.1, hurry=0.35, follows=0.8, seconds=5.0),
    Habits("vera", error=0.05, seconds=7.0),
    Habits("uma", error=0.02, seconds=8.0),
)


def answer_of(
    habits: Habits, truth: str, labels: list[str], suggested: str | None, dice: random.Random
) -> str:
    """Return what somebody with these habits says to a case."""
    if suggested is not None and dice.random() < habits.follows:
        return suggested
    if dice.random() < habits.error:
        return dice.choice([label for label in labels if label != truth] or labels)
    return truth


def seconds_of(habits: Habits, dice: random.Random) -> float:
    """Return how long they take over it."""
    if dice.random() < habits.hurry:
        return dice.uniform(0.3, 0.7)
    return dice.lognormvariate(0.0, 0.35) * habits.seconds


@dataclass
class Truths:
    """The truth of the cases of some worlds, by reference; a world is read once, when first asked for."""

    worlds: tuple[World, ...] = (SpamMail(), Credit())
    _known: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, case_id: str) -> tuple[str, list[str]] | None:
        """Return a case's truth and the labels it may get; None where nobody knows."""
        case = Case.objects.select_related("workflow").filter(pk=case_id).first()
        world = next((w for w in self.worlds if case and w.slug == case.workflow.slug), None)
        if case is None or world is None:
            return None
        if world.slug not in self._known:
            self._known[world.slug] = {e.reference: e.truth for e in islice(world.arrivals(), 4_000)}
            self._known[world.slug] |= {e.reference: e.truth for e in world.history()}
        name = (case.reference or "").split("/")[0]
        truth = self._known[world.slug].get(name) or case.answer
        return (truth, [str(label["name"]) for label in world.labels]) if truth else None


@transaction.atomic
def set_up(say: Say) -> None:
    """Have credit applications answered twice, and some of their history asked again as known answers."""
    workflow = Workflow.objects.get(slug=Credit.slug)
    lead = User.objects.get(username="olga").as_actor()
    if KnownAnswerCase.objects.filter(workflow=workflow).exists():
        return
    history = Case.objects.filter(workflow=workflow, origin=Origin.IMPORT, status=CaseStatus.DECIDED)
    for case_id, answer in history.values_list("pk", "answer")[:KNOWN_ANSWERS]:
        why = "From the history: it is known whether the credit was paid back."
        mark_known_answer(case_id=case_id, truth=str(answer), reason=why, actor=lead, now=clock.now())
    rules = {"reviews_required": 2, "known_answer_rate": 0.15}
    change_rules(workflow_id=workflow.pk, values=rules, actor=ACTOR, now=clock.now())
    say(f"{workflow.name}: two answers a case, {KNOWN_ANSWERS} known answers among them")


@dataclass
class Colleague:
    """One scripted person at the desk."""

    habits: Habits
    reviewer: Reviewer
    truths: Truths
    dice: random.Random
    speed: float = 1.0

    def take_one(self, workflow: str) -> bool:
        """Answer one case of the workflow; False when there is none for this person."""
        stage = self.reviewer.begin(workflow)
        found = leased(stage)
        if found is None:
            return False
        lease, case = found
        known = self.truths.of(case)
        if known is None:
            return False
        suggested = _SUGGESTED.search(stage)
        taken = seconds_of(self.habits, self.dice)
        time.sleep(taken / self.speed)
        label = answer_of(self.habits, known[0], known[1], suggested[1] if suggested else None, self.dice)
        self.reviewer.answer(
            lease,
            label,
            workflow=workflow,
            seconds=f"{taken:.2f}",
            stay="1",
            suggestion_seen="yes" if suggested else "",
        )
        return True


def work(address: str, password: str, say: Say, *, speed: float = 1.0) -> None:
    """Let every colleague answer, each in a thread, until the program ends."""
    truths = Truths()
    threads = [
        Thread(target=_shift, args=(habits, address, password, truths, say, speed), daemon=True)
        for habits in COLLEAGUES
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _shift(habits: Habits, address: str, password: str, truths: Truths, say: Say, speed: float) -> None:
    dice = random.Random()  # noqa: S311 - how somebody errs is no secret
    colleague: Colleague | None = None
    while True:
        did = False
        try:
            if colleague is None:
                reviewer = Reviewer(address, habits.username, password, lambda _: "")
                colleague = Colleague(habits, reviewer, truths, dice, speed)
            for slug in (SpamMail.slug, Credit.slug):
                if _is_enough_waiting(slug) and colleague.take_one(slug):
                    did = True
        except (urllib.error.URLError, OSError, HitlError) as error:
            say(f"{habits.username}: {error}")
            colleague = None
        finally:
            close_old_connections()
        if not did:
            time.sleep(PAUSE_SECONDS / speed)


def _is_enough_waiting(slug: str) -> bool:
    waiting = Task.objects.filter(workflow__slug=slug, status=TaskStatus.WAITING)
    if waiting.filter(created_at__lt=clock.now() - LONG).exists():
        return True
    return waiting[: KEEP_WAITING + 1].count() > KEEP_WAITING
