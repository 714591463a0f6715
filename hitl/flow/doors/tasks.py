"""Jobs of the flow: each takes ids and calls one service."""

from uuid import UUID

from celery import shared_task

from hitl.flow.intake import later
from hitl.flow.settling import known_answers, overdue, void, withdraw
from hitl.shared import clock
from models_store.services import runs
from reviews.services.queue import WITHDRAW_SKIPPED


@shared_task(name=runs.JOB)
def train(run_id: str) -> None:
    """Carry out a training run."""
    from hitl.flow.learning.run import run_training  # scikit-learn: only where models are trained

    run_training(run_id=UUID(run_id), clock=clock.now)


@shared_task(name=later.JOB)
def take_in_batch(batch_id: str) -> None:
    """Work through a batch that was accepted to be worked on later."""
    later.take_in_batch(batch_id=UUID(batch_id), now=clock.now())


@shared_task(name="hitl.flow.sweep_batches")
def sweep_batches() -> None:
    """Find batches whose bell was lost or whose worker died."""
    later.sweep_batches(now=clock.now())


@shared_task(name=void.JOB)
def void_answers(voiding_id: str) -> None:
    """Work a voiding through, each step at its own time."""
    while void.step(voiding_id=UUID(voiding_id), now=clock.now()):
        pass


@shared_task(name="hitl.flow.sweep_voidings")
def sweep_voidings() -> None:
    """Find voidings whose bell was lost or whose worker died."""
    for voiding_id in void.unfinished():
        while void.step(voiding_id=voiding_id, now=clock.now()):
            pass


@shared_task(name=WITHDRAW_SKIPPED)
def withdraw_skipped() -> None:
    """Withdraw what a reviewer passed on where nobody else is to be asked."""
    withdraw.withdraw_skipped(now=clock.now())


@shared_task(name="hitl.flow.sweep_queue")
def sweep_queue() -> None:
    """Deal with what is overdue, let known-answer cases in, and find what was passed on without a bell."""
    overdue.sweep_overdue(now=clock.now())
    known_answers.sweep_known_answers(now=clock.now())
    withdraw.withdraw_skipped(now=clock.now())
