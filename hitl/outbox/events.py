"""Tell subscribers what happened, in the transaction in which it happens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from hitl.outbox.models import Delivery, Event
from hitl.shared.ids import new_id
from hitl.shared.jobs import enqueue
from hitl.shared.statements import statements_beside


@dataclass(frozen=True, slots=True)
class News:
    """An event about to be written; `payload` is thin: ids and outcomes, never content."""

    kind: str
    subject_id: UUID
    workflow_id: UUID | None
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    review_id: UUID | None = None  # the answer that brought it about


_ENDPOINTS = statements_beside(__file__)["endpoints_for"].prepared()


def endpoints_for(kind: str, workflow_id: UUID | None) -> list[UUID]:
    """Return the ids of the endpoints that asked for events of this kind in this workflow."""
    with connection.cursor() as cursor:
        _ENDPOINTS.execute(cursor, {"kind": kind, "workflow": workflow_id})
        return [row[0] for row in cursor.fetchall()]


def emit(news: Iterable[News]) -> int:
    """Write the events somebody subscribed to, with their deliveries; return how many were written.

    Must run inside the transaction of the change. Two statements however many events there are.
    """
    events, deliveries = [], []
    subscribed: dict[tuple[str, UUID | None], list[UUID]] = {}
    for item in news:
        key = (item.kind, item.workflow_id)
        if key not in subscribed:
            subscribed[key] = endpoints_for(*key)
        if not subscribed[key]:
            continue
        not_before = item.not_before or item.at
        event = Event(
            id=new_id(),
            kind=item.kind,
            workflow_id=item.workflow_id,
            subject_id=item.subject_id,
            payload=item.payload,
            review_id=item.review_id,
            at=item.at,
            not_before=not_before,
        )
        events.append(event)
        deliveries += [
            Delivery(event=event, endpoint_id=endpoint, due_at=not_before) for endpoint in subscribed[key]
        ]
    if events:
        Event.objects.bulk_create(events, batch_size=1000)
        Delivery.objects.bulk_create(deliveries, batch_size=1000)
        enqueue("hitl.outbox.relay")
    return len(events)
