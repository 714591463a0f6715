"""The front, with clients that are slow, large or strangers, before web processes that note what they get."""

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from hitl.runtime.front import front
from hitl.runtime.ports import LOOPBACK, free_port, reserve_first
from hitl.runtime.processes import has_ended, is_alive, stop, wait_until
from hitl.runtime.supervisor import Supervisor
from hitl.sizes import MAX_FORM_BYTES
from tests.support.nginx import nginx_or_skip

LARGE = 300 * 1024 * 1024


@dataclass
class Web:
    """What a web process was given: when, where, how much, and what the front said of the client."""

    got: list[tuple[str, int, str]] = field(default_factory=list)
    busy: threading.Event = field(default_factory=threading.Event)
    port: int = 0


@pytest.fixture
def webs() -> Iterator[list[Web]]:
    """Two web processes and a probe thread."""
    with _server() as one, _server() as two, _server() as probe:
        yield [one, two, probe]


class _server:  # noqa: N801 - a context manager
    def __enter__(self) -> Web:
        web = Web()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                web.got.append((self.path, len(body), self.headers["X-Forwarded-For"]))
                if self.path == "/busy":
                    web.busy.wait(20)
                sends_on = self.path.startswith("/sign-in-first")
                self.send_response(302 if sends_on else 200)
                if sends_on:
                    self.send_header("Location", f"/login/?next={quote(self.path * 3)}")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_POST = do_GET  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        self.web = web
        self.server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.server.daemon_threads = True
        web.port = self.server.server_address[1]
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return web

    def __exit__(self, *_: object) -> None:
        self.web.busy.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def port(webs: list[Web], tmp_path: Path) -> Iterator[int]:
    """The front's port."""
    nginx = nginx_or_skip()
    reserved = reserve_first(free_port())
    port = reserved.port
    one, two, probe = webs
    program = front(tmp_path, nginx=nginx, at=reserved, services=[one.port, two.port], probes=[probe.port])
    process = program.spawn()
    try:
        assert wait_until(lambda: _listens(port), seconds=30), program.log.read_text()
        yield port
    finally:
        stop(process, seconds=5)
        reserved.release()
        reserved.release()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def ask(port: int, request: bytes, *, seconds: float = 20) -> bytes:
    """Send bytes and return the beginning of what comes back."""
    with socket.create_connection((LOOPBACK, port), timeout=seconds) as wire:
        wire.sendall(request)
        return wire.recv(4096)


def test_fifty_slow_clients_hold_nobody_and_reach_no_web_process(port: int, webs: list[Web]) -> None:
    head = b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    slow = [socket.create_connection((LOOPBACK, port), timeout=20) for _ in range(50)]
    try:
        for wire in slow:
            wire.sendall(head + b"x")
        assert b" 200 " in ask(port, b"GET /cases/ HTTP/1.1\r\nHost: x\r\n\r\n")
        for wire in slow:
            wire.sendall(b"x")
        assert b" 200 " in ask(port, b"GET /health/live HTTP/1.1\r\nHost: 10.2.3.4\r\n\r\n")
        assert [path for web in webs for path, *_ in web.got] == ["/cases/", "/health/live"]
        slow[0].sendall(b"x" * 998)
        assert b" 200 " in slow[0].recv(4096)
    finally:
        for wire in slow:
            wire.close()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/login/", b"Content-Length: %d" % LARGE),
        ("/login/", b"Cookie: sessionid=x\r\nContent-Length: %d" % (MAX_FORM_BYTES + 1)),
        ("/workflows/new/", b"Content-Length: %d" % (MAX_FORM_BYTES + 1)),
        ("/workflows/new/", b"Transfer-Encoding: chunked"),
        ("/workflows/x/import/", b"Cookie: sessionid=x\r\nContent-Length: %d" % LARGE),
        ("/api/v1/workflows/x/cases", b"Content-Length: %d" % (MAX_FORM_BYTES + 1)),
        ("/api/v1/workflows/x/cases", b"Transfer-Encoding: chunked"),
        ("/api/v1/workflows/x/cases", b"Authorization: Bearer x\r\nContent-Length: %d" % LARGE),
        ("/health/live", b"Content-Length: 5000"),
    ],
)
def test_what_is_too_large_is_refused_before_a_byte_of_it_is_taken(
    port: int, webs: list[Web], path: str, headers: bytes
) -> None:
    answer = ask(port, b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (path.encode(), headers))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert (b'"code":"too_large"' in answer) == path.startswith("/api/")
    assert not any(web.got for web in webs)


