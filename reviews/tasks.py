"""Jobs of the queue."""

from uuid import UUID

from celery import shared_task

from hitl.shared import clock
from reviews.services import order
from reviews.services.leases import reap
from reviews.services.rules import RANK_AGAIN_JOB


@shared_task(name="reviews.reap_leases")
def reap_leases() -> int:
    """Put tasks whose lease has ended back in the queue."""
    return reap(now=clock.now())


@shared_task(name=RANK_AGAIN_JOB)
def rank_again(workflow_id: str) -> int:
    """Work out the place of every open task of a workflow anew."""
    return order.rank_again(workflow_id=UUID(workflow_id))
