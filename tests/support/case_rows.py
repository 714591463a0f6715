"""Situations of cases for tests of pages: waiting, decided by the model, audited, answered by a person."""

from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from cases.models import Asset, Case, SchemaVersion, Workflow
from cases.types import CaseStatus, Purpose
from hitl.accounts.models import User
from hitl.flow.settling.answer import answer_batch
from models_store.models import RoleSpan
from policy.models import CutoffSet, Decision
from reviews.models import Review, Task
from reviews.services.answers import Answer
from reviews.types import TaskStatus
from science.fields import Schema
from tests.support.factories import NOW


def workflow_of(slug: str, *, fields: list[dict[str, Any]], labels: list[str], name: str = "") -> Workflow:
    """Return a workflow with these fields and labels, and no policy."""
    schema = Schema.from_json({"fields": fields, "labels": labels})
    workflow = Workflow.objects.create(slug=slug, name=name or slug, created_at=NOW)
    SchemaVersion.objects.create(
        workflow=workflow,
        number=1,
        fields=[field.to_json() for field in schema.fields],
        labels=[
            {"name": label, "hotkey": str(i + 1), "cost": 1.0, "meaning": ""}
            for i, label in enumerate(labels)
        ],
        schema_sha256=schema.sha256(),
        created_at=NOW,
    )
    return workflow


def waiting_case(
    workflow: Workflow,
    content: dict[str, Any],
    *,
    at: datetime = NOW,
    routing: dict[str, Any] | None = None,
    **fields: Any,
) -> Case:
    """Return a case that waits for a person; the model was not sure about it, or `routing` says why."""
    case = _case(workflow, content, at, **fields)
    _routing(case, **({"route": "review", "reason": "below_cutoff", "label": None} | (routing or {})))
    _task(case, Purpose.REVIEW, ["uncertain"], at)
    return case


def automatic_case(
    workflow: Workflow,
    content: dict[str, Any],
    label: str,
    *,
    at: datetime = NOW,
    audited: bool = False,
    **fields: Any,
) -> Case:
    """Return a case that the model has decided; an audit of it, if drawn, is still open."""
    case = _case(workflow, content, at, status=CaseStatus.DECIDED, answer=label, **fields)
    _routing(case, route="auto", reason="above_cutoff", label=label, is_audited=audited, is_blind=audited)
    if audited:
        _task(case, Purpose.AUDIT, ["audit"], at)
    return case


def answer(case: Case, reviewer: User, label: str, *, after: float = 2.0) -> Review:
    """Let a person answer the case's open task, `after` minutes, with all that follows in production."""
    at = case.received_at + timedelta(minutes=after)
    task = case.tasks.get(status__in=[TaskStatus.WAITING, TaskStatus.LEASED])
    since = at - timedelta(seconds=9)
    said = {task.pk: Answer(label, seconds=9)}
    assert not answer_batch(by_task=said, actor=reviewer.as_actor(), since=since, now=at).passed_by
    case.refresh_from_db()
    return Review.objects.get(task=task)


def image_asset(*, size: tuple[int, int] = (64, 48), colour: str = "#56b4e9") -> Asset:
    """Return a stored PNG of one colour."""
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return stored(buffer.getvalue(), "image/png", width=size[0], height=size[1])


def stored(data: bytes, media_type: str, **fields: Any) -> Asset:
    """Return an asset whose bytes are in the media store."""
    name = sha256(data).hexdigest()
    asset = Asset(sha256=name, media_type=media_type, size_bytes=len(data), stored_at=NOW, **fields)
    asset.save()
    if not default_storage.exists(asset.path):
        default_storage.save(asset.path, ContentFile(data))
    return asset


def _case(workflow: Workflow, content: dict[str, Any], at: datetime, **fields: Any) -> Case:
    values: dict[str, Any] = {"status": CaseStatus.WAITING, "content_sha256": bytes(32), "changed_at": at}
    return Case.objects.create(
        workflow=workflow, schema_version=1, content=content, received_at=at, **(values | fields)
    )


def _routing(case: Case, **fields: Any) -> None:
    span = RoleSpan.objects.filter(workflow=case.workflow, role="champion", until=None).first()
    if span is None:
        fields |= {"route": "review", "reason": "no_model"}
        _decision(case, sequence=0, **fields)
        return
    cutoffs = CutoffSet.objects.filter(release=span.release).first()
    is_auto = fields["route"] == "auto"
    score = 0.987654321 if is_auto else 0.612345678
    numbers = {
        "predicted": fields["label"] or span.release.labels[0],
        "score": score,
        "confidence": score,
        "cutoff": 0.9,
        "proba": [score, 1 - score],
        "release": span.release,
        "cutoff_set": cutoffs,
        "certificate": cutoffs.certificate if cutoffs else None,
        "inclusion_probability": 0.0212,
        "reference_rate": 0.02,
        "uniform": 0.5,
    }
    _decision(case, sequence=0, **(numbers | fields))


def _decision(
    case: Case, *, sequence: int, by: User | None = None, at: datetime | None = None, **fields: Any
) -> Decision:
    return Decision.objects.create(
        case=case,
        epoch=case.epoch,
        sequence=sequence,
        workflow=case.workflow,
        policy_version=1,
        actor_kind="user" if by else "system",
        actor_id=str(by.pk) if by else "rule",
        actor_name=by.get_username() if by else str(fields.get("release") or "rule"),
        arrived_at=case.received_at,
        decided_at=at or case.received_at,
        **fields,
    )


def _task(case: Case, purpose: str, reasons: list[str], at: datetime) -> Task:
    return Task.objects.create(
        case=case,
        workflow=case.workflow,
        schema_version=1,
        purpose=purpose,
        reasons=reasons,
        mode="blind",
        created_at=at,
        due_at=at + timedelta(hours=24),
    )
