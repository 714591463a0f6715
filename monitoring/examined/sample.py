"""A few cases of each day, drawn at random, with what the model was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import TextField
from django.db.models.functions import MD5, Cast

from cases.models import Case, SchemaVersion
from models_store.models import Release
from models_store.rows import Row, rows_for
from models_store.scoring import score_around_failures
from models_store.serving import served_model
from models_store.source_answers import with_said
from policy.models import Decision
from science.fields import Schema

DAY = timedelta(days=1)
NOW, BEFORE = 7, 28  # days
A_DAY = 60  # cases


@dataclass(frozen=True, slots=True)
class Sample:
    """Cases of the days until a midnight, that share the champion's schema.

    Attributes:
        day: of each, (n_cases,); the last is `NOW + BEFORE - 1`.
    """

    case_ids: list[UUID]
    contents: list[dict[str, Any]]
    day: np.ndarray
    schema: Schema
    schema_version: int

    @property
    def is_now(self) -> np.ndarray:
        """Which are of the last days."""
        return np.asarray(self.day >= BEFORE)

    def __len__(self) -> int:
        return len(self.case_ids)


def sample_of(release: Release, *, end: datetime) -> Sample:
    """Draw the cases of each day; the same ones whoever asks, and whenever."""
    version = SchemaVersion.objects.get(workflow_id=release.workflow_id, number=release.schema_version)
    ids: list[UUID] = []
    days: list[int] = []
    for day in range(NOW + BEFORE):
        since = end - (NOW + BEFORE - day) * DAY
        drawn = drawn_of_day(release.workflow_id, since)[:A_DAY]
        found = list(drawn.values_list("case_id", flat=True))
        ids += found
        days += [day] * len(found)
    kept = dict(Case.objects.filter(pk__in=ids, schema_version=version.number).values_list("id", "content"))
    there = [place for place, case_id in enumerate(ids) if kept.get(case_id)]
    return Sample(
        [ids[place] for place in there],
        [kept[ids[place]] for place in there],
        np.array([days[place] for place in there], dtype=np.int64),
        version.schema,
        version.number,
    )


def drawn_of_day(workflow_id: UUID, since: datetime) -> Any:
    """Return the routings of a day in an order that has nothing to do with them."""
    rows = Decision.objects.filter(workflow_id=workflow_id, sequence=0, epoch=1)
    rows = rows.filter(decided_at__gte=since, decided_at__lt=since + DAY)
    return rows.order_by(MD5(Cast("case_id", TextField())))


def probabilities(
    release: Release, case_ids: Sequence[UUID], contents: Sequence[Row], schema: Schema
) -> np.ndarray:
    """Return what the release says of cases now, (n_cases, n_labels); NaN where it cannot."""
    rows = rows_for(with_said(case_ids, contents, release.workflow_id), schema)
    proba, unusable = score_around_failures(served_model(release.pk), rows)
    proba[[place for place, why in enumerate(unusable) if why is not None]] = np.nan
    return proba
