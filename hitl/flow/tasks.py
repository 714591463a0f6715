"""Jobs of the flow: each takes ids and calls one service."""

from uuid import UUID

from celery import shared_task

from hitl.flow import batches, voiding
from hitl.shared import clock


@shared_task(name=batches.JOB)
def take_in_batch(batch_id: str) -> None:
    """Work through a batch that was accepted to be worked on later."""
    batches.take_in_batch(batch_id=UUID(batch_id), now=clock.now())


@shared_task(name="hitl.flow.sweep_batches")
def sweep_batches() -> None:
    """Find batches whose bell was lost or whose worker died."""
    batches.sweep_batches(now=clock.now())


@shared_task(name=voiding.JOB)
def void_answers(voiding_id: str) -> None:
    """Work a voiding through, each step at its own time."""
    while voiding.step(voiding_id=UUID(voiding_id), now=clock.now()):
        pass


@shared_task(name="hitl.flow.sweep_voidings")
def sweep_voidings() -> None:
    """Find voidings whose bell was lost or whose worker died."""
    for voiding_id in voiding.unfinished():
        while voiding.step(voiding_id=voiding_id, now=clock.now()):
            pass
