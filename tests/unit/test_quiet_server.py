"""The live server of the browser's tests: who waits for it finds no request at work behind a page's back."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from tests.support import quiet_server
from tests.support.quiet_server import QuietServer

REQUEST = b"POST /given-back HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Handler(WSGIRequestHandler):
    """One that says nothing."""

    def log_message(self, *arguments: Any) -> None:
        """Keep still."""


@pytest.fixture
def serve() -> Iterator[Callable[[Any], QuietServer]]:
    """Return a function that serves an application."""
    running = []

    def start(app: Any) -> QuietServer:
        server = QuietServer(("127.0.0.1", 0), Handler)
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_request_that_a_closed_page_left_behind_is_waited_for(serve: Any) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(environ: Any, start_response: Any) -> list[bytes]:
        begun.set()
        may_end.wait(10)
        ended.set()
        start_response("204 No Content", [])
        return []

    server = serve(slow)
    with socket.create_connection(server.server_address[:2]) as page:
        page.sendall(REQUEST)  # and away, without reading the answer, as a beacon goes
        begun.wait(10)
    threading.Timer(0.2, may_end.set).start()
    server.wait_until_quiet()
    assert ended.is_set()


def test_a_request_without_an_end_fails_the_test_instead_of_stopping_the_run(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet_server, "PATIENCE_SECONDS", 0.2)
    server = serve(lambda environ, start_response: [])
    with (
        socket.create_connection(server.server_address[:2]),  # it says nothing, and stays
        pytest.raises(AssertionError, match="still runs"),
    ):
        server.wait_until_quiet()
