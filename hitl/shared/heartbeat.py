"""A sign of life every few seconds while something long is done."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0


@contextmanager
def alive(beat: Callable[[], bool], *, name: str) -> Iterator[None]:
    """Call `beat` from a thread of its own, with a connection of its own, until it says that nobody asks."""
    over = Event()

    def work() -> None:
        try:
            while not over.wait(EVERY_SECONDS):
                try:
                    if not beat():
                        return
                except DatabaseError:
                    connection.close()  # the next beat begins with a fresh one
                    extra = {"of": name}
                    log.warning(
                        "no heartbeat: the database does not answer",  # untranslated: a log
                        extra=extra,
                    )
        finally:
            connection.close()

    thread = Thread(target=work, name=f"heartbeat of {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
