"""Batches for later: accept one, and report its progress."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from cases.models import IntakeBatch
from hitl.accounts.clients import ClientKey
from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.intake.later import accept_batch
from hitl.shared import clock
from hitl.shared.errors import NotFound


def accept(
    *, slug: str, body: bytes, content_type: str, key: ClientKey, idempotency_key: str | None
) -> HttpResponse:
    """Keep a batch for a worker and say where to look for it."""
    batch = accept_batch(
        slug=slug,
        body=body,
        content_type=content_type,
        key=key,
        idempotency_key=idempotency_key,
        now=clock.now(),
    )
    headers = {"Location": f"/api/v1/batches/{batch.id}", "Preference-Applied": "respond-async"}
    return answer(batch_body(batch), status=202, headers=headers)


def batch_body(batch: IntakeBatch) -> dict[str, Any]:
    """Return a batch as the API shows it."""
    return {
        "id": str(batch.id),
        "status": batch.status,
        "received_at": batch.received_at,
        "finished_at": batch.finished_at,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "items": batch.items,
        "reason": batch.reason or None,
    }


class BatchView(ApiView):
    """One batch, for the key that sent it."""

    scopes: ClassVar = {"GET": (Scope.SUBMIT, Scope.READ)}

    @docs.GET_BATCH
    def get(self, request: Request, batch_id: UUID) -> HttpResponse:
        """Return the batch's status and what became of its cases."""
        key = caller(request)
        batch = IntakeBatch.objects.defer("body").filter(pk=batch_id, key_id=key.id).first()
        if batch is None:
            raise NotFound("There is no such batch, or another key sent it.")
        return answer(batch_body(batch))
