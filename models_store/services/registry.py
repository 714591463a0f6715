"""Register a model that passed the gate: its file, its row, its evaluation, and the use of every label."""

from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from cases.models import Workflow
from hitl.audit.log import record
from hitl.shared.actor import system
from hitl.shared.words import Words
from models_store import artifacts
from models_store.models import Evaluation, LabelRole, Release, RoleSpan, TrainingRun
from models_store.services.runs import note
from models_store.services.training_sets import TrainingSet
from models_store.types import LabelUse, ReleaseRole
from science.pipelines import Made

ACTOR = system("training")


class NothingNew(Exception):
    """The same labels give the same model; there is nothing to register."""


class SchemaMoved(Exception):
    """The workflow's fields or labels changed while the model was trained. Train again."""


def register(
    *,
    run: TrainingRun,
    model: Made,
    snapshot: TrainingSet,
    evaluation: Evaluation,
    trained: np.ndarray,
    held_out: np.ndarray,
    manifest: dict[str, Any],
    report: dict[str, Any],
    now: datetime,
) -> Release:
    """Store the bytes, then write everything about the release in one transaction.

    Raises:
        ArtifactNotStored: there is no room for the file; nothing is registered.
        NothingNew: a release of the workflow has these very bytes.
        SchemaMoved: the model is for fields or labels that the workflow no longer has.
        RunIsOver: the run was cancelled, or given to another worker.
    """
    stored = artifacts.store(model.artifact)
    with transaction.atomic():
        workflow = Workflow.objects.select_for_update(no_key=True).get(pk=run.workflow_id)
        if workflow.schema_version != snapshot.schema_version:
            raise SchemaMoved(
                Words("The workflow's fields or labels changed while the model was trained. Train again.")
            )
        last = Release.objects.filter(workflow=workflow).order_by("-number").first()
        twin = Release.objects.filter(workflow=workflow, artifact_sha256=stored.sha256).first()
        if twin is not None:
            raise NothingNew(
                Words(
                    "These labels give the same model as %(model)s, which is registered already.",
                    model=twin.name,
                )
            )
        release = Release.objects.create(
            workflow=workflow,
            number=last.number + 1 if last else 1,
            schema_version=snapshot.schema_version,
            schema_sha256=model.schema_sha256,
            labels=list(model.labels),
            artifact_sha256=stored.sha256,
            artifact_bytes=stored.size_bytes,
            signature=stored.signature,
            manifest=manifest,
            report=report,
            source_id=run.source_id,
            is_cascade=run.is_cascade,
            created_at=now,
        )
        evaluation.release = release
        evaluation.save(force_insert=True)
        _note_uses(release, snapshot, trained, held_out)
        RoleSpan.objects.create(
            workflow=workflow,
            release=release,
            role=ReleaseRole.TRAINED,
            since=now,
            by=ACTOR.name,
            reason=Words("It passed the gate."),
            evidence={"run": str(run.pk)},
        )
        note(run=run, now=now, release=release)
        detail = {"workflow": workflow.slug, "artifact": stored.sha256, "manifest": manifest["sha256"]}
        record(action="release.registered", actor=ACTOR, now=now, about=release, detail=detail)
    return release


def _note_uses(release: Release, snapshot: TrainingSet, trained: np.ndarray, held_out: np.ndarray) -> None:
    """A label trains a release or judges it, never both. The others of a group that judges do neither."""
    LabelRole.objects.bulk_create(
        (
            LabelRole(release=release, label_id=snapshot.label_ids[i], use=use)
            for places, use in ((trained, LabelUse.TRAIN), (held_out, LabelUse.JUDGE))
            for i in places
        ),
        batch_size=5000,
    )
