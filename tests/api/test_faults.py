"""What breaks around the API: the database goes away between two requests, the broker is gone."""

from collections.abc import Iterator

import psycopg2
import pytest
from django.db import connection

from cases.models import Case, Label
from hitl.accounts.types import Role
from hitl.flow.settling.undo import undo_review
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.models import Delivery
from hitl.shared import jobs
from tests.api.conftest import client_with
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER, person
from tests.support.review_rows import review_workflow, say, submit, waiting

URL = "/workflows/credit/cases"


def terminate_our_connection() -> None:
    """End the connection from the other side, as a database that restarts does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    database = connection.settings_dict
    other = psycopg2.connect(
        dbname="postgres", user=database["USER"], password=database["PASSWORD"], host=database["HOST"],
        port=database["PORT"],
    )  # fmt: skip
    try:
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_between_requests_costs_no_case() -> None:
    set_up_workflow(slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW)
    client = client_with("submit")
    assert client.send("POST", URL, {"content": {"amount": 1}}).status_code == 201
    terminate_our_connection()
    assert client.send("POST", URL, {"content": {"amount": 2}}).status_code == 201
    terminate_our_connection()
    batch = client.send("POST", URL, [{"content": {"amount": 3}}])
    assert batch.status_code in (200, 503), "a batch is told of the fault, or done"
    again = client.send("POST", URL, {"content": {"amount": 4}})
    assert again.status_code == 201
    assert Case.objects.count() == 3 + (batch.status_code == 200)


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point the jobs at a port where nobody listens."""
    from hitl.celery import app

    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    app._after_fork()  # drops the pools of connections, which hold the old address
    yield
    monkeypatch.undo()
    app._after_fork()
    jobs._silent_until = 0.0


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_cases_are_taken_in_and_events_wait(
    no_broker: None, caplog: pytest.LogCaptureFixture
) -> None:
    set_up_workflow(slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW)
    subscribe(name="ledger", url="https://ledger.example/", kinds=[], workflow_id=None, actor=TESTER, now=NOW)
    client = client_with("submit")
    assert client.send("POST", URL, {"content": {"amount": 1}}).status_code == 201
    later = client.send("POST", URL, [{"content": {"amount": 2}}], headers={"Prefer": "respond-async"})
    assert later.status_code == 202
    assert Case.objects.count() == 1
    assert Delivery.objects.filter(status="due").count() == 1
    unreachable = [r for r in caplog.records if "broker unreachable" in r.message]
    assert len(unreachable) == 1, "an unreachable broker is waited for once, not by every request"


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_people_claim_answer_and_take_back(no_broker: None) -> None:
    cases = waiting(review_workflow(), 2)
    subscribe(name="ledger", url="https://ledger.example/", kinds=[], workflow_id=None, actor=TESTER, now=NOW)
    reviewer = person(Role.REVIEWER)
    first = say(reviewer, "spam")
    again = undo_review(lease_token=first.review.lease_token, actor=reviewer.as_actor(), now=NOW)
    submit(lease_token=again, label="ham", actor=reviewer.as_actor(), now=NOW)
    say(reviewer, "spam")
    assert {case.status for case in Case.objects.all()} == {"decided"}
    assert Label.objects.filter(case__in=cases, superseded_at=None).count() == 2
    assert Delivery.objects.filter(status="due").exists()
