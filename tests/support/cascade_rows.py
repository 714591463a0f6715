"""Situations of cascades: mails of which a local model knows most, and one elsewhere the rest."""

from typing import Any
from uuid import UUID

import numpy as np

from cases.models import Workflow
from hitl.flow.intake import in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, ItemResult, Submission
from models_store.models import Release, Source, TrainingRun
from models_store.services.runs import request_training
from models_store.types import Trigger
from policy.models import CutoffSet, Policy
from reviews.models import Task
from tests.support.factories import NOW, TESTER
from tests.support.model_rows import carry_out
from tests.support.remote_rows import VERSION, fetch, workflow_of
from tests.support.source_rows import give_labels
from tests.support.stub_scorers import Stub, spam_of

N = 420
SAYS: dict[str, float] = {}
"""What the model elsewhere says of mails, by their text."""
SURE, OTHER, UNSURE = "prize 1 901", "note 1 902", "note 1 903"  # of the first, of the second, of neither
TOLD = {SURE: 0.25, OTHER: 0.999, UNSURE: 0.5, "meeting 1 904": 0.5}


def says(text: str) -> float:
    return (TOLD | SAYS)[text] if text in TOLD or text in SAYS else spam_of(text)  # known answers end in it


def answer(body: dict[str, Any]) -> Any:
    sent = [{"JUNK": says(one["body"]), "FINE": 1 - says(one["body"])} for one in body["request"]["items"]]
    return {"result": {"scores": sent}, "meta": {"version": VERSION}}


def mails(n: int, *, seed: int, hard: float = 0.4) -> tuple[list[str], list[str]]:
    """Return texts and truth; of some only the model elsewhere knows what they are."""
    rng = np.random.default_rng(seed)
    truth = ["spam" if one else "ham" for one in rng.random(n) < 0.5]
    words = [
        "note" if is_hard else {"spam": "prize", "ham": "meeting"}[label]
        for is_hard, label in zip(rng.random(n) < hard, truth, strict=True)
    ]
    logits = rng.normal([2.5 if label == "spam" else -2.5 for label in truth], 1.2)
    texts = [f"{word} 1 {(431 * seed + i) % 1000}" for i, word in enumerate(words)]
    SAYS.update(zip(texts, (1 / (1 + np.exp(-logits))).tolist(), strict=True))
    return texts, truth


def send(workflow: Workflow, texts: list[str]) -> list[ItemResult]:
    items = [Submission({"body": text}) for text in texts]
    return submit_cases(Intake(workflow.slug, items, None, NOW, is_batch=len(items) > 1))


def ids_of(results: list[ItemResult]) -> list[UUID]:
    return [UUID(one.case["id"]) for one in results if one.case]


def fitted(workflow: Workflow) -> TrainingRun:
    run = request_training(
        workflow_id=workflow.pk, trigger=Trigger.HAND, actor=TESTER, now=NOW,
        source_id=Source.objects.get().pk, is_cascade=True,
    )  # fmt: skip
    return carry_out(run.pk)


def labelled(stub: Stub, n: int = N) -> Workflow:
    """Return a workflow whose cases a model elsewhere was asked about and people answered."""
    Policy.objects.update(target=0.05)
    workflow = workflow_of(stub)
    Policy.objects.filter(workflow=workflow).update(target=0.05)
    texts, truth = mails(n, seed=1)
    ids = ids_of(send(workflow, texts))
    fetch()
    give_labels(workflow, dict(zip(ids, truth, strict=True)))
    Task.objects.all().delete()
    return workflow


def decide_by_hand(release: Release, cutoff: float = 0.8) -> None:
    CutoffSet.objects.filter(workflow=release.workflow).delete()
    CutoffSet.objects.create(
        workflow=release.workflow,
        release=release,
        scope="overall",
        cutoffs=dict.fromkeys(release.labels, cutoff),
        basis="by_hand",
        reason="of the tests",
        made_at=NOW,
        in_force_from=NOW,
    )
    in_force.forget()


def deciding(stub: Stub) -> tuple[Workflow, Release]:
    workflow = labelled(stub)
    run = fitted(workflow)
    assert run.release is not None, run.reason
    decide_by_hand(run.release)
    return workflow, run.release
