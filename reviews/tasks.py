"""Jobs of the queue."""

from celery import shared_task

from hitl.shared import clock
from reviews.services.queue import reap


@shared_task(name="reviews.reap_leases")
def reap_leases() -> int:
    """Put tasks whose lease has ended back in the queue."""
    return reap(now=clock.now())
