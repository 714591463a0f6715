"""Cases in a line each, for lists at the desk."""

from collections.abc import Sequence
from uuid import UUID

from cases.models import Case, SchemaVersion
from cases.selectors import assets_of
from cases.web.content import preview


def glances(cases: Sequence[Case]) -> dict[UUID, str]:
    """Return each case in one line; one query for their schemas, one for their files."""
    versions = SchemaVersion.objects.filter(workflow_id__in={case.workflow_id for case in cases})
    schemas = {(version.workflow_id, version.number): version.schema for version in versions}
    assets = assets_of(list(cases)) if cases else {}
    return {
        case.pk: preview(case, schemas[case.workflow_id, case.schema_version], assets).text for case in cases
    }