def test_a_body_without_length_is_refused_at_the_limit_of_a_form_and_kept_nowhere(
    port: int, webs: list[Web], tmp_path: Path
) -> None:
    sent, answer = 0, b""
    with socket.create_connection((LOOPBACK, port), timeout=20) as wire:
        wire.sendall(b"POST /login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 20 * MAX_FORM_BYTES:
                wire.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
            answer = wire.recv(4096)
        except OSError:
            pass  # it has hung up
    assert answer[:13] in (b"", b"HTTP/1.1 413 ")
    kept = sum(file.stat().st_size for file in (tmp_path / "front").rglob("*") if file.is_file())
    assert kept < MAX_FORM_BYTES
    assert not any(web.got for web in webs)


def test_those_who_may_send_more_do(port: int, webs: list[Web]) -> None:
    body = b"x" * (2 * MAX_FORM_BYTES)
    for path, who in (("/api/v1/x", b"Authorization: Bearer x"), ("/workflows/new/", b"Cookie: sessionid=x")):
        head = b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n"
        assert b" 200 " in ask(port, head % (path.encode(), who, len(body)) + body)
    assert sorted((path, size) for web in webs for path, size, _ in web.got) == [
        ("/api/v1/x", len(body)),
        ("/workflows/new/", len(body)),
    ]


def test_a_busy_web_process_loses_nobody_elses_request(port: int, webs: list[Web]) -> None:
    busy = socket.create_connection((LOOPBACK, port), timeout=20)
    busy.sendall(b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n")
    assert wait_until(lambda: any(web.got for web in webs), seconds=10)
    for _ in range(20):
        assert b" 200 " in ask(port, b"GET /cases/ HTTP/1.1\r\nHost: x\r\n\r\n", seconds=5)
    idle = next(web for web in webs[:2] if not any(path == "/busy" for path, *_ in web.got))
    assert len(idle.got) == 20
    busy.close()


def test_the_front_adds_the_address_it_sees_behind_what_it_was_told(port: int, webs: list[Web]) -> None:
    ask(port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.9.9.9\r\n\r\n")
    assert [said for web in webs for *_, said in web.got] == ["10.9.9.9, 127.0.0.1"]


def test_while_no_web_process_is_there_the_answer_is_503_with_a_time(
    port: int, webs: list[Web], tmp_path: Path
) -> None:
    nginx, reserved, nobody = nginx_or_skip(), reserve_first(free_port()), free_port()
    alone = reserved.port
    process = front(tmp_path / "b", nginx=nginx, at=reserved, services=[nobody], probes=[nobody]).spawn()
    try:
        assert wait_until(lambda: _listens(alone), seconds=30)
        for path in ("/api/v1/workflows", "/cases/", "/health/live"):
            started = time.monotonic()
            answer = ask(alone, b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 2" in answer
            assert time.monotonic() - started < 5
    finally:
        stop(process, seconds=5)
        reserved.release()


@pytest.mark.skipif(sys.platform != "linux", reason="the socket is held where ports are")
def test_who_calls_while_the_front_is_started_again_waits_and_is_answered(
    webs: list[Web], tmp_path: Path
) -> None:
    nginx, reserved = nginx_or_skip(), reserve_first(free_port())
    one, two, probe = webs
    program = front(tmp_path, nginx=nginx, at=reserved, services=[one.port, two.port], probes=[probe.port])
    process = program.spawn()
    request = b"GET /cases/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try:
        assert b" 200 " in ask(reserved.port, request)
        process.kill()
        assert wait_until(lambda: has_ended(process), seconds=10)
        callers = [socket.create_connection((LOOPBACK, reserved.port), timeout=20) for _ in range(50)]
        for wire in callers:
            wire.sendall(request)
        process = program.spawn()
        for wire in callers:
            with wire:
                assert b" 200 " in wire.recv(4096)
        assert len(one.got) + len(two.got) == 51
    finally:
        stop(process, seconds=5)
        reserved.release()


@pytest.mark.skipif(sys.platform != "linux", reason="the socket is held where ports are")
def test_a_front_that_is_killed_takes_no_request_with_it(webs: list[Web], tmp_path: Path) -> None:
    nginx, reserved = nginx_or_skip(), reserve_first(free_port())
    one, two, probe = webs
    program = front(tmp_path, nginx=nginx, at=reserved, services=[one.port, two.port], probes=[probe.port])
    supervisor = Supervisor([program], say=lambda line: None)
    get = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try:
        supervisor.start()
        first = program.process
        assert b" 200 " in ask(reserved.port, get % b"/cases/")
        with socket.create_connection((LOOPBACK, reserved.port), timeout=60) as begun:
            begun.sendall(get % b"/busy")
            assert wait_until(
                lambda: any(path == "/busy" for web in webs for path, *_ in web.got), seconds=20
            )
            worker = psutil.Process(first.pid).children()[0]
            first.kill()
            first.wait()
            assert b" 200 " in ask(reserved.port, get % b"/cases/"), "before anybody has noticed"
            assert wait_until(lambda: supervisor.look() or program.process is not first, seconds=20)
            assert b" 200 " in ask(reserved.port, get % b"/cases/")
            assert wait_until(lambda: supervisor.look() or bool(program.orphans.leaving), seconds=20)
            assert b" 200 " in ask(reserved.port, get % b"/cases/")
            assert is_alive(worker), "it ends what it has begun with"
            one.busy.set(), two.busy.set()
            assert b" 200 " in begun.recv(4096)
        assert wait_until(lambda: not is_alive(worker), seconds=20)
        program.process.kill()
        program.process.wait()
        supervisor.look()
        left = program.orphans.working
        assert left
    finally:
        supervisor.stop()
        reserved.release()
    assert wait_until(lambda: not any(map(is_alive, left)), seconds=20), "whoever stops it stops all of it"


def test_who_is_sent_on_with_a_long_address_gets_there(port: int, webs: list[Web]) -> None:
    path = b"/sign-in-first?" + b"x" * 15_000
    answer = ask(port, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 302 " in answer.split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET %s%%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET %s%%%%x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET %s HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET %s" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET %s HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_the_front_cannot_read_is_answered_as_the_service_would(
    port: int, webs: list[Web], request_: bytes, status: int
) -> None:
    head, body = ask(port, request_ % b"/api/v1/").decode().split("\r\n\r\n", 1)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "application/problem+json" in head
    said = json.loads(body)
    assert said["status"] == status
    assert said["code"] in ("bad_request", "too_long")
    head, body = ask(port, request_ % b"/cases/").decode().split("\r\n\r\n", 1)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "<h1>This " in body
    assert not any(web.got for web in webs)
