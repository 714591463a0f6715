"""Lives through the services, in a world whose truth is known: what the promise page says of them holds.

The tests beside this one play the statistics alone. Here cases are taken in, decided, audited and answered as
in service, and each number is read where the page reads it. Three things are replaced: the model, which says
what a case's text says; the coins, which have a seed; and the clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import numpy as np
import pytest
from scipy import stats

from cases.models import Label, Workflow
from hitl.accounts.models import User
from hitl.flow.intake import decide, in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.answer import answer_batch
from models_store.models import Release
from monitoring.promise.page import PromisePage, promise_page_of
from monitoring.watch import watch
from policy.models import Decision
from reviews.models import ReviewRules, Task
from reviews.services.answers import Answer
from science.draws import Draws
from tests.support.factories import NOW, person
from tests.support.live_cases import Says
from tests.support.watched_rows import automating

pytestmark = pytest.mark.django_db
DAYS, CASES = 16, 70  # the cases of a day
TARGET, RATE = 0.1, 0.25  # of the promise, and of audits
ERRORS = (0.04, 0.12)  # of accepted cases in the first and the second half: the world changes
LEAVES = 0.2  # of cases the model is unsure, and right as often as not
DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Reader(Says):
    """A model that says what the case's text says: a score."""

    label: str = "ham"
    score: float = 0.0

    def predict_proba(self, rows: Sequence[Any]) -> np.ndarray:
        """Ham, as sure as the text says."""
        scores = np.array([float(row["body"].split()[0]) for row in rows])
        return np.stack([scores if label == "ham" else 1 - scores for label in self.labels], axis=1)


@dataclass
class Life:
    """One workflow, and what is true of its cases."""

    release: Release
    rng: np.random.Generator
    people: list[User]
    is_wrong: dict[UUID, bool] = field(default_factory=dict)

    def day(self, number: int) -> None:
        """Take in the cases of a day, let people answer all that they are asked about, and look."""
        at = NOW + timedelta(days=number, hours=1)
        is_sure = self.rng.random(CASES) >= LEAVES
        error = np.where(is_sure, ERRORS[number >= DAYS / 2], 0.5)
        wrong = self.rng.random(CASES) < error
        items = [
            Submission({"body": f"{0.96 if sure else 0.6} {self.rng.bytes(12).hex()}"}) for sure in is_sure
        ]
        in_force.forget()
        results = submit_cases(Intake(self.release.workflow.slug, items, None, at, is_batch=True))
        self.is_wrong |= {
            UUID(result.case["id"]): bool(one)
            for result, one in zip(results, wrong, strict=True)
            if result.case
        }
        self._answer(at + timedelta(hours=2))
        watch(self.release.workflow_id, now=at + timedelta(hours=3), settle=timedelta(0))

    def _answer(self, at: Any) -> None:
        for person_asked in [*self.people, *self.people]:
            waiting = Task.objects.filter(workflow=self.release.workflow, status="waiting")
            said = {
                task.pk: Answer("spam" if self.is_wrong[task.case_id] else "ham", seconds=9)
                for task in waiting
            }
            if said:
                since = at - timedelta(seconds=9)
                answer_batch(by_task=said, actor=person_asked.as_actor(), since=since, now=at)

    def page(self, number: int) -> PromisePage:
        """The page in the evening of a day."""
        workflow = Workflow.objects.get(pk=self.release.workflow_id)
        return promise_page_of(workflow, now=NOW + timedelta(days=number, hours=4))

    def wrong_share(self, decisions: Sequence[Decision]) -> float:
        """The share of these that is wrong in truth."""
        return float(np.mean([self.is_wrong[one.case_id] for one in decisions]))


@pytest.fixture
def coins() -> Iterator[np.random.Generator]:
    """Coins with a seed, and the model that reads."""
    rng = np.random.default_rng(20_261_129)
    with (
        patch.object(decide, "draw", lambda _, ids, __: Draws.simulated(len(ids), rng)),
        patch.object(in_force, "served_model", lambda release: Reader(["ham", "spam"])),
    ):
        yield rng
    in_force.forget()


