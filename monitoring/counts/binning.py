"""Which bins a workflow's fields are counted in, and what its baselines hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from cases.models import Asset, Case, SchemaVersion, Workflow
from cases.selectors import asset_name, schema_in_force
from hitl.shared.words import Words
from models_store.models import LabelRole, Release
from models_store.types import LabelUse
from monitoring.models import Baseline, Binning
from science.drift.counting import Bins, Content, Files, Key
from science.fields import Schema

MAX_LEARNED = 10_000  # cases that bins and a baseline are made of, the newest
MIN_LEARNED = 200
FIRST = Words("the first bins of the workflow")
OTHER_FIELDS = Words("other fields")


@dataclass(frozen=True, slots=True)
class BinsInUse:
    """The bins that a workflow's new cases are counted in."""

    binning: Binning
    bins: Bins
    schema: Schema


def files_of(contents: Iterable[Content], schema: Schema) -> Files:
    """Return what was kept of the files in these cases, by their names; one query, none without media."""
    media = [field.name for field in schema.fields if field.is_media]
    names = {asset_name(content.get(field)) for content in contents for field in media} - {None}
    if not names:
        return {}
    rows = Asset.objects.filter(sha256__in=names).values_list("sha256", "measures")
    return {name: measures or {} for name, measures in rows}


def bins_in_use(workflow: Workflow, *, now: datetime) -> BinsInUse | None:
    """Return the bins, made now where that is due and there are enough cases; None while there are none."""
    binning = Binning.objects.filter(workflow=workflow, ended_at=None).first()
    if binning is None or binning.schema_version != workflow.schema_version:
        reason = FIRST if binning is None else OTHER_FIELDS
        contents = _newest(workflow.id, workflow.schema_version)
        if len(contents) >= MIN_LEARNED:
            binning = rebin(workflow, contents, reason=reason, now=now)
    if binning is None:
        return None
    version = SchemaVersion.objects.get(workflow=workflow, number=binning.schema_version)
    return BinsInUse(binning, Bins.from_json(binning.bins), version.schema)


@transaction.atomic
def rebin(workflow: Workflow, contents: Sequence[Content], *, reason: str, now: datetime) -> Binning:
    """Make new bins of these cases; what was counted before is kept, and never compared with what comes.

    Bins are learned from every other case and the baseline is counted on the rest: in the cases that a list
    of frequent values was made of, no value is new.
    """
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    present = Binning.objects.filter(workflow=workflow, ended_at=None).first()
    if present is not None and present.made_at >= now:
        return present  # another worker was faster
    schema = schema_in_force(workflow).schema
    files = files_of(contents, schema)
    bins = Bins.learn(schema, contents[::2], files)
    Binning.objects.filter(workflow=workflow, ended_at=None).update(ended_at=now)
    made = Binning.objects.create(
        workflow=workflow,
        schema_version=workflow.schema_version,
        bins=bins.to_json(),
        n_cases=len(contents[::2]),
        reason=reason,
        made_at=now,
    )
    _keep_baseline(made, None, bins.count(schema, contents[1::2], files), len(contents[1::2]), now)
    return made


def make_baseline(used: BinsInUse, release: Release, *, now: datetime) -> Baseline | None:
    """Count the cases that a release was trained on; None where too few fit the bins. Made once."""
    kept = Baseline.objects.filter(binning=used.binning, release_id=release.pk).first()
    if kept is not None:
        return kept
    if release.schema_version != used.binning.schema_version:
        return None
    roles = LabelRole.objects.filter(release=release, use=LabelUse.TRAIN).order_by("-label_id")
    rows = roles.values_list("label__case__content", "label__case__schema_version")[:MAX_LEARNED]
    contents = [content for content, version in rows if version == used.binning.schema_version]
    if len(contents) < MIN_LEARNED:
        return None
    files = files_of(contents, used.schema)
    counts = used.bins.count(used.schema, contents, files)
    return _keep_baseline(used.binning, release.pk, counts, len(contents), now)


def baseline_for(binning_id: UUID, release_id: UUID | None) -> dict[Key, np.ndarray] | None:
    """Return the counts of a release's training cases, else of the cases that the bins came from."""
    rows = {row.release_id: row for row in Baseline.objects.filter(binning_id=binning_id)}
    kept = rows.get(release_id) or rows.get(None)
    if kept is None:
        return None
    return {(field, measure): np.array(counts, dtype=np.int64) for field, measure, counts in kept.counts}


def _keep_baseline(
    binning: Binning, release_id: UUID | None, counts: dict[Key, np.ndarray], n_cases: int, now: datetime
) -> Baseline:
    stored: list[Any] = [[*key, counted.tolist()] for key, counted in sorted(counts.items())]
    kept, _ = Baseline.objects.get_or_create(
        binning=binning,
        release_id=release_id,
        defaults={"counts": stored, "n_cases": n_cases, "made_at": now},
    )
    return kept


def _newest(workflow_id: UUID, schema_version: int) -> list[Content]:
    rows = Case.objects.filter(workflow_id=workflow_id, schema_version=schema_version)
    return list(rows.order_by("-id").values_list("content", flat=True)[:MAX_LEARNED])
