"""The cases that a study reads: those with a fair answer, those with any label, and those that wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import F, Q

from cases.models import Label
from cases.types import NOT_LIVE, CaseStatus
from models_store.models import Release
from policy.models import Decision
from reviews.services.first import can_go_first

SPAN = timedelta(days=90)
MAX_ANSWERS = 20_000  # of the latest: beyond them intervals hardly narrow, and the world was another
MAX_LABELS = 5_000  # labelled cases that are compared with one another
MAX_WAITING = 20_000  # waiting cases that are looked at, the least sure first


@dataclass(frozen=True, slots=True)
class Answered:
    """Decisions of a release for which a blind answer was drawn and given, oldest first.

    Attributes:
        wrong: whether the answer is another label than the model's, (n_cases,).
        pi: the chance that it was drawn, (n_cases,).
    """

    case_ids: list[UUID]
    contents: list[Mapping[str, Any]]
    entities: list[str | None]
    predicted: list[str]
    said: list[str]
    wrong: np.ndarray
    pi: np.ndarray


@dataclass(frozen=True, slots=True)
class Labelled:
    """Cases that people labelled, oldest first."""

    case_ids: list[UUID]
    contents: list[Mapping[str, Any]]
    sha256: list[bytes]
    labels: list[str]
    people: list[int | None]
    is_blind: list[bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Cases that wait for a person and are shown with a suggestion, the least sure first."""

    task_ids: list[UUID]
    case_ids: list[UUID]
    contents: list[Mapping[str, Any]]
    suggestions: list[str]
    confidences: np.ndarray
    n_all: int


def answered(release: Release, *, now: datetime) -> Answered:
    """Return the latest answers to draws; those that are open, or that nobody gave, are left out.

    So it is no estimate of the error: that is the promise page's, which counts them. It is about where errors
    lie among those that were answered.
    """
    rows = Decision.objects.filter(
        Q(is_audited=True) | Q(is_blind=True),
        workflow_id=release.workflow_id,
        release=release,
        sequence=0,
        decided_at__gte=now - SPAN,
        case__schema_version=release.schema_version,
        case__labels__superseded_at=None,
        case__labels__is_blind=True,
        inclusion_probability__gt=0,
    ).exclude(predicted=None)
    rows = rows.exclude(case__status=CaseStatus.WITHDRAWN).order_by("-decided_at", "-case_id")
    read = rows.values_list(
        "case_id",
        "case__content",
        "case__entity",
        "predicted",
        "case__labels__label",
        "inclusion_probability",
    )[:MAX_ANSWERS]
    found = list(read)[::-1]
    return Answered(
        case_ids=[row[0] for row in found],
        contents=[row[1] for row in found],
        entities=[row[2] for row in found],
        predicted=[row[3] or "" for row in found],
        said=[row[4] for row in found],
        wrong=np.array([row[3] != row[4] for row in found], dtype=bool),
        pi=np.array([row[5] for row in found], dtype=np.float64),
    )


def labelled(release: Release) -> Labelled:
    """Return the latest cases that people labelled at the desk, with who did."""
    rows = Label.objects.filter(
        workflow_id=release.workflow_id, superseded_at=None, case__schema_version=release.schema_version
    )
    rows = rows.exclude(purpose__in=NOT_LIVE).exclude(labelled_by=None)
    rows = rows.exclude(case__status=CaseStatus.WITHDRAWN).order_by("-id")
    read = rows.values_list(
        "case_id", "case__content", "case__content_sha256", "label", "labelled_by_id", "is_blind"
    )
    found = list(read[:MAX_LABELS])[::-1]
    return Labelled(
        case_ids=[row[0] for row in found],
        contents=[row[1] for row in found],
        sha256=[bytes(row[2]) for row in found],
        labels=[row[3] for row in found],
        people=[row[4] for row in found],
        is_blind=[row[5] for row in found],
    )


def waiting(release: Release) -> Waiting:
    """Return the cases that wait and may be asked about first."""
    tasks = can_go_first(release.workflow_id).filter(
        release=release, case__schema_version=release.schema_version, confidence__isnull=False
    )
    read = tasks.order_by(F("confidence").asc(), "id").values_list(
        "id", "case_id", "case__content", "suggestion", "confidence"
    )
    found = list(read[:MAX_WAITING])
    return Waiting(
        task_ids=[row[0] for row in found],
        case_ids=[row[1] for row in found],
        contents=[row[2] for row in found],
        suggestions=[row[3] or "" for row in found],
        confidences=np.array([row[4] for row in found], dtype=np.float64),
        n_all=tasks.count() if len(found) == MAX_WAITING else len(found),
    )
