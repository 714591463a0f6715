"""A training run's sign of life while a long step runs."""

from contextlib import AbstractContextManager

from hitl.shared.heartbeat import alive
from models_store.models import TrainingRun
from models_store.services.runs import beat
from models_store.services.steps import Clock


def heartbeat(run: TrainingRun, clock: Clock) -> AbstractContextManager[None]:
    """Renew it until the run is cancelled or taken over: its next note says so to its worker."""
    return alive(lambda: beat(run=run, now=clock()), name=f"run {run.pk}")
