"""A live server that can be waited for, as a page may leave a request behind, and that can be cut off."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer

PATIENCE_SECONDS = 30


class QuietServer(ThreadedWSGIServer):
    """Django's server for tests, which knows its open connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._change = threading.Condition()
        self._open: dict[Any, Any] = {}
        self._last: Any = None
        self._is_cut_off = False

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection in; in the thread that accepts, so that none is on its way unseen."""
        with self._change:
            refused = self._is_cut_off
            if not refused:
                self._open[client_address] = request
            self._last = client_address
            self._change.notify_all()
        if refused:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer what comes over a connection, until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._change:
                self._open.pop(client_address, None)
                self._change.notify_all()

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Answer nobody inside the block, as where the network is away.

        A browser that plays being offline lets requests through while a page is left: its beacon, and what is
        tried again just then.
        """
        with self._change:
            self._is_cut_off = True
            for connection in self._open.values():
                with suppress(OSError):  # it has ended meanwhile
                    connection.shutdown(socket.SHUT_RDWR)
        try:
            yield
        finally:
            with self._change:
                self._is_cut_off = False

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
