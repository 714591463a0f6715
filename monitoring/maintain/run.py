"""Make a study: read, compute, keep what was found, and say on the way how far it is."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from cases.models import SchemaVersion
from hitl.shared import clock
from hitl.shared.words import Words
from models_store.errors import ArtifactRefused
from models_store.models import Release
from models_store.serving import served_model
from monitoring.maintain import evidence
from monitoring.maintain.asked import SILENT
from monitoring.maintain.consistency import consistency_found
from monitoring.maintain.errors import clusters_found, entities_found, slices_found
from monitoring.maintain.slices import cuts_of
from monitoring.maintain.wanted import wanted_found
from monitoring.models import DataStudy
from monitoring.types import StudyStatus
from science.serving import ServedModel, own_model

log = logging.getLogger(__name__)

Say = Callable[[str, float], None]


def make_study(study_id: UUID, *, now: datetime) -> bool:
    """Make a study that waits, or that a worker left; return whether there was one to make."""
    free = Q(status=StudyStatus.QUEUED) | Q(status=StudyStatus.RUNNING, worked_at__lt=now - SILENT)
    taken = DataStudy.objects.filter(free, pk=study_id).update(
        status=StudyStatus.RUNNING, worked_at=now, attempts=F("attempts") + 1
    )
    if not taken:
        return False
    study = DataStudy.objects.select_related("release").get(pk=study_id)

    def say(step: str, progress: float) -> None:
        DataStudy.objects.filter(pk=study_id, status=StudyStatus.RUNNING).update(
            step=step, progress=progress, worked_at=clock.now()
        )

    try:
        found = study_of(study.release, now=now, say=say)
    except Exception as trouble:
        log.exception("a study of the data failed", extra={"study": str(study_id)})
        _end(
            study_id, StudyStatus.FAILED, reason=Words("It failed (%(error)s).", error=type(trouble).__name__)
        )
        raise
    _end(study_id, StudyStatus.DONE, found=found, progress=1.0)
    return True


def study_of(release: Release, *, now: datetime, say: Say) -> dict[str, Any]:
    """Return what a release lacks."""
    say(Words("reads answers and what waits"), 0.0)
    version = SchemaVersion.objects.get(workflow_id=release.workflow_id, number=release.schema_version)
    schema, served = version.schema, _served(release)
    answered, waiting = evidence.answered(release, now=now), evidence.waiting(release)
    say(Words("compares slices"), 0.1)
    cuts = cuts_of(answered, waiting, schema)
    slices = slices_found(answered, [(cut.kind, cut.words, cut.answered) for cut in cuts])
    say(Words("compares what cases belong to"), 0.25)
    entities = entities_found(answered)
    say(Words("groups alike errors"), 0.35)
    alike = clusters_found(answered, schema, served) if served else []
    say(Words("compares the labels of alike cases"), 0.5)
    labels = evidence.labelled(release)
    consistency = consistency_found(
        labels,
        schema,
        served,
        lambda done: say(Words("compares the labels of alike cases"), 0.5 + 0.35 * done),
    )
    say(Words("chooses what to ask next"), 0.85)
    wanted = wanted_found(waiting, schema, served, cuts, slices["shown"])
    return {
        "answers": len(answered.case_ids),
        "wrong": int(answered.wrong.sum()),
        "has_likeness": served is not None,
        "slices": slices,
        "entities": entities,
        "clusters": alike,
        "consistency": consistency,
        "wanted": wanted,
    }


def _served(release: Release) -> ServedModel | None:
    """Return the model where it can say what is alike; a model elsewhere cannot."""
    try:
        return own_model(served_model(release.pk))
    except ArtifactRefused:
        return None


def _end(study_id: UUID, status: StudyStatus, **values: Any) -> None:
    rows = DataStudy.objects.filter(pk=study_id, status=StudyStatus.RUNNING)
    rows.update(status=status, finished_at=clock.now(), step="", **values)
