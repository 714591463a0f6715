"""What people decided in cases like this one: indexed when a model is made, asked for at the desk."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

import numpy as np

from cases.models import Case, Label, SchemaVersion
from cases.types import CaseStatus
from models_store import artifacts
from models_store.artifacts import Stored
from models_store.models import PrecedentIndex, Release
from models_store.rows import rows_for
from models_store.services.training_sets import TrainingSet
from models_store.serving import served_model
from science.explain import Precedents, index_precedents, load_precedents
from science.serving import ServedModel, own_model

log = logging.getLogger(__name__)

_PURPOSE = "precedents"
_KEPT = 4  # indexes in the memory of one process
_ASKED = 24  # of the index for each that is wanted: some were answered anew since, or withdrawn

_indexes: OrderedDict[UUID, Precedents] = OrderedDict()  # by release, least recently used first
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Precedent:
    """A labelled case that the model finds like another one.

    Attributes:
        similarity: how alike, at most 1.
        label: what the case counts as now.
        is_blind: the person answered without sight of a model's output; only such an answer is a human's own.
    """

    case_id: UUID
    reference: str | None
    label: str
    similarity: float
    is_blind: bool
    at: datetime


LeaveOut = Callable[[Collection[UUID]], set[UUID]]
"""Given cases, say which of them are not to be shown."""


def _nothing(case_ids: Collection[UUID]) -> set[UUID]:
    return set()


def precedents_for(
    *, case_id: UUID, release_id: UUID, limit: int = 3, leave_out: LeaveOut = _nothing
) -> list[Precedent]:
    """Return the labelled training cases most like this one, the nearest first, and the nearest of another
    label among them where there is one.

    Labels are those that stand now; withdrawn cases, superseded labels and the case itself are left out.
    Empty where the release has no index or the case cannot be read: the desk then shows none. One query
    beside those that read the case; the index is kept in this process's memory.
    """
    try:
        found = _nearest(case_id, release_id, most=max(1, limit) * _ASKED)
    except Exception:
        log.exception("no precedents", extra={"case": str(case_id), "release": str(release_id)})
        return []
    labels = Label.objects.filter(pk__in=[key for key, _ in found], superseded_at=None)
    current = {label.pk: label for label in labels.exclude(case_id=case_id).select_related("case")}
    hidden = leave_out([label.case_id for label in current.values()])
    usable = [
        Precedent(label.case_id, label.case.reference, label.label, likeness, label.is_blind, label.at)
        for key, likeness in found
        if (label := current.get(key)) is not None
        and label.case.status != CaseStatus.WITHDRAWN
        and label.case_id not in hidden
    ]
    chosen = usable[: max(0, limit)]
    if limit > 1 and chosen and len({one.label for one in chosen}) == 1:
        other = next((one for one in usable[limit:] if one.label != chosen[0].label), None)
        if other is not None:
            chosen[-1] = other
    return chosen


def _nearest(case_id: UUID, release_id: UUID, *, most: int) -> list[tuple[UUID, float]]:
    case = Case.objects.get(pk=case_id)
    index = _index_of(release_id, case.workflow_id)
    if index is None:
        return []
    schema = SchemaVersion.objects.get(workflow_id=case.workflow_id, number=case.schema_version).schema
    served = own_model(served_model(release_id))
    if served is None or schema.sha256() != served.schema_sha256:
        return []
    (row,) = rows_for([case.content], schema)
    near = index.nearest(served, row, limit=most, other=_ASKED)
    return [(UUID(bytes=key), likeness) for key, _, likeness in near]


def _index_of(release_id: UUID, workflow_id: UUID) -> Precedents | None:
    with _lock:
        kept = _indexes.get(release_id)
        if kept is not None:
            _indexes.move_to_end(release_id)
            return kept
        rows = PrecedentIndex.objects.filter(release_id=release_id, release__workflow_id=workflow_id)
        row = rows.select_related("release").defer("release__report", "release__manifest").first()
        if row is None:
            return None
        stored = Stored(row.sha256, row.size_bytes, bytes(row.signature))
        artifact = artifacts.fetch(stored, of=row.release, purpose=_PURPOSE)
        index = load_precedents(artifact, row.release.artifact_sha256)
        _indexes[release_id] = index
        while len(_indexes) > _KEPT:
            _indexes.popitem(last=False)
        return index


def keep_precedents(
    *, release: Release, served: ServedModel, snapshot: TrainingSet, trained: np.ndarray, now: datetime
) -> int:
    """Index the cases that a release was trained on; return how many. The release stands without it as well.

    Only what trained the model: what is held out to certify it must not be seen through its neighbours.
    """
    contents, labels = snapshot.take(trained)
    keys = [snapshot.label_ids[i].bytes for i in trained]
    try:
        index = index_precedents(served, rows_for(contents, snapshot.schema), labels, keys)
        stored = artifacts.store(index.to_artifact(release.artifact_sha256), _PURPOSE)
    except Exception:
        log.exception("no precedents kept", extra={"release": str(release.pk)})
        return 0
    PrecedentIndex.objects.update_or_create(
        release=release,
        defaults={
            "sha256": stored.sha256,
            "size_bytes": stored.size_bytes,
            "signature": stored.signature,
            "n_cases": len(index),
            "made_at": now,
        },
    )
    return len(index)


def forget() -> None:
    """Drop every loaded index."""
    with _lock:
        _indexes.clear()
