"""Batches that are worked on later: accepted durably, worked through once, whatever dies in between."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, connections

from cases.models import Case, IntakeBatch, Workflow
from hitl.accounts.keys import revoke_key
from hitl.accounts.models import ApiKey
from hitl.flow.intake import later
from hitl.flow.intake.later import MAX_ATTEMPTS, sweep_batches, take_in_batch
from hitl.flow.intake.types import Intake
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from reviews.models import Task
from tests.api.client import ApiClient
from tests.api.conftest import client_with
from tests.support.factories import LABELS, NOW, TABLE_FIELDS, TESTER

URL = "/workflows/credit/cases"
LATER = {"Prefer": "respond-async"}
BATCH: list[Any] = [
    {"content": {"amount": 1}, "reference": "L-1"},
    {"content": {}},
    {"content": {"amount": 2}},
]
FORM = b'--b\r\nContent-Disposition: form-data; name="content"\r\n\r\n{"amount":1}\r\n--b--\r\n'


def accept(client: ApiClient, body: object = None, **headers: str) -> UUID:
    response = client.send("POST", URL, body or BATCH, headers={**LATER, **headers})
    assert response.status_code == 202, response.content
    assert response["Preference-Applied"] == "respond-async"
    batch_id = UUID(response.json()["id"])
    assert response["Location"] == f"/api/v1/batches/{batch_id}"
    return batch_id


def work(batch_id: UUID) -> bool:
    return take_in_batch(batch_id=batch_id, now=clock.now())


def test_a_batch_is_accepted_now_and_worked_through_later(client: ApiClient, workflow: Workflow) -> None:
    batch_id = accept(client)
    assert client.send("GET", f"/batches/{batch_id}").json()["status"] == "queued"
    assert not Case.objects.exists()
    assert work(batch_id)
    body = client.send("GET", f"/batches/{batch_id}").json()
    assert (body["status"], body["accepted"], body["rejected"]) == ("done", 2, 1)
    assert [item["status"] for item in body["items"]] == [201, 422, 201]
    assert body["items"][0]["case"]["reference"] == "L-1"
    assert IntakeBatch.objects.get().body is None
    assert not work(batch_id), "a second bell finds nothing to do"
    assert Case.objects.count() == 2


def test_what_cannot_be_read_is_said_at_once(client: ApiClient, workflow: Workflow) -> None:
    assert client.send("POST", URL, b"[", headers=LATER).status_code == 400
    assert client.send("POST", "/workflows/nowhere/cases", BATCH, headers=LATER).status_code == 404
    assert not IntakeBatch.objects.exists()


def test_the_same_request_again_is_the_same_batch(client: ApiClient, workflow: Workflow) -> None:
    first = accept(client, **{"Idempotency-Key": "l"})
    assert accept(client, **{"Idempotency-Key": "l"}) == first
    other = client.send("POST", URL, [BATCH[0]], headers={**LATER, "Idempotency-Key": "l"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("is_done", [False, True], ids=["queued", "done"])
def test_its_idempotency_key_is_taken_from_the_moment_it_is_accepted(
    client: ApiClient, workflow: Workflow, is_done: bool
) -> None:
    once = {"Idempotency-Key": "l"}
    batch_id = accept(client, **once)
    if is_done:
        work(batch_id)
    lines = b"".join(json.dumps(item).encode() + b"\n" for item in BATCH)
    for other in (
        client.send("POST", URL, [BATCH[0]], headers=once),
        client.send("POST", URL, BATCH[0], headers=once),
        client.send("POST", URL, BATCH[2], headers=once),
        client.send("POST", URL, lines, content_type="application/x-ndjson", headers=once),
        client.send("POST", URL, FORM, content_type="multipart/form-data; boundary=b", headers=once),
    ):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    at_once = client.send("POST", URL, BATCH, headers=once)
    assert at_once.status_code == 207, "the same request, worked on at once"
    work(batch_id)
    body = client.send("GET", f"/batches/{batch_id}").json()
    assert (body["status"], body["accepted"], body["rejected"]) == ("done", 2, 1)
    at_once_ids = [item["case"]["id"] for item in at_once.json()["items"] if "case" in item]
    assert at_once_ids == [item["case"]["id"] for item in body["items"] if "case" in item]
    assert Case.objects.count() == 2


def test_a_batch_is_shown_to_the_key_that_sent_it(client: ApiClient, workflow: Workflow) -> None:
    batch_id = accept(client)
    assert client_with("submit", "read").send("GET", f"/batches/{batch_id}").status_code == 404


def test_a_worker_that_dies_half_way_leaves_nothing_and_the_next_one_does_it_once(
    client: ApiClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = accept(client)

    def die(*args: object, **kwargs: object) -> None:
        raise SystemExit("killed after the cases were written")

    with monkeypatch.context() as patched:
        patched.setattr("hitl.flow.intake.later._finish", die)
        with pytest.raises(SystemExit):
            work(batch_id)
    assert not Case.objects.exists()
    assert IntakeBatch.objects.get().status == "running"
    assert sweep_batches(now=clock.now() + timedelta(minutes=1)) == 1
    assert work(batch_id)
    assert Case.objects.count() == 2


def test_a_batch_that_kills_every_worker_is_given_up_with_its_reason(
    client: ApiClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = accept(client)

    def die(*args: object, **kwargs: object) -> None:
        raise SystemExit("killed")

    monkeypatch.setattr("hitl.flow.intake.later.submit_cases", die)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            work(batch_id)
    assert not work(batch_id)
    body = client.send("GET", f"/batches/{batch_id}").json()
    assert body["status"] == "failed"
    assert "5 attempts" in body["reason"]
    assert sweep_batches(now=clock.now() + timedelta(minutes=1)) == 0


def test_a_batch_on_which_scoring_kills_its_workers_goes_to_people(
    client: ApiClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = accept(client)

    def die(*args: object, **kwargs: object) -> None:
        raise SystemExit("killed")

    monkeypatch.setattr("hitl.flow.intake.decide.score", die)
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(SystemExit):
            work(batch_id)
    assert not Case.objects.exists()
    assert work(batch_id)
    assert client.send("GET", f"/batches/{batch_id}").json()["accepted"] == 2
    assert {case.status for case in Case.objects.all()} == {"waiting"}
    assert Task.objects.count() == 2


def test_a_key_revoked_in_the_meantime_takes_in_nothing(client: ApiClient, workflow: Workflow) -> None:
    batch_id = accept(client)
    revoke_key(key_id=ApiKey.objects.get().id, actor=TESTER, now=clock.now())
    work(batch_id)
    assert IntakeBatch.objects.get().status == "failed"
    assert "revoked" in IntakeBatch.objects.get().reason
    assert not Case.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_batch_take_it_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_up_workflow(slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW)
    batch_id = accept(client_with("submit"))
    inside, go_on = threading.Event(), threading.Event()
    real = later.submit_cases

    def slow(intake: Intake) -> Any:
        inside.set()
        assert go_on.wait(10)
        return real(intake)

    monkeypatch.setattr(later, "submit_cases", slow)
    outcomes: list[bool] = []

    def first() -> None:
        try:
            outcomes.append(work(batch_id))
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert inside.wait(10)
        assert work(batch_id) is False, "the row is locked: the second worker goes away"
    finally:
        go_on.set()
        thread.join(10)
    assert outcomes == [True]
    assert Case.objects.count() == 2
    connection.close()


_HALF_WAY = """
import sys, time
from uuid import UUID
import django
django.setup()
from hitl.flow.intake import later
from hitl.shared import clock

