"""A sign of life every few seconds while a long step runs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import DatabaseError, connection

from models_store.models import TrainingRun
from models_store.services.runs import beat
from models_store.services.steps import Clock

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0


@contextmanager
def heartbeat(run: TrainingRun, clock: Clock) -> Iterator[None]:
    """Renew the run's heartbeat from a thread of its own, with a connection of its own."""
    over = Event()

    def work() -> None:
        try:
            while not over.wait(EVERY_SECONDS):
                try:
                    if not beat(run=run, now=clock()):
                        return  # cancelled or taken over: the run's next note says so to its worker
                except DatabaseError:
                    connection.close()  # the next beat begins with a fresh one
                    log.warning("no heartbeat: the database does not answer", extra={"run": str(run.pk)})
        finally:
            connection.close()

    thread = Thread(target=work, name=f"heartbeat-{run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
