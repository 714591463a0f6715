"""Jobs of the model store: ids in, one service called."""

from celery import shared_task

from hitl.shared import clock
from models_store.services import runs, schedule


@shared_task(name="models_store.sweep_runs")
def sweep_runs() -> None:
    """Queue again what a dead worker left, ring again for what nobody heard."""
    runs.sweep_runs(now=clock.now())


@shared_task(name="models_store.request_due")
def request_due() -> None:
    """Request the runs that are due by schedule or by number of labels."""
    schedule.request_due(now=clock.now())
