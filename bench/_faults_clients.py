"""Faults that come from outside: slow, large and guessing clients, and subscribers of every bad kind."""

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

from bench._faults_load import Ledger
from bench._faults_service import ACTOR, Background, Service, pause
from hitl.bench.rows import Row
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.endpoints import disable_endpoint
from hitl.outbox.models import Attempt, Delivery
from hitl.runtime.ports import LOOPBACK
from hitl.shared import clock

SLOW_CLIENTS = 50
LARGE = 300 * 1024 * 1024
GUESSERS = 8
_LIE = b"HTTP/1.1 503 x\r\nRetry-After: Mon, 1 Jan 2147483648000 00:00:00 GMT\r\n\r\n"
_MINUS_ONE = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"


def nothing(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """The control: the same load and the same probes on the same machine, and nothing goes wrong."""
    with ledger.watching("nothing: the control") as seen:
        pause(10 if quick else 30)
        seen.ended = time.monotonic()
    ledger.control = seen
    return seen.rows()


def slow_clients(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """Fifty that send a byte now and then, to pages and to the API."""
    with ledger.watching(f"{SLOW_CLIENTS} slow clients") as seen, Background() as background:
        for number in range(SLOW_CLIENTS):
            background.run(_trickle, service, number, background.is_over)
        pause(10 if quick else 60)
        background.is_over.set()
        seen.ended = time.monotonic()
    return seen.rows()


def _trickle(service: Service, number: int, is_over: threading.Event) -> None:
    path = ("/login/", "/api/v1/workflows/loans/cases", "/workflows/new/")[number % 3]
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Authorization: Bearer {service.key}\r\nContent-Length: 5000\r\n\r\n"
    )
    try:
        with socket.create_connection((LOOPBACK, service.port), timeout=10) as wire:
            wire.sendall(head.encode())
            while not is_over.wait(0.5):
                wire.sendall(b"x")
    except OSError:
        pass


def large_bodies(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """300 MB from nobody, announced and not announced."""
    answers: list[tuple[int, int]] = []
    with ledger.watching("a 300 MB anonymous body, four ways") as seen:
        for path in ("/login/", "/workflows/new/"):
            for announces in (True, False):
                answers.append(_send_large(service, path, announces))
        pause(6)
        seen.ended = time.monotonic()
        sent = max(count for _, count in answers)
        seen.notes.append(f"answers {sorted({status for status, _ in answers})}")
    most = Row("  bytes taken of the body", "MB", sent / 1e6, bar=4)
    return [*seen.rows(), most]


def _send_large(service: Service, path: str, announces: bool) -> tuple[int, int]:
    """Return the status, and how many bytes the service took before it said so."""
    length = f"Content-Length: {LARGE}" if announces else "Transfer-Encoding: chunked"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    )
    block = b"x" * 65536
    part = block if announces else b"10000\r\n" + block + b"\r\n"
    sent = 0
    with socket.create_connection((LOOPBACK, service.port), timeout=20) as wire:
        wire.sendall(head.encode())
        try:
            while sent < LARGE and not _has_answer(wire):
                wire.sendall(part)
                sent += len(block)
        except OSError:
            pass
        try:
            return int(wire.recv(64).split(b" ")[1]), sent
        except (OSError, IndexError):
            return 0, sent


def _has_answer(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return bool(wire.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        wire.settimeout(20)


LOOKED_AT, NO_ANSWER = "looked at", "no answer"
_GUESSED = {429: "refused by the throttle", 503: "told to come again"}


def login_storm(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """Guessers at names that change each time, all from one address."""
    said = dict.fromkeys([*_GUESSED.values(), LOOKED_AT, NO_ANSWER], 0)
    lock = threading.Lock()

    def guess(number: int, is_over: threading.Event) -> None:
        count = 0
        while not is_over.is_set():
            count += 1
            try:
                key = _GUESSED.get(_guess(service, f"guess-{number}-{count}"), LOOKED_AT)
            except OSError:
                key = NO_ANSWER
            with lock:
                said[key] += 1

    with ledger.watching(f"a login storm of {GUESSERS}") as seen, Background() as background:
        for number in range(GUESSERS):
            background.run(guess, number, background.is_over)
        pause(8 if quick else 45)
        background.is_over.set()
        seen.ended = time.monotonic()
        seen.notes.append(", ".join(f"{count} {what}" for what, count in said.items()))
    minutes = (seen.ended - seen.began) / 60 + 1
    return [
        *seen.rows(),
        Row("  passwords looked at, per minute begun", "guesses", said[LOOKED_AT] / minutes, bar=10),
    ]


def _guess(service: Service, name: str) -> int:
    """Sign in with a wrong password; the status of the answer."""
    connection = http.client.HTTPConnection(LOOPBACK, service.port, timeout=20)
    try:
        connection.request("GET", "/login/")
        answer = connection.getresponse()
        page = answer.read().decode()
        cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if found is None:
            raise OSError("no form")
        body = urlencode({"csrfmiddlewaretoken": found[1], "username": name, "password": "wrong"})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login/", body, headers)
        return connection.getresponse().status
    except http.client.HTTPException as problem:
        raise OSError(str(problem)) from problem
    finally:
        connection.close()


def subscribers(service: Service, ledger: Ledger, quick: bool) -> list[Row]:
    """Subscribers that hang, lie, never end and are dead, beside an honest one."""
    got: list[float] = []
    kinds: dict[str, Callable[[socket.socket], None]] = {
        "honest": lambda wire: _answer(wire, got),
        "hanging": lambda wire: time.sleep(60),
        "lying": lambda wire: _say(wire, _LIE),
        "endless": lambda wire: _say(wire, b"HTTP/1.1 200 OK\r\n\r\n", more=True),
        "of size -1": lambda wire: _say(wire, _MINUS_ONE, more=True),
    }
    listening = {name: _listen(act) for name, act in kinds.items()}
    urls = {name: f"http://{LOOPBACK}:{server.getsockname()[1]}/" for name, server in listening.items()}
    urls["dead"] = f"http://{LOOPBACK}:9/"
    made = {
        name: subscribe(
            name=name, url=url, kinds=["case.submitted"], workflow_id=None, actor=ACTOR, now=clock.now()
        ).pk
        for name, url in urls.items()
    }
    with ledger.watching("hanging, dead, lying and endless subscribers") as seen:
        pause(12 if quick else 60)
        seen.ended = time.monotonic()
    mine = Delivery.objects.filter(endpoint=made["honest"])
    waited = time.monotonic()
    while mine.filter(status="due").exists() and time.monotonic() - waited < 60:
        time.sleep(0.5)
    left = mine.exclude(status="delivered").count()
    others = Attempt.objects.exclude(delivery__endpoint=made["honest"]).count()
    seen.notes.append(f"{len(got)} arrived at the honest one, {others} attempts at the others on record")
    for name, pk in made.items():
        disable_endpoint(endpoint_id=pk, reason="over", actor=ACTOR, now=clock.now())
        if name in listening:
            listening[name].close()
    return [
        *seen.rows(),
        Row("  events that the honest one has not got a minute later", "events", float(left), bar=0),
        Row("  the last of them arrived after", "s", time.monotonic() - waited),
    ]


def _listen(act: Callable[[socket.socket], None]) -> socket.socket:
    server = socket.create_server((LOOPBACK, 0), backlog=128)

    def serve(wire: socket.socket) -> None:
        try:
            with wire:
                act(wire)
        except OSError:
            pass

    def accept() -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(wire,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server


def _answer(wire: socket.socket, got: list[float]) -> None:
    wire.settimeout(10)
    data = b""
    while b"\r\n\r\n" not in data:
        data += wire.recv(65536)
    got.append(time.monotonic())
    wire.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


def _say(wire: socket.socket, words: bytes, *, more: bool = False) -> None:
    wire.recv(65536)
    wire.sendall(words)
    while more:
        wire.sendall(b"x" * 65536)
