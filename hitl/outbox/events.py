"""Tell subscribers what happened, in the transaction in which it happens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hitl.outbox.models import Delivery, Endpoint, Event
from hitl.shared.ids import new_id
from hitl.shared.jobs import enqueue


@dataclass(frozen=True, slots=True)
class News:
    """An event about to be written; `payload` is thin: ids and outcomes, never content."""

    kind: str
    subject_id: UUID
    workflow_id: UUID | None
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None


def endpoints_for(kind: str, workflow_id: UUID | None) -> list[Endpoint]:
    """Return the endpoints that asked for events of this kind in this workflow."""
    live = Endpoint.objects.filter(disabled_at=None)
    return [e for e in live if (not e.kinds or kind in e.kinds) and e.workflow_id in (None, workflow_id)]


def emit(news: Iterable[News]) -> int:
    """Write the events somebody subscribed to, with their deliveries; return how many were written.

    Must run inside the transaction of the change. Two statements however many events there are.
    """
    events, deliveries = [], []
    subscribed: dict[tuple[str, UUID | None], list[Endpoint]] = {}
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
            at=item.at,
            not_before=not_before,
        )
        events.append(event)
        deliveries += [Delivery(event=event, endpoint=e, due_at=not_before) for e in subscribed[key]]
    if events:
        Event.objects.bulk_create(events, batch_size=1000)
        Delivery.objects.bulk_create(deliveries, batch_size=1000)
        enqueue("hitl.outbox.relay")
    return len(events)
