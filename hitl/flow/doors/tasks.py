"""Jobs of the flow: each takes ids and calls one service."""

from uuid import UUID

from celery import shared_task

from cases.services.withdrawn_files import erase_withdrawn_files
from hitl.flow.intake import backlog, later, scoring
from hitl.flow.settling import known_answers, recall, sla_action, void, withdraw
from hitl.flow.setup import file_imports
from hitl.shared import clock
from models_store.services import runs
from policy.services import recalls
from reviews.services.skip_hold_escalate import WITHDRAW_SKIPPED


@shared_task(name=runs.JOB)
def train(run_id: str) -> None:
    """Carry out a training run."""
    from hitl.flow.learning.run import run_training  # scikit-learn: only where models are trained

    run_training(run_id=UUID(run_id), clock=clock.now)


@shared_task(name=later.JOB)
def take_in_batch(batch_id: str) -> None:
    """Work through a batch that was accepted for later."""
    later.take_in_batch(batch_id=UUID(batch_id), now=clock.now())


@shared_task(name="hitl.flow.sweep_batches")
def sweep_batches() -> None:
    """Find batches and files whose message was lost or whose worker died."""
    later.sweep_batches(now=clock.now())
    file_imports.sweep_imports(now=clock.now())


@shared_task(name=file_imports.JOB)
def take_in_file(import_id: str) -> None:
    """Take in a file that was given on a page."""
    file_imports.take_in_file(import_id=UUID(import_id), now=clock.now())


@shared_task(name="hitl.flow.sweep_backlogs")
def sweep_backlogs() -> None:
    """Find workflows whose waiting cases are to be looked at again."""
    backlog.sweep_backlogs(now=clock.now())


@shared_task(name=backlog.JOB)
def rescore_waiting(workflow_id: str) -> None:
    """Look again at the waiting cases of a workflow, step by step."""
    while backlog.step(workflow_id=UUID(workflow_id), now=clock.now()):
        pass


@shared_task(name="hitl.flow.sweep_scores")
def sweep_scores() -> None:
    """Find models elsewhere that somebody waits for."""
    scoring.sweep_scores(now=clock.now())


@shared_task(name=scoring.JOB)
def fetch_scores(source_id: str) -> None:
    """Ask a model elsewhere about the cases that wait for it."""
    scoring.fetch_scores(source_id=UUID(source_id), now=clock.now())


@shared_task(name="hitl.flow.sweep_recalls")
def sweep_recalls() -> None:
    """Go on with every open recall."""
    recall.sweep_recalls(now=clock.now())


@shared_task(name=recalls.JOB)
def recall_decisions(recall_id: str) -> None:
    """Ask about recalled decisions, as many as the day allows."""
    recall.go_on(recall_id=UUID(recall_id), now=clock.now())


@shared_task(name=void.JOB)
def void_answers(voiding_id: str) -> None:
    """Carry out a voiding, step by step."""
    while void.step(voiding_id=UUID(voiding_id), now=clock.now()):
        pass


@shared_task(name="hitl.flow.sweep_voidings")
def sweep_voidings() -> None:
    """Find voidings whose message was lost or whose worker died."""
    for voiding_id in void.unfinished():
        while void.step(voiding_id=voiding_id, now=clock.now()):
            pass


@shared_task(name=WITHDRAW_SKIPPED)
def withdraw_skipped() -> None:
    """Withdraw cases that a reviewer skipped where the rule is to ask nobody else."""
    withdraw.withdraw_skipped(now=clock.now())


@shared_task(name="hitl.flow.erase_withdrawn_files")
def erase_files() -> None:
    """Erase the images and recordings that only withdrawn cases name."""
    erase_withdrawn_files(now=clock.now())


@shared_task(name="hitl.flow.sweep_queue")
def sweep_queue() -> None:
    """Handle overdue cases, mix in known-answer cases, and find skipped cases whose message was lost."""
    sla_action.sweep_overdue(now=clock.now())
    known_answers.sweep_known_answers(now=clock.now())
    withdraw.withdraw_skipped(now=clock.now())
