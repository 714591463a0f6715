"""Situations of reviewing for tests: workflows with rules, waiting cases, people who hold and answer them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

from django.db import connection

from cases.models import Case, Workflow
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.flow.settling.answer import Answered, submit_review
from hitl.shared.actor import Actor
from models_store.models import Release
from reviews.models import ReviewRules, Task
from reviews.selectors import LeasedTask
from reviews.services.answers import Answer
from reviews.services.queue import claim_next
from tests.support.case_rows import automatic_case, waiting_case, workflow_of
from tests.support.factories import NOW, TEXT_FIELDS, person
from tests.support.policy_rows import automating_workflow

LABELS = ["ham", "spam", "unsure"]


def review_workflow(slug: str = "mail", *, labels: list[str] | None = None, **rules: Any) -> Workflow:
    """Return a workflow whose cases people decide."""
    workflow = workflow_of(slug, fields=TEXT_FIELDS, labels=labels or LABELS, name=slug.title())
    ReviewRules.objects.create(workflow=workflow, **rules)
    return workflow


def waiting(workflow: Workflow, count: int = 1, *, at: datetime = NOW) -> list[Case]:
    """Return cases that wait, each due a second after the one before."""
    return [
        waiting_case(workflow, {"body": f"Message {n}"}, at=at + timedelta(seconds=n)) for n in range(count)
    ]


def audited(workflow: Workflow | None = None, label: str = "spam", **rules: Any) -> Case:
    """Return a case that the model has decided and that is to be audited."""
    workflow = workflow or automating_workflow()
    ReviewRules.objects.get_or_create(workflow=workflow, defaults=rules)
    return automatic_case(workflow, {"body": "An automatic one"}, label, audited=True)


def suggest(case: Case, release: Release, *, label: str, confidence: float, runner_up: str) -> Task:
    """Show the model's suggestion in the case's open task."""
    task = case.tasks.get()
    task.mode, task.suggestion, task.confidence = "assisted", label, confidence
    task.runner_up, task.release = runner_up, release
    task.save()
    return task


def claim(user: User, *, at: datetime = NOW, **fields: Any) -> LeasedTask:
    """Let the person claim the next task; there must be one."""
    leased = claim_next(actor=user.as_actor(), workflow_ids=fields.pop("workflow_ids", None), now=at)
    assert leased is not None
    return leased


def say(user: User, label: str, *, at: datetime = NOW, **fields: Any) -> Answered:
    """Let the person claim the next task and answer it."""
    leased = claim(user, at=at)
    return submit(lease_token=leased.lease_token, label=label, actor=user.as_actor(), now=at, **fields)


def submit(*, lease_token: UUID, actor: Actor, now: datetime, **answer: Any) -> Answered:
    """Let the person who holds the lease answer with the fields of an `Answer`."""
    return submit_review(lease_token=lease_token, answer=Answer(**answer), actor=actor, now=now)


def adjudicator(**fields: Any) -> User:
    """Return a person who settles disagreements, and does nothing else."""
    return person(Role.ADJUDICATOR, **fields)


@contextmanager
def at_the_same_time(*actions: Any) -> Iterator[list[Any]]:
    """Run each action in a thread with a connection of its own; yield what they returned or raised."""
    outcomes: list[Any] = [None] * len(actions)

    def run(place: int, action: Any) -> None:
        try:
            outcomes[place] = action()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair, daemon=True) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "a thread hangs"
    yield outcomes
