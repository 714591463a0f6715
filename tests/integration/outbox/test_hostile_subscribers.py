"""Subscribers that lie, hang, never end or are dead: each hurts itself alone, and each attempt is on
record."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hitl.outbox import breaker, sending
from hitl.outbox import relay as relaying
from hitl.outbox.breaker import FAILURES, PLACES
from hitl.outbox.models import Attempt, Delivery, Endpoint, Event
from hitl.outbox.relay import _LOCK, claim_due, relay
from hitl.outbox.retention import PATIENCE, purge_events
from tests.integration.outbox.receiver import receiver
from tests.integration.outbox.test_relay import endpoint_at, happen
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quickly(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The subscribers are on loopback, and an exchange has half a second."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    real = relaying.post
    monkeypatch.setattr(relaying, "post", lambda *a, **k: real(*a, **k, seconds=0.5))


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept connections on loopback and let `serve` do with each what it likes, in a thread."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(serve, wire), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _quietly(serve: Callable[[socket.socket], None], wire: socket.socket) -> None:
    try:
        with wire:
            serve(wire)
    except OSError:
        pass


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 1 Jan 2147483648000 00:00:00 GMT",
        "Mon, 1 Jan 99999 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 -9999999999",
        "9" * 400,
        "-5",
        "1e400",
        "nan",
        "\xb2",
        "soon",
        ",",
        "Mon, 99 Foo 2026",
        "",
    ],
)
def test_no_retry_after_stops_the_relay(value: str) -> None:
    with receiver() as liar, receiver() as honest:
        endpoint_at(liar.url)
        endpoint_at(honest.url)
        liar.answers = [(503, {"Retry-After": value})]
        happen()
        assert relay(now=NOW) == 2
    due = Delivery.objects.get(status="due")
    assert due.due_at - NOW <= relaying.LONGEST_WAIT * timedelta(seconds=1) * 1.2
    assert Attempt.objects.count() == 2
    assert len(honest.requests) == 1


LIES = {
    "a chunk of size -1": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", b"x" * 65536),
    "a body without end": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "chunks without end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"8000\r\n" + b"x" * 32768 + b"\r\n",
    ),
    "headers without end": (b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 900 + b"\r\n"),
    "patience asked for without end": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "a length beyond all": (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n", b"x" * 65536),
    "no HTTP": (b"\x00\xff\xfe garbage\r\n", b"\x00" * 1024),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_without_end_is_left_in_time_and_on_record(lie: str) -> None:
    sent: list[int] = []

    def serve(wire: socket.socket) -> None:
        head, more = LIES[lie]
        wire.recv(65536)
        wire.sendall(head)
        while True:
            sent.append(wire.send(more))

    with listening(serve) as place:
        endpoint_at(f"http://{place}/")
        happen()
        started = time.monotonic()
        assert relay(now=NOW) == 1
        assert time.monotonic() - started < 5
    assert Attempt.objects.get().milliseconds < 3000
    assert sum(sent) < 30_000_000, "what is sent is not read without end"


def test_a_handshake_that_never_ends_is_left_in_time() -> None:
    is_over = threading.Event()

    def serve(wire: socket.socket) -> None:
        wire.recv(65536)
        wire.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 kB, a byte at a time
        while not is_over.wait(0.05):
            wire.sendall(b"\x02")

    with listening(serve) as place:
        endpoint_at(f"https://{place}/")
        happen()
        assert relay(now=NOW) == 1
        is_over.set()
    attempt = Attempt.objects.get()
    assert "no answer within" in attempt.error
    assert attempt.milliseconds < 3000


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Any) -> None:
    assert ssl.get_default_verify_paths()
    endpoint_at("https://127.0.0.1:9/")
    happen()
    assert relay(now=NOW) == 1
    assert Attempt.objects.get().http_status is None


def test_those_who_hang_hold_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """They hang until everything has arrived elsewhere, which would never be if anybody waited for them."""
    real = sending.post
    monkeypatch.setattr(relaying, "post", lambda *a, **k: real(*a, **k, seconds=60))
    all_there = threading.Event()

    class Noting(list[Any]):
        def append(self, item: Any) -> None:
            super().append(item)
            if len(self) == 60:
                all_there.set()

    with receiver() as honest, listening(lambda wire: all_there.wait(30)) as place:
        honest.requests = Noting()
        for _ in range(6):
            endpoint_at(f"http://{place}/")
        endpoint_at(honest.url)
        for _ in range(60):
            happen()
        relay(now=NOW, for_seconds=30)
        assert all_there.is_set()
    assert len(honest.requests) == 60


def test_who_keeps_failing_is_left_in_peace_then_tried_with_one() -> None:
    with receiver() as subscriber:
        endpoint = endpoint_at(subscriber.url)
        for _ in range(20):
            happen()
        subscriber.answers = [(500, {})] * FAILURES
        assert relay(now=NOW) == FAILURES
        endpoint.refresh_from_db()
        assert endpoint.failures == FAILURES
        at = endpoint.paused_until
        assert at is not None
        assert relay(now=at - timedelta(seconds=2)) == 0
        assert Delivery.objects.filter(attempts=0).count() == 20 - FAILURES, "waiting costs no attempt"
        assert len(list(claim_due(now=at))) == 1
        Delivery.objects.filter(status="due").update(due_at=at)
        assert relay(now=at) == 20
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.paused_until) == (0, None)
    assert not Delivery.objects.exclude(status="delivered").exists()


def test_the_pause_grows_and_has_an_end() -> None:
    pauses = [breaker.pause_after(count) for count in range(FAILURES, 60)]
    assert pauses[0] == breaker.FIRST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == breaker.LONGEST_PAUSE


def test_a_subscriber_has_its_places_and_no_more() -> None:
    endpoint = endpoint_at("http://127.0.0.1:9/")
    for _ in range(20):
        happen()
    assert len(list(claim_due(now=NOW, busy={endpoint.pk: 1}))) == PLACES - 1


def test_a_fault_of_ours_is_an_attempt_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    real = relaying.headers_of

    def broken(event: Event, body: bytes, secrets: Any, now: Any) -> Any:
        if secrets == ["whsec_not base64!"]:
            raise TypeError("ours")
        return real(event, body, secrets, now)

    monkeypatch.setattr(relaying, "headers_of", broken)
    with receiver() as honest:
        bad = endpoint_at(honest.url)
        Endpoint.objects.filter(pk=bad.pk).update(secrets=["whsec_not base64!"])
        endpoint_at(honest.url)
        happen()
        assert relay(now=NOW) == 2
    assert set(Attempt.objects.values_list("error", flat=True)) == {"", "could not be sent: TypeError"}


@pytest.mark.django_db(transaction=True)
def test_while_one_relay_works_another_does_not_begin() -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        endpoint_at("http://127.0.0.1:9/")
        happen()
        with CaptureQueriesContext(connection) as asked:
            assert relay(now=NOW) == 0
        assert len(asked) == 1
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    finally:
        other.close()
    assert relay(now=NOW) == 1


def test_events_are_kept_as_long_as_their_kind_is_and_what_is_due_stays(settings: Any) -> None:
    with receiver() as subscriber:
        endpoint_at(subscriber.url)
        happen("case.decided")
        happen("degree.changed")
        relay(now=NOW)
        happen("case.decided")  # not sent yet
        month = NOW + timedelta(days=settings.CASE_EVENT_DAYS, seconds=1)
        assert purge_events(now=month - timedelta(seconds=2)) == 0
        assert purge_events(now=month) == 1
        assert sorted(Event.objects.values_list("kind", flat=True)) == ["case.decided", "degree.changed"]
        assert Delivery.objects.count() == 2
        assert Attempt.objects.count() == 1
        relay(now=NOW)
        assert purge_events(now=NOW + timedelta(days=settings.EVENT_DAYS, seconds=1)) == 2
    assert not Attempt.objects.exists()


def test_a_subscriber_that_has_gone_without_a_word_keeps_no_event_for_ever(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint_at("http://127.0.0.1:9/")  # where nobody listens
    for kind in ("case.decided", "degree.changed"):
        happen(kind)
    relay(now=NOW)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"due"}
    for days in (settings.CASE_EVENT_DAYS, settings.EVENT_DAYS):
        end = NOW + timedelta(days=days) + PATIENCE
        assert purge_events(now=end - timedelta(seconds=1)) == 0
        assert "never took" not in caplog.text
        assert purge_events(now=end + timedelta(seconds=1)) == 1
        assert "never took" in caplog.text
        caplog.clear()
    assert not Delivery.objects.exists()
    assert not Attempt.objects.exists()
