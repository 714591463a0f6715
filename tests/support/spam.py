"""Real mail and a real model of it, for tests: trained once per process, on a few hundred messages."""

from functools import cache
from typing import Any

from cases.models import Case, Label, Workflow
from cases.types import CaseStatus, Origin, Purpose
from hitl.demo.worlds import Example, SpamMail
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.canonical import canonical_json, sha256
from hitl.shared.ids import new_id
from models_store import artifacts
from models_store.models import Release, RoleSpan
from models_store.types import ReleaseRole
from policy.models import CutoffSet, Policy
from science.fields import Schema
from science.pipelines import TrainedModel, train
from tests.support.factories import NOW, TESTER
from tests.support.inserting import insert

WORLD = SpamMail()
N_TRAINING = 400


@cache
def mails() -> tuple[Example, ...]:
    """The messages that the model below was not trained on."""
    return tuple(WORLD._examples()[N_TRAINING : N_TRAINING + 2000])


@cache
def model() -> TrainedModel:
    """A text model that tells spam from wanted mail."""
    examples = WORLD._examples()[:N_TRAINING]
    schema = Schema.from_json({"fields": WORLD.fields, "labels": [label["name"] for label in WORLD.labels]})
    return train([e.content for e in examples], [e.truth for e in examples], schema, seed=1, budget_seconds=5)


def mail_workflow(*, degree: str = "partial", cutoff: float | None = 0.9, **policy: Any) -> Workflow:
    """Return a workflow of mail with the model as champion and a cutoff set by hand; None: no cutoff."""
    workflow = set_up_workflow(
        slug=WORLD.slug, name=WORLD.name, fields=WORLD.fields, labels=WORLD.labels, actor=TESTER, now=NOW
    )
    release = register(workflow, model())
    if cutoff is not None:
        CutoffSet.objects.create(
            workflow=workflow,
            release=release,
            scope="overall",
            cutoffs=dict.fromkeys(release.labels, cutoff),
            basis="by_hand",
            reason="of the tests",
            made_at=NOW,
            in_force_from=NOW,
        )
    Policy.objects.filter(workflow=workflow).update(degree=degree, **policy)
    return workflow


def register(workflow: Workflow, trained: TrainedModel, *, number: int = 1) -> Release:
    """Store the model and make it the champion."""
    stored = artifacts.store(trained.artifact)
    release = Release.objects.create(
        workflow=workflow,
        number=number,
        schema_version=1,
        schema_sha256=trained.schema_sha256,
        labels=list(trained.labels),
        artifact_sha256=stored.sha256,
        artifact_bytes=stored.size_bytes,
        signature=stored.signature,
        manifest={},
        report=trained.report,
        created_at=NOW,
    )
    RoleSpan.objects.create(
        workflow=workflow, release=release, role=ReleaseRole.CHAMPION, since=NOW, by="tests"
    )
    return release


def labelled(workflow: Workflow, examples: tuple[Example, ...], *, is_blind: bool = True) -> None:
    """Import the examples as a labelled history."""
    cases = [
        Case(
            id=new_id(),
            workflow=workflow,
            schema_version=1,
            content=e.content,
            content_sha256=sha256(canonical_json(e.content)),
            status=CaseStatus.DECIDED,
            answer=e.truth,
            origin=Origin.IMPORT,
            received_at=NOW,
            changed_at=NOW,
        )
        for e in examples
    ]
    insert(cases)
    insert(
        Label(
            case=case,
            workflow=workflow,
            schema_version=1,
            label=case.answer or "",
            purpose=Purpose.IMPORT,
            is_blind=is_blind,
            inclusion_probability=1.0 if is_blind else None,
            at=NOW,
        )
        for case in cases
    )
