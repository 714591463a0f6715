"""Situations of models elsewhere that workers ask: registered at a stub, and deciding."""

from datetime import datetime
from typing import Any

from cases.models import Case, Workflow
from hitl.flow.intake import in_force, scoring
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, ItemResult, Submission
from hitl.flow.setup.create import set_up_workflow
from models_store.models import Source
from models_store.services.remote_terms import RemoteTerms
from models_store.services.sources import propose_source
from policy.models import CutoffSet, Policy
from reviews.models import Task
from tests.support import stub_scorers
from tests.support.factories import LABELS, NOW, TESTER, TEXT_FIELDS
from tests.support.source_rows import LABEL_MAP, MODEL, fit_now, give_labels, overconfident
from tests.support.stub_scorers import Stub

VERSION = "3"
CLASSES = ["FINE", "JUNK"]
TEMPLATE = {"request": {"items": "{{cases}}"}}
WAYS: dict[str, tuple[stub_scorers.Answer, dict[str, Any]]] = {
    "oip": (stub_scorers.open_inference(VERSION), {"input": "text"}),
    "mlflow": (stub_scorers.mlflow, {}),
    "template": (
        stub_scorers.template(VERSION),
        {"template": TEMPLATE, "predictions": "result.scores", "version_at": "meta.version"},
    ),
    "chat": (stub_scorers.chat(VERSION), {"prompt": "{body}\nIs this mail junk?"}),
}


def workflow_of(stub: Stub, door: str = "template", **told: Any) -> Workflow:
    """Return a workflow with a source that is asked at the stub, tried and in use."""
    workflow = set_up_workflow(
        slug="remote", name="Mail", fields=TEXT_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    Policy.objects.filter(workflow=workflow).update(degree="partial")
    register(workflow, stub, door, **told)
    scoring.fetch_scores(source_id=Source.objects.get().pk, now=NOW)
    return workflow


def register(workflow: Workflow, stub: Stub, door: str = "template", **told: Any) -> Source:
    options = {"classes": CLASSES} | WAYS[door][1] | told.pop("options", {})
    terms = {"secret": "Bearer s3cret", "price": 0.002, "seconds": 1.0, "deadline_seconds": 60.0}
    remote = RemoteTerms(door=door, address=stub.url, options=options, **(terms | told))
    known = [
        {"label": "spam" if spam > 0.5 else "ham", "content": {"body": f"known {i} {spam}"}}
        for i, spam in enumerate([0.9, 0.2] * 10)
    ]
    return propose_source(
        workflow_id=workflow.pk, model=MODEL, version=VERSION, label_map=LABEL_MAP, known_answers=known,
        actor=TESTER, now=NOW, remote=remote,
    )  # fmt: skip


def submit(workflow: Workflow, *spam: float, at: datetime = NOW, is_batch: bool = True) -> list[ItemResult]:
    items = [Submission({"body": f"text {Case.objects.count() + i} {p:.9f}"}) for i, p in enumerate(spam)]
    return submit_cases(Intake(workflow.slug, items, None, at, is_batch=is_batch))


def fetch(now: datetime = NOW) -> int:
    return scoring.fetch_scores(source_id=Source.objects.get().pk, now=now)


def deciding(stub: Stub, door: str = "template", **told: Any) -> Workflow:
    """Return the workflow with the source's calibrated release as its champion."""
    workflow = workflow_of(stub, door, **told)
    spam, truth = overconfident(160)
    results = submit(workflow, *spam.tolist())
    fetch()
    ids = [Case.objects.get(pk=one.case["id"]).pk for one in results if one.case]
    give_labels(workflow, dict(zip(ids, truth, strict=True)))
    Task.objects.filter(case_id__in=ids).delete()
    run = fit_now(Source.objects.get())
    assert run.release is not None, run.reason
    CutoffSet.objects.filter(workflow=workflow).delete()
    CutoffSet.objects.create(
        workflow=workflow,
        release=run.release,
        scope="overall",
        cutoffs=dict.fromkeys(run.release.labels, 0.8),
        basis="by_hand",
        reason="of the tests",
        made_at=NOW,
        in_force_from=NOW,
    )
    in_force.forget()
    return workflow
