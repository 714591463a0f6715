"""Answer health and metrics on a thread and a port of their own (ADR 0050).

Whoever asks whether the process lives must not wait behind a request, so this thread serves nothing else. It
asks no middleware: probes come by IP address, which no list of allowed hosts names.
"""

import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

log = logging.getLogger(__name__)

PORT = "HITL_PROBE_PORT"
HOST = "HITL_PROBE_HOST"
PATHS = ("/health/", "/metrics")
SECONDS = 5
"""A peer that says nothing for so long is left."""
MAX_AT_ONCE = 32

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


class _Request(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: probes come every few seconds."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each probe, so that one that waits for the database holds up no other; not without end."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self._free = threading.BoundedSemaphore(MAX_AT_ONCE)
        super().__init__(address, _Request)
        self.set_app(application)

    def server_bind(self) -> None:
        """Take the port as it is: looking up this machine's name can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # the port is held for us
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread, unless too many are busy."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away is nobody's fault; anything else is logged."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("a probe failed", exc_info=error)


ServerHandler.server_software = "hitl"


def serve_probes(application: Application, *, host: str, port: int) -> _Server:
    """Answer probes at this address until the process ends; return the server."""
    server = _Server((host, port), application)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
    return server


def serve_probes_if_asked(application: Application) -> None:
    """Serve them where the environment names a port."""
    if port := os.environ.get(PORT):
        serve_probes(application, host=os.environ.get(HOST, "127.0.0.1"), port=int(port))
