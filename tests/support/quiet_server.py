"""A live server that can be waited for: a page may leave a request behind that is still at work."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer

PATIENCE_SECONDS = 30


class QuietServer(ThreadedWSGIServer):
    """Django's server for tests, which knows its open connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._change = threading.Condition()
        self._open: set[Any] = set()
        self._last: Any = None

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection in; in the thread that accepts, so that none is on its way unseen."""
        with self._change:
            self._open.add(client_address)
            self._last = client_address
            self._change.notify_all()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer what comes over a connection, until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._change:
                self._open.discard(client_address)
                self._change.notify_all()

    def wait_until_quiet(self) -> None:
        """Wait until every connection that was begun before has ended, its request answered.

        Connections are accepted in their order: once one of our own has been, none is left in front of it.
        """
        with socket.create_connection(self.server_address[:2]) as own:
            name = own.getsockname()
            self._wait(lambda: self._last == name)
        self._wait(lambda: not self._open)

    def _wait(self, is_so: Callable[[], bool]) -> None:
        with self._change:
            came = self._change.wait_for(is_so, PATIENCE_SECONDS)
        assert came, f"a request of a page still runs after {PATIENCE_SECONDS} seconds"
