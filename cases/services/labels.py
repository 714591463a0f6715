"""Labels of cases: one current label each, append-only; many are written in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from cases.models import Case, Label
from hitl.shared.ids import new_id
from hitl.shared.statements import statements_beside


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to record.

    Attributes:
        review_id: the answer that brought it about; None where nobody answered a task.
        is_replaced: it was said, and another label of the same answer takes its place at once.
    """

    case: Case
    schema_version: int
    label: str
    purpose: str
    is_blind: bool
    inclusion_probability: float | None
    labelled_by_id: int | None
    seconds: float | None
    review_id: UUID | None = None
    is_replaced: bool = False


_SQL = statements_beside(__file__)
_RECORD = _SQL["record_labels"].prepared()
_SUPERSEDE = _SQL["supersede_labels"].text


def record_labels(labels: Sequence[NewLabel], *, now: datetime) -> None:
    """Make these what their cases count as, which have no current label (any more).

    Call inside the transaction that holds the cases' locks.
    """
    rows = [
        {
            "id": new_id(),
            "case_id": one.case.pk,
            "workflow_id": one.case.workflow_id,
            "schema_version": one.schema_version,
            "label": one.label,
            "purpose": one.purpose,
            "labelled_by_id": one.labelled_by_id,
            "is_blind": one.is_blind,
            "inclusion_probability": one.inclusion_probability,
            "seconds": one.seconds,
            "review_id": one.review_id,
            "is_replaced": one.is_replaced,
        }
        for one in labels
    ]
    with connection.cursor() as cursor:
        _RECORD.execute(cursor, {"labels": orjson.dumps(rows).decode(), "now": now})


def supersede_labels(by_case: Mapping[UUID, UUID | None], *, now: datetime) -> None:
    """End the current label of each of these cases, if it has one, and say which review ended it, if any."""
    rows = [{"case_id": case_id, "review_id": review_id} for case_id, review_id in by_case.items()]
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, {"rows": orjson.dumps(rows).decode(), "now": now})


def take_back_label(*, case_id: UUID, review_id: UUID, now: datetime) -> bool:
    """Undo the label that a review brought about, if any: the one that it ended is current again.

    False when that label has been replaced since: somebody has built on it.
    """
    labels = Label.objects.filter(case_id=case_id)
    if not labels.filter(review_id=review_id, superseded_at=None).update(superseded_at=now):
        return not labels.filter(review_id=review_id).exists()
    ended_by_it = labels.filter(superseded_by_review_id=review_id)
    ended_by_it.update(superseded_at=None, superseded_by_review_id=None)
    return True
