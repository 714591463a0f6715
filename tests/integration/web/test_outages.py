"""The database gone, two changes in each other's way, probes by address, bodies past their limit."""

import http.client
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from cases.models import Workflow
from hitl.accounts.types import Role, Scope
from hitl.api.handler import ApiHandler, PageHandler, ProbeHandler
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.models import Endpoint
from hitl.shared.outages import again_where_others_won
from hitl.shared.probes import serve_probes
from hitl.sizes import MAX_FORM_BYTES, MAX_UPLOAD_BYTES
from tests.api.conftest import client_with
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER, person

pytestmark = pytest.mark.django_db


@contextmanager
def database_gone() -> Iterator[None]:
    """Nobody listens where the database was."""
    connection.close()
    port, connection.settings_dict["PORT"] = connection.settings_dict["PORT"], "1"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["PORT"] = port


@pytest.mark.django_db(transaction=True)
def test_without_the_database_pages_and_api_say_when_to_come_again() -> None:
    client = Client(raise_request_exception=False)
    client.force_login(person(Role.REVIEWER))
    api = client_with(Scope.SUBMIT)
    with database_gone():
        answers = [
            client.get("/review/"),
            client.get("/review/", headers={"HX-Request": "true"}),
            client.post("/login/", {"username": "ada", "password": "x"}),
            api.send("GET", "/workflows"),
            api.send("POST", "/workflows/x/cases", {"content": {}}),
        ]
    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert all(int(answer["Retry-After"]) > 0 for answer in answers)
    assert json.loads(answers[-1].content)["code"] == "unavailable"
    assert "does not answer" in answers[0].content.decode()
    assert client.get("/review/").status_code == 200


def make_workflow() -> Workflow:
    return set_up_workflow(
        slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Call something on a connection of its own; the list has what it returned or raised."""
    got: list[object] = []

    def run() -> None:
        try:
            got.append(call())
        except Exception as error:
            got.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, got


@pytest.mark.django_db(transaction=True)
def test_a_change_by_the_api_and_one_on_a_page_take_their_locks_in_the_same_order() -> None:
    """Both begin with the workflow and end with the audit log: neither holds what the other waits for."""
    workflow = make_workflow()
    api = client_with(Scope.MANAGE)
    reached, goes_on = threading.Event(), threading.Event()

    def stop_before_the_audit_log(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "pg_advisory_xact_lock" in sql:
            reached.set()
            goes_on.wait(2)
        return execute(sql, params, many, context)

    def patch() -> int:
        with connection.execute_wrapper(stop_before_the_audit_log):
            return api.send("PATCH", "/workflows/credit", {"name": "Loans", "is_archived": True}).status_code

    def page() -> Endpoint:
        words = {"name": "theirs", "url": "https://example.org/", "kinds": [], "workflow_id": None}
        return subscribe(**words, actor=TESTER, now=NOW)  # type: ignore[arg-type]

    changing, changed = in_thread(patch)
    assert reached.wait(20)
    subscribing, subscribed = in_thread(page)
    subscribing.join(0.5)  # it waits for the workflow, and holds nothing that the change needs
    goes_on.set()
    changing.join(20)
    subscribing.join(20)
    assert changed == [200]
    assert isinstance(subscribed[0], Endpoint), subscribed
    workflow.refresh_from_db()
    assert workflow.name == "Loans"


@pytest.mark.django_db(transaction=True)
def test_who_lost_a_deadlock_is_carried_out_afterwards() -> None:
    first, second = 1_001, 1_002
    calls: list[str] = []
    meet = threading.Barrier(2)

    def change(name: str, locks: tuple[int, int]) -> str:
        calls.append(name)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks[0]])
            if calls.count(name) == 1:
                meet.wait(20)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks[1]])
        return name

    tried = again_where_others_won(change)
    one, got_one = in_thread(lambda: tried("one", (first, second)))
    two, got_two = in_thread(lambda: tried("two", (second, first)))
    one.join(20)
    two.join(20)
    assert (got_one, got_two) == (["one"], ["two"])
    assert len(calls) == 3, "one of them twice"


def test_other_troubles_of_the_database_are_not_tried_again() -> None:
    calls: list[int] = []

    @again_where_others_won
    def fail() -> None:
        calls.append(1)
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        fail()
    assert calls == [1]


def answer_of(handler: Any, path: str, **environ: Any) -> tuple[int, bytes]:
    """Ask a WSGI handler under a host that nobody allowed."""
    got: list[int] = []
    given = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "HTTP_HOST": "10.2.3.4", "REMOTE_ADDR": "10.2.3.4",
        "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    body = b"".join(handler(given | environ, lambda status, headers, *_: got.append(int(status[:3]))))
    return got[0], body


@pytest.mark.django_db(transaction=True)
def test_probes_are_answered_by_address_and_nothing_else_is(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["hitl.example.org"]
    assert answer_of(ProbeHandler(), "/health/live")[0] == 200
    assert answer_of(ProbeHandler(), "/health/ready")[0] in (200, 503)
    assert answer_of(ProbeHandler(), "/metrics")[0] == 404, "from elsewhere, without a token"
    status, body = answer_of(ApiHandler(), "/api/v1/workflows")
    assert (status, json.loads(body)["code"]) == (400, "bad_request")
    assert answer_of(PageHandler(), "/login/")[0] == 400


def test_a_probe_waits_for_no_other() -> None:
    hangs = threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/health/ready":
            hangs.wait(20)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    server = serve_probes(application, host="127.0.0.1", port=0)
    try:
        port = server.socket.getsockname()[1]
        hanging = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        hanging.request("GET", "/health/ready")
        for _ in range(5):
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asking.request("GET", "/health/live")
            assert asking.getresponse().read() == b"ok"
            asking.close()
        hangs.set()
        assert hanging.getresponse().status == 200
        hanging.close()
    finally:
        hangs.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("length", [MAX_FORM_BYTES + 1, 10**30])
def test_without_a_front_a_body_is_refused_by_what_it_announces(client: Client, length: int) -> None:
    for path in ("/login/", "/workflows/new/"):
        answer = client.post(
            path, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(length)
        )
        assert answer.status_code == 413, path


def test_a_body_of_unknown_size_is_not_read(client: Client) -> None:
    answer = client.generic("POST", "/login/", HTTP_TRANSFER_ENCODING="chunked")
    assert answer.status_code == 411


def test_who_is_signed_in_may_send_a_file(client: Client) -> None:
    client.force_login(person(Role.ADMINISTRATOR))
    most = str(MAX_UPLOAD_BYTES + 1)
    answer = client.post("/workflows/new/", b"x", content_type="text/plain", CONTENT_LENGTH=most)
    assert answer.status_code == 413
