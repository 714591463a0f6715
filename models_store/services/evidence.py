"""What in a case speaks for a suggestion: computed when a reviewer asks, after the decision, and stored."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from cases.models import Case, SchemaVersion
from models_store.models import Release, SourceScore, StoredExplanation
from models_store.rows import rows_for
from models_store.serving import served_model
from science.explain import explain, verify
from science.explain.quotes import STATUS as QUOTED
from science.explain.quotes import quoted
from science.fields import Schema
from science.serving import Cascade, own_model

log = logging.getLogger(__name__)

MIN_RATIO = 1.5  # times as far as at random must taking evidence away move a model, or it is called weak
UNAVAILABLE = {"schema": "highlight/1", "status": "unavailable", "highlights": []}
FROM_ELSEWHERE = UNAVAILABLE | {"status": "elsewhere"}  # nobody here knows what a model elsewhere looked at


def evidence_for(
    *, case_id: UUID, release_id: UUID, target: str, contrast: str, now: datetime
) -> dict[str, Any]:
    """Return the evidence for `target` against `contrast` as highlight/1, from the cache where it is.

    Never raises for what is in a case or a model: what cannot be explained is `unavailable`, and the desk
    shows the case without marks.
    """
    kept = StoredExplanation.objects.filter(
        case_id=case_id, release_id=release_id, target=target, contrast=contrast
    )
    body = kept.values_list("body", flat=True).first()
    if body is not None:
        return dict(body)
    try:
        body = _compute(case_id, release_id, target, contrast)
    except Exception:
        log.exception("no evidence", extra={"case": str(case_id), "release": str(release_id)})
        body = dict(UNAVAILABLE)
    if body["status"] in (UNAVAILABLE["status"], FROM_ELSEWHERE["status"], QUOTED):
        return body  # not kept: the file may be back, or the model be loaded or quote, when it is asked again
    StoredExplanation.objects.bulk_create(
        [
            StoredExplanation(
                case_id=case_id,
                release_id=release_id,
                target=target,
                contrast=contrast,
                body=body,
                computed_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return body


def _compute(case_id: UUID, release_id: UUID, target: str, contrast: str) -> dict[str, Any]:
    case = Case.objects.get(pk=case_id)
    release = (
        Release.objects.defer("report", "manifest")
        .annotate(checked=F("report__explanations"))
        .get(pk=release_id, workflow_id=case.workflow_id)
    )
    schema = SchemaVersion.objects.get(workflow_id=case.workflow_id, number=case.schema_version).schema
    scorer = served_model(release_id)
    served = own_model(scorer)
    if served is None:
        return _quoted(case, release, schema, target, contrast)
    (row,) = rows_for([case.content], schema)
    if isinstance(scorer, Cascade) and scorer.leaves([row])[0]:
        return _quoted(case, release, schema, target, contrast)
    if schema.sha256() != served.schema_sha256 or served.fits([row]) != [None]:
        return dict(UNAVAILABLE)
    found = explain(served, row, target=target, contrast=contrast, model=release.name)
    if found.status == UNAVAILABLE["status"]:
        return dict(UNAVAILABLE)
    verify(found, row)
    return _with_quality(found.to_json(), release.checked or {})


def _quoted(case: Case, release: Release, schema: Schema, target: str, contrast: str) -> dict[str, Any]:
    """Return what the model elsewhere quoted for this label, as far as it stands in the case."""
    scores = SourceScore.objects.filter(source__releases=release, case=case)
    told = scores.values_list("quoted", flat=True).first() or {}
    if told.get("label") != target:
        return dict(FROM_ELSEWHERE)
    fields = [field.name for field in schema.fields if not field.is_media]
    named = {"target": target, "contrast": contrast, "model": release.name}
    return quoted(told["quotes"], case.content, fields, **named) or dict(FROM_ELSEWHERE)


def _with_quality(body: dict[str, Any], checked: Mapping[str, Any]) -> dict[str, Any]:
    """Say how much the release's evidence matters; where it hardly does, all of it is called weak."""
    ratio = checked.get("ratio")
    quality = {"ratio_to_random": ratio, "n": checked.get("n_rows", 0)}
    return {**body, "quality": quality, "status": "weak" if matters_little(checked) else body["status"]}


def matters_little(checked: Mapping[str, Any]) -> bool:
    """Tell whether a release's evidence matters so little that all of it is called weak.

    By the check of `science.explain.self_check`; marks in pictures must also matter more than where the
    picture has most contrast (`science.pipelines.trust`).
    """
    ratio, marks = checked.get("ratio"), checked.get("marks")
    return (ratio is not None and ratio < MIN_RATIO) or (marks is not None and not marks["beats"])