def begun(rng: np.random.Generator) -> Life:
    """Return a workflow that begins under a full certificate."""
    release = automating("certified", target=TARGET, audit_base=RATE, audit_rate=RATE, budget_period="month")
    ReviewRules.objects.create(workflow=release.workflow)
    people = [person("reviewer", "adjudicator") for _ in range(3)]
    watch(release.workflow_id, now=NOW, settle=timedelta(0))
    return Life(release, rng, people)


@dataclass
class Tally:
    """Over lives: how often an end was ever on the wrong side, and by how much estimates were off."""

    missed: dict[str, list[bool]] = field(default_factory=dict)
    off: list[tuple[float, float]] = field(default_factory=list)

    def note(self, missed: dict[str, bool]) -> None:
        for name, is_missed in missed.items():
            self.missed.setdefault(name, []).append(is_missed)


def lived(life: Life, tally: Tally, *, every: int = 1) -> None:
    """Play a life; hold the page of its evenings, the last among them, against the truth."""
    missed = dict.fromkeys(("at least", "at most", "still wrong", "accepted", "everything"), False)
    for number in range(DAYS):
        life.day(number)
        if (number + 1) % every:
            continue
        page = life.page(number)
        ours = Decision.objects.filter(workflow_id=life.release.workflow_id, sequence=0)
        delivered = list(ours.filter(route="auto"))
        assert page.budget is not None
        (unit,) = page.budget.units
        wrong = sum(life.is_wrong[one.case_id] for one in delivered)
        found = sum(life.is_wrong[one.case_id] for one in delivered if one.is_audited)

        # What is counted is counted.
        assert (page.budget.delivered, page.budget.waits) == (len(delivered), 0)
        assert unit.budget.decisions == len(delivered)
        assert unit.budget.audits == sum(one.is_audited for one in delivered)
        assert (unit.budget.unanswered, page.budget.mended) == (0, found)
        live = page.live
        assert live is not None
        assert (live.n_open, live.n_unanswered) == (0, 0)
        seen = list(ours.filter(decided_at__gte=live.since))
        accepted = [one for one in seen if one.reason in ("above_cutoff", "ramp")]
        labels = Label.objects.filter(case_id__in=[one.case_id for one in seen], superseded_at=None)
        plain = labels.values_list("case_id", flat=True)
        assert live.n_naive == len(plain)
        assert live.naive == pytest.approx(np.mean([life.is_wrong[case] for case in plain]))

        # What is bounded is bounded, up to the stated doubt.
        missed["at least"] |= unit.spent.low > wrong
        missed["at most"] |= unit.spent.high < wrong
        missed["still wrong"] |= unit.still.high < wrong - found
        for name, estimate, about in (
            ("accepted", live.accepted, accepted),
            ("everything", live.everything, seen),
        ):
            truth = life.wrong_share(about)
            missed[name] |= not estimate.interval.low <= truth <= estimate.interval.high
    tally.note(missed)
    tally.off.append((unit.estimate, wrong))


def held(tally: Tally) -> None:
    """Check that no end was wrong more often than it may be, and that the estimate is in the middle."""
    for name, times in tally.missed.items():
        assert sum(times) <= stats.binom.ppf(0.9999, len(times), DOUBT), (name, times)
    estimates, truths = np.array(tally.off).T
    difference = estimates - truths
    assert abs(difference.mean()) <= 4 * difference.std(ddof=1) / np.sqrt(difference.size)


def test_what_the_page_says_of_a_life_in_a_world_that_changes_is_true(coins: np.random.Generator) -> None:
    tally = Tally()
    lived(begun(coins), tally, every=4)
    assert not any(ever for (ever,) in tally.missed.values()), tally.missed


@pytest.mark.long
def test_in_twenty_lives_no_end_is_wrong_more_often_than_stated(coins: np.random.Generator) -> None:
    tally = Tally()
    for _ in range(20):
        lived(begun(coins), tally)
    held(tally)
