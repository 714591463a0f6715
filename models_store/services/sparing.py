"""Of which cases nobody needs to know what a model elsewhere says: each one spared is not paid for."""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from cases.models import Case, SchemaVersion
from models_store.models import Release, Source
from models_store.rows import rows_for
from models_store.serving import served_model
from models_store.types import IN_USE
from science.serving import Cascade

log = logging.getLogger(__name__)


def spared(source: Source, cases: Sequence[Case], *, waiting: Collection[UUID]) -> set[UUID]:
    """Return the ids of the cases that the source need not be asked about; those that wait for it never are.

    Where all its releases in use are cascades, these are the cases that the first model of each keeps. While
    one of them is no cascade, or none is in use and labels with its scores are being gathered, none is. Nor
    is one that a first model cannot be asked about.
    """
    releases = _in_use(source)
    kept = [case for case in cases if case.pk not in waiting]
    if not kept or not releases or not all(one.is_cascade for one in releases):
        return set()
    by_schema: defaultdict[int, list[Case]] = defaultdict(list)
    for case in kept:
        by_schema[case.schema_version].append(case)
    versions = SchemaVersion.objects.filter(workflow_id=source.workflow_id, number__in=list(by_schema))
    found: set[UUID] = set()
    for version in versions:
        found |= _kept_by_all(releases, by_schema[version.number], version)
    return found


def sparing_nothing(source: Source) -> list[Release]:
    """Return for which releases it is asked about every case, although a cascade with it is in use."""
    releases = _in_use(source)
    others = [one for one in releases if not one.is_cascade]
    return others if len(others) < len(releases) else []


def _in_use(source: Source) -> list[Release]:
    in_use = {"role_spans__role__in": IN_USE, "role_spans__until": None}
    return list(Release.objects.filter(source=source, **in_use).defer("report", "manifest"))


def _kept_by_all(releases: Sequence[Release], cases: Sequence[Case], version: SchemaVersion) -> set[UUID]:
    kept = {case.pk for case in cases}
    try:
        rows = rows_for([case.content for case in cases], version.schema)
        for release in releases:
            served = served_model(release.pk)
            if not isinstance(served, Cascade) or release.schema_sha256 != version.schema_sha256:
                return set()
            left = served.leaves(rows)
            kept -= {case.pk for case, is_left in zip(cases, left.tolist(), strict=True) if is_left}
    except Exception:  # whatever it was, asking costs money and not asking costs evidence
        log.exception("the model elsewhere is asked about all", extra={"workflow": str(version.workflow_id)})
        return set()
    return kept
