"""Jobs of the outbox."""

from celery import shared_task

from hitl.outbox.endpoints import RELAY
from hitl.outbox.relay import relay
from hitl.shared import clock


@shared_task(name=RELAY)
def relay_events() -> None:
    """Deliver what is due; started after every event, and by beat for lost messages and retries."""
    relay(now=clock.now())
