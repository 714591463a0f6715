"""What a case counts as: one standing label, append-only."""

from datetime import datetime
from uuid import UUID

from cases.models import Case, Label


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
) -> Label:
    """Make `label` what the case counts as, which has no standing label (any more).

    Call inside the transaction that holds the case's lock.
    """
    return Label.objects.create(
        case=case,
        workflow_id=case.workflow_id,
        schema_version=schema_version,
        label=label,
        purpose=purpose,
        labelled_by_id=labelled_by_id,
        is_blind=is_blind,
        inclusion_probability=inclusion_probability,
        seconds=seconds,
        at=now,
    )


def supersede_label(*, case_id: UUID, now: datetime) -> bool:
    """End the standing label of a case; False when it has none."""
    return Label.objects.filter(case_id=case_id, superseded_at=None).update(superseded_at=now) == 1


def take_back_label(*, case_id: UUID, given_at: datetime, now: datetime) -> None:
    """Undo the label given at `given_at`: what it superseded stands again."""
    if Label.objects.filter(case_id=case_id, at=given_at, superseded_at=None).update(superseded_at=now):
        ended_by_it = Label.objects.filter(case_id=case_id, superseded_at=given_at).exclude(at=given_at)
        ended_by_it.update(superseded_at=None)
