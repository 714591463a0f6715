"""Situations of models elsewhere: a workflow that listens to one, and cases that come with its scores."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from cases.models import Case, Label, Workflow
from cases.types import Purpose
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, ItemResult, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.actor import Actor
from models_store.models import Source, TrainingRun
from models_store.services.runs import request_training
from models_store.services.sources import propose_source
from models_store.types import Trigger
from policy.models import CutoffSet, Policy
from tests.support.factories import LABELS, NOW, TESTER, TEXT_FIELDS
from tests.support.inserting import insert
from tests.support.model_rows import carry_out

MODEL, VERSION = "acme-spam", "2026-03"
LABEL_MAP = {"JUNK": "spam", "FINE": "ham"}


def listening(slug: str = "elsewhere", *, degree: str = "partial") -> Workflow:
    """Return a workflow of texts with a source in use, and no model."""
    workflow = set_up_workflow(
        slug=slug, name="Mail", fields=TEXT_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    Policy.objects.filter(workflow=workflow).update(degree=degree)
    source_of(workflow)
    return workflow


def source_of(workflow: Workflow, *, version: str = VERSION, actor: Actor = TESTER, **told: Any) -> Source:
    """Register a version of the source, with known answers that speak for it."""
    known = {"label_map": LABEL_MAP, "known_answers": known_answers()}
    return propose_source(
        workflow_id=workflow.pk, model=MODEL, version=version, actor=actor, now=NOW, **(known | told)
    )


def known_answers(n: int = 20, *, wrong: int = 2) -> list[dict[str, Any]]:
    """Return known answers under a map that is the right way round."""
    return [
        {
            "label": "spam" if (i % 2 == 0) != (i < wrong) else "ham",
            "probabilities": sent(0.9 if i % 2 == 0 else 0.1),
        }
        for i in range(n)
    ]


def sent(spam: float) -> dict[str, float]:
    """Return the probabilities as the source says them."""
    return {"JUNK": spam, "FINE": 1 - spam}


def scores(spam: float, *, version: str = VERSION) -> dict[str, Any]:
    """Return what a caller sends beside a case."""
    return {"model": MODEL, "version": version, "probabilities": sent(spam)}


def submit_scored(
    workflow: Workflow,
    sent_scores: Sequence[object],
    *,
    at: datetime = NOW,
    is_batch: bool = True,
    first: int = 0,
) -> list[ItemResult]:
    """Submit a case for each; its text counts them."""
    items = [Submission({"body": f"text {first + i}"}, scores=one) for i, one in enumerate(sent_scores)]
    return submit_cases(Intake(workflow.slug, items, None, at, is_batch=is_batch))


def overconfident(n: int, seed: int = 1) -> tuple[np.ndarray, list[str]]:
    """Return what a source sends that is five times too sure (n,), and the truth."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 3, n)
    truth = np.where(rng.random(n) < 1 / (1 + np.exp(-logit)), "spam", "ham")
    return 1 / (1 + np.exp(-logit / 0.2)), truth.tolist()


def people_answered(workflow: Workflow, n: int = 300, *, seed: int = 1, first: int = 0) -> list[UUID]:
    """Let n scored cases come in and people label them; return the cases."""
    spam, truth = overconfident(n, seed)
    results = submit_scored(workflow, [scores(p) for p in spam.tolist()], first=first)
    cases = [UUID(result.case["id"]) for result in results if result.case]
    give_labels(workflow, dict(zip(cases, truth, strict=True)))
    return cases


def give_labels(workflow: Workflow, truth: Mapping[UUID, str], *, at: datetime = NOW) -> None:
    """Label cases blind, as people who were shown nothing do."""
    insert(
        Label(
            id=case_id,
            case_id=case_id,
            workflow=workflow,
            schema_version=1,
            label=label,
            purpose=Purpose.REVIEW,
            is_blind=True,
            inclusion_probability=1.0,
            at=at,
        )
        for case_id, label in truth.items()
    )
    for case_id, label in truth.items():
        Case.objects.filter(pk=case_id).update(status="decided", answer=label)


def fit_now(source: Source) -> TrainingRun:
    """Ask for the source's calibrator and fit it in this process."""
    run = request_training(
        workflow_id=source.workflow_id, trigger=Trigger.HAND, actor=TESTER, now=NOW, source_id=source.pk
    )
    return carry_out(run.pk)


def deciding(slug: str = "elsewhere", *, cutoff: float = 0.8) -> Workflow:
    """Return a workflow whose champion is a source's release, deciding under a cutoff set by hand."""
    workflow = listening(slug)
    people_answered(workflow)
    run = fit_now(Source.objects.get(workflow=workflow))
    assert run.release is not None, run.reason
    CutoffSet.objects.filter(workflow=workflow).delete()
    CutoffSet.objects.create(
        workflow=workflow,
        release=run.release,
        scope="overall",
        cutoffs=dict.fromkeys(run.release.labels, cutoff),
        basis="by_hand",
        reason="of the tests",
        made_at=NOW,
        in_force_from=NOW,
    )
    workflow.refresh_from_db()
    return workflow
