"""Tell a part of the demo's story beside the rest."""

from collections.abc import Callable
from threading import Thread

from django.db import connection


class Beside(Thread):
    """A part of the story in a thread of its own; the program may end before it does."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._told = told
        self._failure: Exception | None = None
        self.start()

    def run(self) -> None:
        """Tell it, and give the connection back."""
        try:
            self._told()
        except Exception as failure:  # raised again where it is waited for
            self._failure = failure
        finally:
            connection.close()

    def wait(self) -> None:
        """Wait for its end, and raise what it failed with."""
        self.join()
        if self._failure is not None:
            raise self._failure
