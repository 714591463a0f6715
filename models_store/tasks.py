"""Jobs of the model store: each takes ids and calls one service."""

from celery import shared_task

from hitl.shared import clock
from models_store.services import runs, schedule


@shared_task(name="models_store.sweep_runs")
def sweep_runs() -> None:
    """Queue again the runs of dead workers, and start those whose message was lost."""
    runs.sweep_runs(now=clock.now())


@shared_task(name="models_store.request_due")
def request_due() -> None:
    """Request the runs that are due by schedule or by number of labels."""
    schedule.request_due(now=clock.now())
