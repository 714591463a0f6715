"""Batches for later: the row is the work, the job only a message about it.

A worker locks the row and does everything in the transaction that holds the lock: a worker that is killed
leaves nothing half-written, and the row is free for the next at once.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from cases.content import printable
from cases.models import IntakeBatch
from cases.types import BATCH_TRANSITIONS, IntakeBatchStatus
from hitl.accounts.clients import ClientKey, as_client
from hitl.accounts.models import ApiKey
from hitl.accounts.types import Scope
from hitl.flow.intake.in_force import WorkflowArchived, workflow_in_force
from hitl.flow.intake.parse import read_cases
from hitl.flow.intake.replays import IdempotencyMismatch, KeyRevoked, made_under, request_digest
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Busy, Intake, ItemResult
from hitl.shared.errors import HitlError, NotFound
from hitl.shared.jobs import enqueue
from hitl.shared.transitions import move
from hitl.shared.words import Words

log = logging.getLogger(__name__)

JOB = "hitl.flow.take_in_batch"
MAX_ATTEMPTS = 5
_BELL_LOST_AFTER = timedelta(seconds=15)


@transaction.atomic
def accept_batch(
    *,
    slug: str,
    body: bytes,
    content_type: str,
    key: ClientKey,
    idempotency_key: str | None,
    now: datetime,
) -> IntakeBatch:
    """Store a batch that was parsed and is readable; the same request again is the same batch.

    Raises:
        NotFound: there is no such workflow, or the key was not granted for it.
        WorkflowArchived: it takes no new cases.
        IdempotencyMismatch: the idempotency key was used for another payload.
    """
    current = workflow_in_force(slug)
    if not key.may_use(current.workflow_id):
        raise NotFound(Words('There is no workflow "%(slug)s", or it is not yours.', slug=printable(slug)))
    if current.is_archived:
        raise WorkflowArchived()
    digest = request_digest(slug, body, is_batch=True)
    if idempotency_key is not None:
        made_under(key.id, idempotency_key, digest)
    batch = IntakeBatch(
        workflow_id=current.workflow_id,
        key_id=key.id,
        content_type=content_type,
        body=body,
        request_sha256=digest,
        idempotency_key=idempotency_key,
        received_at=now,
    )
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
    except IntegrityError:
        first = IntakeBatch.objects.defer("body").get(key_id=key.id, idempotency_key=idempotency_key)
        if bytes(first.request_sha256) != digest:
            raise IdempotencyMismatch() from None
        return first
    enqueue(JOB, str(batch.id))
    return batch


def take_in_batch(*, batch_id: UUID, now: datetime) -> bool:
    """Work through a batch; False when there is nothing to do or another worker is at it.

    What cannot be taken in is said in the row, never raised; an unexpected failure leaves the batch to the
    next attempt. The last one asks no model, since a case on which scoring kills its worker goes to a person
    like any other; if even that fails, the batch is given up with its reason.
    """
    if not _begin(batch_id, now):
        return False
    try:
        return _work(batch_id, now)
    except Busy:
        return False
    except HitlError as refused:
        return _finish(batch_id, IntakeBatchStatus.FAILED, now, reason=refused.message)


def sweep_batches(*, now: datetime) -> int:
    """Start again the batches whose message was lost or whose worker died; return how many."""
    waiting = IntakeBatch.objects.filter(
        status__in=[IntakeBatchStatus.QUEUED, IntakeBatchStatus.RUNNING],
        received_at__lt=now - _BELL_LOST_AFTER,
    )
    ids = [str(pk) for pk in waiting.order_by("received_at").values_list("pk", flat=True)[:100]]
    for batch_id in ids:
        enqueue(JOB, batch_id)
    return len(ids)


@transaction.atomic
def _begin(batch_id: UUID, now: datetime) -> bool:
    """Note the attempt, unless another worker holds the row."""
    batch = (
        IntakeBatch.objects.select_for_update(skip_locked=True, no_key=True)
        .only("attempts")
        .filter(pk=batch_id)
        .first()
    )
    if batch is None:
        return False
    row = IntakeBatch.objects.filter(pk=batch_id)
    if batch.attempts >= MAX_ATTEMPTS:
        reason = Words(
            "Given up after %(count)s attempts. Send the cases in smaller batches.", count=MAX_ATTEMPTS
        )
        move(
            row,
            table=BATCH_TRANSITIONS,
            to=IntakeBatchStatus.FAILED,
            finished_at=now,
            reason=reason,
            body=None,
        )
        return False
    return bool(
        move(
            row,
            table=BATCH_TRANSITIONS,
            to=IntakeBatchStatus.RUNNING,
            started_at=now,
            attempts=F("attempts") + 1,
        )
    )


@transaction.atomic
def _work(batch_id: UUID, now: datetime) -> bool:
    batch = (
        IntakeBatch.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("workflow")
        .filter(pk=batch_id, status=IntakeBatchStatus.RUNNING)
        .first()
    )
    if batch is None or batch.body is None:
        return False
    sent = read_cases(bytes(batch.body), batch.content_type)
    intake = Intake(
        slug=batch.workflow.slug,
        items=sent.items,
        key=_key_of(batch, now),
        now=now,
        idempotency_key=batch.idempotency_key,
        request_sha256=bytes(batch.request_sha256) if batch.idempotency_key else None,
        is_batch=True,
        is_scored=batch.attempts < MAX_ATTEMPTS,
    )
    results = submit_cases(intake)
    rejected = sum(result.case is None for result in results)
    return _finish(
        batch_id,
        IntakeBatchStatus.DONE,
        now,
        accepted=len(results) - rejected,
        rejected=rejected,
        items=[_item(place, result) for place, result in enumerate(results)],
    )


def _key_of(batch: IntakeBatch, now: datetime) -> ClientKey:
    key = ApiKey.objects.get(pk=batch.key_id)
    if not key.is_live(now) or Scope.SUBMIT not in key.scopes:
        raise KeyRevoked()
    return as_client(key)


def _item(place: int, result: ItemResult) -> dict[str, object]:
    """Keep what became of a case short: the case itself tells the rest."""
    body: dict[str, object] = {"index": place, "status": result.status}
    if result.case is not None:
        body["case"] = {name: result.case[name] for name in ("id", "reference")}
    if result.errors:
        body["errors"] = result.errors
    return body


def _finish(batch_id: UUID, status: IntakeBatchStatus, now: datetime, **result: object) -> bool:
    row = IntakeBatch.objects.filter(pk=batch_id)
    return bool(move(row, table=BATCH_TRANSITIONS, to=status, finished_at=now, body=None, **result))
