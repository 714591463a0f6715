"""Events reach their subscribers: signed, at least once, again after a failure, never somewhere private."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connections
from standardwebhooks import Webhook

from hitl.outbox import relay as relaying
from hitl.outbox import sending
from hitl.outbox.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    send_again,
    send_failures_again,
    send_test_event,
)
from hitl.outbox.events import News, emit
from hitl.outbox.models import Attempt, Delivery, Endpoint, Event
from hitl.outbox.relay import RETRIES, claim_due, relay
from hitl.outbox.sending import Reply
from hitl.shared.errors import Conflict, Invalid, NotFound
from hitl.shared.ids import new_id
from tests.integration.outbox.receiver import Receiver, receiver
from tests.support.factories import NOW, TESTER


@pytest.fixture(autouse=True)
def loopback_is_named(settings: Any) -> None:
    """The tests' subscriber is on loopback."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def subscriber() -> Iterator[Receiver]:
    """A subscriber that answers."""
    with receiver() as got:
        yield got


def endpoint_at(url: str, **fields: Any) -> Endpoint:
    values: dict[str, Any] = {"name": "theirs", "kinds": [], "workflow_id": None} | fields
    return create_endpoint(url=url, actor=TESTER, now=NOW, **values)


def happen(kind: str = "case.decided", **fields: Any) -> None:
    emit(
        [News(kind=kind, subject_id=new_id(), workflow_id=None, at=NOW, payload={"answer": "spam"}, **fields)]
    )


