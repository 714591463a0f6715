"""Questions about cases."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from cases.models import Asset, Case, FileImport, Label, SchemaVersion, Workflow
from science.fields import Schema

SchemaKey = tuple[UUID, int]


def schemas_of(cases: Iterable[Case]) -> dict[SchemaKey, Schema]:
    """Return the schemas these cases were submitted under, by workflow and number; one query."""
    wanted = {(case.workflow_id, case.schema_version) for case in cases}
    if not wanted:
        return {}
    any_of = Q()
    for workflow_id, number in wanted:
        any_of |= Q(workflow_id=workflow_id, number=number)
    return {(row.workflow_id, row.number): row.schema for row in SchemaVersion.objects.filter(any_of)}


def schema_in_force(workflow: Workflow) -> SchemaVersion:
    """Return the version of the schema that a workflow's new cases fit."""
    return SchemaVersion.objects.get(workflow=workflow, number=workflow.schema_version)


def assets_of(cases: Iterable[Case]) -> dict[str, Asset]:
    """Return the images and recordings in these cases, by their hash; one query, none without media."""
    names = {asset_name(value) for case in cases for value in case.content.values()} - {None}
    return {asset.sha256: asset for asset in Asset.objects.filter(sha256__in=names)} if names else {}


def related_to(case: Case, *, most: int = 10) -> list[Case]:
    """Return the newest other cases of the same entity; none where the case belongs to nothing."""
    if case.entity is None:
        return []
    others = Case.objects.filter(workflow_id=case.workflow_id, entity=case.entity).exclude(pk=case.pk)
    return list(others.order_by("-id")[:most])


def asset_name(value: object) -> str | None:
    """Return the hash that a value of a media field points to; None for any other value."""
    name = value.get("asset") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None


def labelled_by_hand(case_ids: Collection[UUID]) -> set[UUID]:
    """Return those cases whose current label comes of no answer to a task: somebody decided them anew."""
    current = Label.objects.filter(case_id__in=case_ids, superseded_at=None, review_id=None)
    return set(current.values_list("case_id", flat=True)) if case_ids else set()


def workflows_by_name() -> QuerySet[Workflow]:
    """Return all workflows, archived ones too."""
    return Workflow.objects.order_by("name")


def file_import_of(workflow_id: UUID, import_id: UUID) -> FileImport | None:
    """Return a file that was given for this workflow; None where there is none of that name."""
    return FileImport.objects.filter(pk=import_id, workflow_id=workflow_id).first()


def cases_by_id(ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Return those of these cases that are there."""
    return Case.objects.in_bulk(set(ids))
