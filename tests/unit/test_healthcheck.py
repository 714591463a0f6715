"""Whether the web server answers: asked by `up` while it waits and by a container all the time."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from hitl.runtime.healthcheck import READY, answers


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if (self.path, self.headers["Host"]) == (READY, "ours") else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_server_answers_by_the_page_and_the_name_that_it_is_asked_under(port: int) -> None:
    assert answers(port, host_name="ours")
    assert not answers(port, host_name="another")
    assert not answers(port, "/health/live", host_name="ours")


def test_where_nothing_listens_nothing_answers() -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as gone:
        unused = gone.server_port
    assert not answers(unused)