@pytest.mark.django_db
def test_an_event_arrives_signed_and_thin(subscriber: Receiver) -> None:
    endpoint = endpoint_at(subscriber.url)
    happen()
    assert relay(now=NOW) == 1
    ((headers, body),) = subscriber.requests
    fresh = headers | {"webhook-timestamp": headers["webhook-timestamp"]}
    signed = Webhook(endpoint.secrets[0]).sign(
        msg_id=headers["webhook-id"], timestamp=NOW, data=body.decode()
    )
    assert fresh["webhook-signature"] == signed
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    sent = json.loads(body)
    assert sent["type"] == "case.decided"
    assert set(sent["data"]) == {"subject_id", "answer"}
    assert Delivery.objects.get().status == "delivered"
    assert relay(now=NOW + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_nothing_is_sent_before_its_time(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    happen(not_before=NOW + timedelta(seconds=10))
    assert relay(now=NOW + timedelta(seconds=9)) == 0
    Delivery.objects.update(status="cancelled")  # the answer was taken back
    assert relay(now=NOW + timedelta(seconds=11)) == 0
    assert not subscriber.requests


@pytest.mark.django_db
def test_an_endpoint_gets_the_kinds_and_the_workflow_it_asked_for(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url, kinds=["degree.changed"])
    endpoint_at(subscriber.url, workflow_id=new_id())
    happen("case.decided")
    assert not Event.objects.exists()
    happen("degree.changed")
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
def test_a_failure_is_tried_again_on_schedule_and_given_up_at_last(
    subscriber: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "JITTER", 0.0)
    endpoint_at(subscriber.url)
    happen()
    subscriber.answers = [(500, {})] * (len(RETRIES) + 1)
    at = NOW
    for seconds in RETRIES:
        assert relay(now=at) == 1
        delivery = Delivery.objects.get()
        assert delivery.status == "due"
        assert (delivery.due_at - at).total_seconds() == pytest.approx(seconds, abs=3)
        assert relay(now=at + timedelta(seconds=seconds - 4)) == 0
        at = delivery.due_at
    assert relay(now=at) == 1
    assert Delivery.objects.get().status == "failed"
    assert Attempt.objects.count() == len(RETRIES) + 1
    assert set(Attempt.objects.values_list("http_status", flat=True)) == {500}
    assert send_failures_again(endpoint_id=Endpoint.objects.get().id, now=at) == 1
    assert relay(now=at) == 1
    assert Delivery.objects.get().status == "delivered"


@pytest.mark.django_db
def test_a_subscriber_may_ask_for_more_time(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    happen()
    subscriber.answers = [(503, {"Retry-After": "3600"})]
    relay(now=NOW)
    wait = (Delivery.objects.get().due_at - NOW).total_seconds()
    assert 3600 <= wait < 3610


@pytest.mark.django_db
def test_a_subscriber_that_is_gone_is_asked_no_more(subscriber: Receiver) -> None:
    endpoint = endpoint_at(subscriber.url)
    happen()
    subscriber.answers = [(410, {})]
    relay(now=NOW)
    assert Delivery.objects.get().status == "failed"
    endpoint.refresh_from_db()
    assert "410" in endpoint.disabled_because
    happen()
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
def test_a_redirect_is_not_followed(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    happen()
    subscriber.answers = [(302, {"Location": subscriber.url})]
    relay(now=NOW)
    assert len(subscriber.requests) == 1
    assert "redirects" in Attempt.objects.get().error


@pytest.mark.django_db
def test_a_disabled_endpoint_gets_what_waited_once_it_is_enabled(subscriber: Receiver) -> None:
    endpoint = endpoint_at(subscriber.url)
    happen()
    disable_endpoint(endpoint_id=endpoint.id, reason="maintenance", actor=TESTER, now=NOW)
    assert relay(now=NOW) == 0
    enable_endpoint(endpoint_id=endpoint.id, actor=TESTER, now=NOW)
    assert relay(now=NOW) == 1


@pytest.mark.django_db
def test_both_secrets_sign_while_they_are_rotated(subscriber: Receiver) -> None:
    endpoint = endpoint_at(subscriber.url)
    old = endpoint.secrets[0]
    new = rotate_secret(endpoint_id=endpoint.id, actor=TESTER, now=NOW)
    happen()
    relay(now=NOW)
    ((headers, body),) = subscriber.requests
    for secret in (old, new):
        signed = Webhook(secret).sign(msg_id=headers["webhook-id"], timestamp=NOW, data=body.decode())
        assert signed in headers["webhook-signature"].split(" ")


@pytest.mark.django_db
def test_a_test_event_goes_to_its_endpoint_alone(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    endpoint = endpoint_at(subscriber.url, kinds=["degree.changed"])
    send_test_event(endpoint_id=endpoint.id, now=NOW)
    assert relay(now=NOW) == 1
    assert json.loads(subscriber.requests[0][1])["type"] == "endpoint.test"


@pytest.mark.django_db
def test_a_delivery_is_sent_again_on_request_but_not_twice_at_once(subscriber: Receiver) -> None:
    endpoint = endpoint_at(subscriber.url)
    happen()
    relay(now=NOW)
    delivery = Delivery.objects.get()
    send_again(delivery_id=delivery.id, endpoint_id=endpoint.id, now=NOW)
    with pytest.raises(Conflict):
        send_again(delivery_id=delivery.id, endpoint_id=endpoint.id, now=NOW)
    with pytest.raises(NotFound):
        send_again(delivery_id=delivery.id, endpoint_id=new_id(), now=NOW)
    assert relay(now=NOW) == 1
    first, second = (headers["webhook-id"] for headers, _ in subscriber.requests)
    assert first == second, "the subscriber recognises it by its id"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1", "0.0.0.0"]
)
def test_a_private_address_is_refused_when_connecting(settings: Any, host: str) -> None:
    endpoint = endpoint_at("http://example.org/")
    settings.WEBHOOK_NETWORKS = []
    Endpoint.objects.filter(pk=endpoint.id).update(url=f"https://{host}/hook")
    happen()
    relay(now=NOW)
    attempt = Attempt.objects.get()
    assert attempt.http_status is None
    assert "not a public address" in attempt.error


@pytest.mark.django_db
def test_the_address_that_is_connected_to_is_the_one_that_was_looked_at(
    settings: Any, monkeypatch: pytest.MonkeyPatch, subscriber: Receiver
) -> None:
    """Whatever the name says a moment earlier or later: no socket is opened to an address nobody looked
    at."""
    looked_at: list[str] = []
    real = sending.may_reach

    def look(address: Any) -> bool:
        looked_at.append(str(address))
        return real(address)

    monkeypatch.setattr(sending, "may_reach", look)
    endpoint_at(subscriber.url.replace("127.0.0.1", "localhost"))
    happen()
    relay(now=NOW)
    assert looked_at[-1] == "127.0.0.1"
    assert len(subscriber.requests) == 1
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16")]
    happen()
    relay(now=NOW)
    assert len(subscriber.requests) == 1
    assert "not a public address" in Attempt.objects.latest("id").error


@pytest.mark.django_db
def test_a_subscriber_that_answers_a_byte_at_a_time_is_cut_off(
    subscriber: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not is_over.wait(0.05):
                handler.wfile.write(b"X")
                handler.wfile.flush()
        except OSError:
            pass

    subscriber.instead = drip
    real = relaying.post
    monkeypatch.setattr(relaying, "post", lambda *a, **k: real(*a, **k, seconds=0.3))
    endpoint_at(subscriber.url)
    happen()
    try:
        relay(now=NOW)
    finally:
        is_over.set()
    attempt = Attempt.objects.get()
    assert attempt.http_status is None
    assert "no answer within" in attempt.error
    assert attempt.milliseconds < 3000


@pytest.mark.django_db
def test_a_delivery_whose_sender_died_is_sent_by_the_next(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    happen()
    assert len(list(claim_due(now=NOW))) == 1  # and then the process is killed
    assert relay(now=NOW + timedelta(seconds=60)) == 0
    assert relay(now=NOW + timedelta(seconds=121)) == 1


@pytest.mark.django_db
def test_a_late_answer_does_not_undo_what_happened_since(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    happen()
    (first,) = claim_due(now=NOW)
    (second,) = claim_due(now=NOW + timedelta(seconds=121))
    relaying.record_reply(second, Reply(204, "", 5), now=NOW)
    relaying.record_reply(first, Reply(500, "", 5), now=NOW)
    assert Delivery.objects.get().status == "delivered"


@pytest.mark.django_db(transaction=True)
def test_two_relays_send_every_event_once(subscriber: Receiver) -> None:
    endpoint_at(subscriber.url)
    for _ in range(30):
        happen()

    def work() -> None:
        try:
            relay(now=NOW)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    ids = [headers["webhook-id"] for headers, _ in subscriber.requests]
    assert len(ids) == len(set(ids)) == 30
    assert not Delivery.objects.exclude(status="delivered").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "https://",
        "example.org",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "https://example.org:99999/",
        "https://exam ple.org/",
        "https://%00/",
        "https://a%2eb/",
        "https://a,b/",
        "https://-a.org/",
        "https://a..org/",
        "https://[fe80::1%25eth0]/",
        f"https://{'a' * 64}.org/",
        "javascript:alert(1)",
        "https://example.org/" + "x" * 500,
    ],
)
def test_an_odd_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        endpoint_at(url)
    assert refused.value.facts["errors"][0]["field"] == "url"


@pytest.mark.django_db
def test_an_address_without_tls_is_for_named_networks(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    with pytest.raises(Invalid, match="does not fit"):
        endpoint_at("http://example.org/hook")
    assert endpoint_at("https://example.org/hook").secrets[0].startswith("whsec_")
