"""Situations of models for tests: labelled histories of the demo's worlds, and releases trained on them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from unittest.mock import patch
from uuid import UUID

from cases.models import Case, Label, Workflow
from cases.types import CaseStatus, Origin, Purpose
from hitl.demo.worlds import Credit, Example, SpamMail
from hitl.flow.learning.run import run_training
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.canonical import canonical_json, sha256
from models_store.models import TrainingRun
from models_store.services import fitting
from models_store.services.runs import request_training
from models_store.types import Trigger
from tests.support.factories import NOW, TESTER
from tests.support.inserting import insert
from tests.support.trained_once import once

SPAM, CREDIT = SpamMail(), Credit()


@cache
def applications() -> tuple[Example, ...]:
    """Real credit applications."""
    return tuple(CREDIT._examples())


@cache
def mails() -> tuple[Example, ...]:
    """Real mail, cut short so that training takes a second."""
    cut = {"subject": 200, "body": 500}
    return tuple(
        replace(mail, content={name: mail.content[name][:most] for name, most in cut.items()})
        for mail in SPAM._examples()
    )


def labelled(workflow: Workflow, examples: Sequence[Example]) -> None:
    """Import a labelled history. Its ids count up, so that it trains the same model in every test run."""
    first = Label.objects.count() + 1
    cases = [
        Case(
            id=UUID(int=first + i),
            workflow=workflow,
            schema_version=1,
            content=example.content,
            content_sha256=sha256(canonical_json(example.content)),
            status=CaseStatus.DECIDED,
            answer=example.truth,
            origin=Origin.IMPORT,
            received_at=NOW,
            changed_at=NOW,
        )
        for i, example in enumerate(examples)
    ]
    insert(cases)
    insert(
        Label(
            id=case.id,
            case=case,
            workflow=workflow,
            schema_version=1,
            label=case.answer or "",
            purpose=Purpose.IMPORT,
            is_blind=True,
            at=NOW,
        )
        for case in cases
    )


def credit_workflow(n_labels: int = 300, *, slug: str = "credit") -> Workflow:
    """Return a workflow of credit applications with a labelled history and no model."""
    workflow = set_up_workflow(
        slug=slug, name=CREDIT.name, fields=CREDIT.fields, labels=CREDIT.labels, actor=TESTER, now=NOW
    )
    labelled(workflow, applications()[:n_labels])
    return workflow


def mail_history(n_labels: int = 300, *, slug: str = "mail") -> Workflow:
    """Return a workflow of mail with a labelled history and no model."""
    workflow = set_up_workflow(
        slug=slug, name=SPAM.name, fields=SPAM.fields, labels=SPAM.labels, actor=TESTER, now=NOW
    )
    labelled(workflow, mails()[:n_labels])
    return workflow


def requested(workflow: Workflow, *, at: datetime = NOW) -> TrainingRun:
    """Return a run that waits for a worker."""
    return request_training(workflow_id=workflow.id, trigger=Trigger.HAND, actor=TESTER, now=at)


def train_now(workflow: Workflow) -> TrainingRun:
    """Request a run, carry it out in this process, and return it as it ended."""
    return carry_out(requested(workflow).id)


def carry_out(run_id: UUID, *, anew: bool = False) -> TrainingRun:
    """Do what a worker does, with the clock standing still.

    Labels that taught a model in this process before give that model, unless it is to be made anew.
    """
    with patch.object(fitting, "train", fitting.train if anew else once(fitting.train)):
        run_training(run_id=run_id, clock=lambda: NOW)
    return TrainingRun.objects.select_related("release", "workflow").get(pk=run_id)
