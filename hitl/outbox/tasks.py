"""Jobs of the outbox."""

from celery import shared_task
from django.contrib.sessions.models import Session

from hitl.outbox.endpoints import RELAY
from hitl.outbox.relay import relay
from hitl.outbox.retention import purge_events
from hitl.shared import clock


@shared_task(name="hitl.outbox.purge")
def purge() -> None:
    """Delete old events, and sessions that are over."""
    purge_events(now=clock.now())
    Session.objects.filter(expire_date__lt=clock.now()).delete()


@shared_task(name=RELAY)
def relay_events() -> None:
    """Deliver what is due; started after every event, and by beat for lost messages and retries."""
    relay(now=clock.now())