def stand_still(*args, **kwargs):
    print("written, not committed", flush=True)
    time.sleep(600)

later._finish = stand_still
later.take_in_batch(batch_id=UUID(sys.argv[1]), now=clock.now())
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_of_a_batch_loses_nothing_and_doubles_nothing() -> None:
    set_up_workflow(slug="credit", name="Credit", fields=TABLE_FIELDS, labels=LABELS, actor=TESTER, now=NOW)
    batch_id = accept(client_with("submit"), [{"content": {"amount": n}} for n in range(500)])
    kept = connection.settings_dict
    address = f"{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{quote(kept['USER'])}:{quote(kept['PASSWORD'])}@{address}",
        "DJANGO_SETTINGS_MODULE": "hitl.settings",
    }
    worker = subprocess.Popen(
        [sys.executable, "-c", _HALF_WAY, str(batch_id)],
        env=environment,
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
    )
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"written, not committed\n"
        assert not work(batch_id), "its row is held"
    finally:
        worker.kill()
        worker.communicate(timeout=30)
    assert not Case.objects.exists()
    for _ in range(100):  # until the database has noticed that the connection is gone
        if work(batch_id):
            break
        time.sleep(0.1)
    assert Case.objects.count() == 500
    assert IntakeBatch.objects.get().status == "done"
