"""The labels of cases: one current label each, append-only."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from cases.models import Case, Label
from hitl.shared.ids import new_id
from hitl.shared.prepared import Prepared

_RECORD = Prepared(
    "hitl_record_label",
    """
    INSERT INTO cases_label (id, case_id, workflow_id, schema_version, label, purpose, labelled_by_id,
                             is_blind, inclusion_probability, seconds, at)
    VALUES (%(id)s, %(case)s, %(workflow)s, %(schema_version)s, %(label)s, %(purpose)s, %(labelled_by)s,
            %(is_blind)s, %(inclusion_probability)s, %(seconds)s, %(now)s)
    """,
    {
        "id": "uuid",
        "case": "uuid",
        "workflow": "uuid",
        "schema_version": "int",
        "label": "text",
        "purpose": "text",
        "labelled_by": "int",
        "is_blind": "bool",
        "inclusion_probability": "float8",
        "seconds": "float8",
        "now": "timestamptz",
    },
)


def record_label(
    *,
    case: Case,
    schema_version: int,
    label: str,
    purpose: str,
    is_blind: bool,
    inclusion_probability: float | None,
    labelled_by_id: int | None,
    seconds: float | None,
    now: datetime,
) -> None:
    """Make `label` the current label of a case that has none.

    Call inside the transaction that holds the case's lock.
    """
    with connection.cursor() as cursor:
        _RECORD.execute(
            cursor,
            {
                "id": new_id(),
                "case": case.pk,
                "workflow": case.workflow_id,
                "schema_version": schema_version,
                "label": label,
                "purpose": purpose,
                "labelled_by": labelled_by_id,
                "is_blind": is_blind,
                "inclusion_probability": inclusion_probability,
                "seconds": seconds,
                "now": now,
            },
        )


def supersede_label(*, case_id: UUID, now: datetime) -> bool:
    """End the current label of a case; False when it has none."""
    return Label.objects.filter(case_id=case_id, superseded_at=None).update(superseded_at=now) == 1


def take_back_label(*, case_id: UUID, given_at: datetime, now: datetime) -> None:
    """Undo the label given at `given_at`: the one it superseded is current again."""
    if Label.objects.filter(case_id=case_id, at=given_at, superseded_at=None).update(superseded_at=now):
        ended_by_it = Label.objects.filter(case_id=case_id, superseded_at=given_at).exclude(at=given_at)
        ended_by_it.update(superseded_at=None)
