"""What sources said of cases, beside the contents that models of this service read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from models_store.models import SourceScore
from models_store.rows import Row
from science.decision_terms import Reason
from science.serving import ScoredRow, SourceAnswer


def said_of(case_ids: Sequence[UUID], workflow_id: UUID) -> dict[UUID, dict[str, SourceAnswer]]:
    """Return what was said of these cases, by case and by the hash of the source."""
    found: defaultdict[UUID, dict[str, SourceAnswer]] = defaultdict(dict)
    rows = SourceScore.objects.filter(source__workflow_id=workflow_id, case_id__in=case_ids)
    for case_id, source, proba, unusable in rows.values_list(
        "case_id", "source__sha256", "proba", "unusable"
    ):
        found[case_id][source] = SourceAnswer(
            None if proba is None else tuple(proba), Reason(unusable) if unusable else None
        )
    return dict(found)


def with_said(case_ids: Sequence[UUID], contents: Sequence[Row], workflow_id: UUID) -> list[Row]:
    """Return the contents, each with what sources said of its case."""
    said: Mapping[UUID, Mapping[str, SourceAnswer]] = said_of(case_ids, workflow_id)
    return [
        ScoredRow(content, said[case_id]) if case_id in said else content
        for case_id, content in zip(case_ids, contents, strict=True)
    ]
