"""Submitting cases: one, many, again, with a reference; what is answered and what is written."""

import orjson
import pytest

from cases.models import Case, IntakeBatch, Workflow
from hitl.flow.intake.later import take_in_batch
from policy.models import Decision
from reviews.models import Task
from tests.api.client import ApiClient
from tests.support.factories import NOW

URL = "/workflows/credit/cases"
GOOD = {"content": {"amount": 12.5, "job": "clerk"}}


def test_a_case_is_stored_and_answered_with_its_decision(client: ApiClient, workflow: Workflow) -> None:
    response = client.send("POST", URL, {**GOOD, "reference": "A-1"})
    assert response.status_code == 201, response.content
    body = response.json()
    case = Case.objects.get()
    assert response["Location"] == f"/api/v1/cases/{case.id}"
    assert body["id"] == str(case.id)
    assert (body["status"], body["answer"], body["is_final"]) == ("waiting", None, False)
    assert body["decision"]["route"] == "review"
    assert case.content == {"amount": 12.5, "job": "clerk", "since": None, "married": None}
    assert Decision.objects.get().case_id == case.id
    assert Task.objects.get().case_id == case.id


def test_the_same_idempotency_key_answers_as_the_first_time(client: ApiClient, workflow: Workflow) -> None:
    once = {"Idempotency-Key": "a-1"}
    first = client.send("POST", URL, GOOD, headers=once)
    again = client.send("POST", URL, GOOD, headers=once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert again["Location"] == first["Location"]
    assert again.json() == first.json()
    assert Case.objects.count() == 1


def test_an_idempotency_key_is_good_for_one_payload(client: ApiClient, workflow: Workflow) -> None:
    once = {"Idempotency-Key": "a-1"}
    client.send("POST", URL, GOOD, headers=once)
    other = client.send("POST", URL, {"content": {"amount": 13}}, headers=once)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert Case.objects.count() == 1


@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize("second", range(3))
def test_the_same_bytes_under_one_idempotency_key_make_one_case_however_they_are_sent(
    client: ApiClient, workflow: Workflow, first: int, second: int
) -> None:
    ways = (
        ("application/json", {}),
        ("application/x-ndjson", {}),
        ("application/x-ndjson", {"Prefer": "respond-async"}),
    )
    statuses = []
    for kind, headers in (ways[first], ways[second]):
        once = {"Idempotency-Key": "a-1", **headers}
        statuses.append(
            client.send("POST", URL, orjson.dumps(GOOD), content_type=kind, headers=once).status_code
        )
        for batch in IntakeBatch.objects.all():
            take_in_batch(batch_id=batch.pk, now=NOW)
    assert Case.objects.count() == 1
    is_one_request = first == second or 0 not in (first, second)
    assert (statuses[1] < 300) == is_one_request, "one case and a batch of one are two requests"


def test_an_idempotency_key_belongs_to_its_client(client: ApiClient, workflow: Workflow) -> None:
    from tests.api.conftest import client_with

    once = {"Idempotency-Key": "a-1"}
    client.send("POST", URL, GOOD, headers=once)
    assert (
        client_with("submit").send("POST", URL, {"content": {"amount": 1}}, headers=once).status_code == 201
    )


@pytest.mark.parametrize("value", ["", " ", "x" * 201, "é"])
def test_an_odd_idempotency_key_is_refused(client: ApiClient, workflow: Workflow, value: str) -> None:
    response = client.send("POST", URL, GOOD, headers={"Idempotency-Key": value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


def test_a_reference_names_one_case(client: ApiClient, workflow: Workflow) -> None:
    client.send("POST", URL, {**GOOD, "reference": "A-1"})
    again = client.send("POST", URL, {**GOOD, "reference": "A-1"})
    assert (again.status_code, again.json()["code"]) == (409, "reference_taken")
    assert again.json()["errors"][0]["field"] == "reference"
    assert Case.objects.count() == 1


def test_a_batch_takes_the_good_ones_and_says_what_is_wrong_with_each_other(
    client: ApiClient, workflow: Workflow
) -> None:
    batch = [
        {**GOOD, "reference": "B-1"},
        {"content": {"amount": "12"}},
        {**GOOD, "reference": "B-1"},
        "nonsense",
        {**GOOD, "unknown": 1},
        GOOD,
    ]
    response = client.send("POST", URL, batch)
    assert response.status_code == 207
    body = response.json()
    assert (body["accepted"], body["rejected"]) == (2, 4)
    assert [item["status"] for item in body["items"]] == [201, 422, 409, 422, 422, 201]
    assert [item["index"] for item in body["items"]] == list(range(6))
    assert body["items"][1]["errors"][0] == {
        "field": "content.amount",
        "error": "is a text, not a number",
        "fix": "Send a JSON number, without quotes.",
    }
    assert body["items"][4]["errors"][0]["field"] == "unknown"
    assert Case.objects.count() == 2


def test_a_batch_that_all_fits_is_answered_200(client: ApiClient, workflow: Workflow) -> None:
    response = client.send("POST", URL, [GOOD] * 3)
    assert (response.status_code, response.json()["accepted"]) == (200, 3)


def test_a_replayed_batch_decides_nothing_again(client: ApiClient, workflow: Workflow) -> None:
    once = {"Idempotency-Key": "batch"}
    batch = [GOOD, {"content": {}}, {**GOOD, "reference": "B-2"}]
    first = client.send("POST", URL, batch, headers=once)
    again = client.send("POST", URL, batch, headers=once)
    assert [item["status"] for item in first.json()["items"]] == [201, 422, 201]
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (again.get("Idempotent-Replayed"), first.get("Idempotent-Replayed")) == ("true", None)
    assert Case.objects.count() == 2


def test_lines_of_json_are_a_batch_and_a_bad_line_spoils_only_itself(
    client: ApiClient, workflow: Workflow
) -> None:
    lines = b"\n".join([orjson.dumps(GOOD), b'{"content": {"amount": NaN}}', b"", orjson.dumps(GOOD)])
    response = client.send("POST", URL, lines, content_type="application/x-ndjson")
    assert [item["status"] for item in response.json()["items"]] == [201, 422, 201]


def test_an_unreadable_item_of_an_array_spoils_only_itself(client: ApiClient, workflow: Workflow) -> None:
    good = orjson.dumps(GOOD)
    body = (
        b"["
        + b",".join(
            [good, b'{"content": {"amount": 1e999}}', b'{"content": {"amount": 1, "job": "\\ud800"}}', good]
        )
        + b"]"
    )
    response = client.send("POST", URL, body)
    items = response.json()["items"]
    assert [item["status"] for item in items] == [201, 422, 422, 201]
    assert [item["errors"][0]["error"] for item in items[1:3]] == [
        "is not a finite number",
        "contains half a surrogate pair at character 0",
    ]


def test_a_batch_of_one_case_is_a_batch(client: ApiClient, workflow: Workflow) -> None:
    assert client.send("POST", URL, [GOOD]).json()["items"][0]["status"] == 201


def test_an_archived_workflow_takes_no_cases(client: ApiClient, workflow: Workflow) -> None:
    from cases.services.workflows import archive_workflow
    from tests.support.factories import NOW, TESTER

    client.send("POST", URL, GOOD)
    archive_workflow(workflow_id=workflow.id, actor=TESTER, now=NOW)
    response = client.send("POST", URL, GOOD)
    assert (response.status_code, response.json()["code"]) == (409, "workflow_archived")
    assert Case.objects.count() == 1
