"""What does not fit is refused by name, with its fix, and leaves nothing behind."""

import orjson
import pytest
from django.db import connection

from cases.models import Case, Workflow
from hitl.flow.setup.create import set_up_workflow
from policy.models import Decision
from tests.api.client import ApiClient
from tests.support.factories import LABELS, NOW, TESTER

URL = "/workflows/credit/cases"


def nothing_is_left() -> bool:
    return not Case.objects.exists() and not Decision.objects.exists()


@pytest.mark.parametrize(
    ("content", "field", "error"),
    [
        (b'{"amount": "12"}', "content.amount", "is a text, not a number"),
        (b'{"amount": true}', "content.amount", "is true or false, not a number"),
        (b'{"amount": [1]}', "content.amount", "is a list, not a number"),
        (b'{"amount": NaN}', "content.amount", "is not a finite number"),
        (b'{"amount": -Infinity}', "content.amount", "is not a finite number"),
        (b'{"amount": 1e999}', "content.amount", "is not a finite number"),
        (b'{"amount": -1}', "content.amount", "is -1"),
        (b'{"amount": %s}' % (b"9" * 400), "content.amount", "is not a finite number"),
        (b'{"job": "x"}', "content.amount", "is missing"),
        (b'{"amount": null}', "content.amount", "is missing"),
        (b'{"amount": 1, "jobb": "x"}', "content.jobb", "is not a field of this workflow"),
        (b'{"amount": 1, "job": 5}', "content.job", "is a number, not a text"),
        (b'{"amount": 1, "job": "a\\u0000b"}', "content.job", "contains a NUL character"),
        (b'{"amount": 1, "job": "\\ud800"}', "content.job", "contains half a surrogate pair at character 0"),
        (b'{"amount": 1, "job": "%s"}' % (b"x" * 300), "content.job", "has 300 characters"),
        (b'{"amount": 1, "since": "yesterday"}', "content.since", 'is "yesterday"'),
        (b'{"amount": 1, "since": "2026-02-30"}', "content.since", 'is "2026-02-30"'),
        (b'{"amount": 1, "married": "yes"}', "content.married", "is a text, not true or false"),
        (b"[]", "content", "is a list, not an object"),
        (b'"text"', "content", "is a text, not an object"),
        (b"null", "content", "is null, not an object"),
        (b'{"amount": %s}' % (b"[" * 200 + b"]" * 200), "content.amount", "is a list, not a number"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    client: ApiClient, workflow: Workflow, content: bytes, field: str, error: str
) -> None:
    response = client.send("POST", URL, b'{"content": ' + content + b"}")
    assert response.status_code == 422, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["errors"][0]["field"], problem["errors"][0]["error"]) == (field, error)
    assert problem["errors"][0]["fix"]
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"content": {"amount": 1}} trailing', "not valid JSON"),
        (b'{"content": {"job": "\xff"}}', "not UTF-8 at byte 21"),
        (b'{"content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_not_json_is_refused_with_the_place(
    client: ApiClient, workflow: Workflow, body: bytes, words: str
) -> None:
    response = client.send("POST", URL, body or b" ")
    assert response.status_code == 400, response.content
    assert words in response.json()["detail"]
    assert nothing_is_left()


def test_a_batch_of_no_case_is_refused_by_name(client: ApiClient, workflow: Workflow) -> None:
    response = client.send("POST", URL, b"[]")
    assert response.status_code == 422
    assert response.json()["errors"][0] == {
        "field": "(body)", "error": "holds no case", "fix": "Send at least one.",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b'"case"', b"5", b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(client: ApiClient, workflow: Workflow, body: bytes) -> None:
    response = client.send("POST", URL, body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["error"] == "is not an object"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/jsonx"])
def test_another_content_type_is_refused(client: ApiClient, workflow: Workflow, kind: str) -> None:
    response = client.send("POST", URL, b'{"content": {"amount": 1}}', content_type=kind)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert nothing_is_left()


@pytest.mark.parametrize("reference", [5, "", "x" * 201, "\u0958" * 200, "a\nb", "\x00", ["x"], True])
def test_an_odd_reference_is_refused(client: ApiClient, workflow: Workflow, reference: object) -> None:
    response = client.send("POST", URL, {"content": {"amount": 1}, "reference": reference})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "reference"
    assert nothing_is_left()


def test_a_string_of_ten_megabytes_is_refused_alone_and_in_a_batch(client: ApiClient, db: None) -> None:
    set_up_workflow(
        slug="mail",
        name="Mail",
        fields=[{"name": "body", "kind": "text"}],
        labels=LABELS,
        actor=TESTER,
        now=NOW,
    )
    huge = {"content": {"body": "x" * 10_000_000}}
    alone = client.send("POST", "/workflows/mail/cases", huge)
    assert (alone.status_code, alone.json()["code"]) == (413, "too_large")
    batch = client.send("POST", "/workflows/mail/cases", [huge, {"content": {"body": "short"}}])
    assert [item["status"] for item in batch.json()["items"]] == [422, 201]
    assert batch.json()["items"][0]["errors"][0]["error"] == "has 10,000,000 characters"


def test_too_many_cases_are_refused_whole(client: ApiClient, workflow: Workflow) -> None:
    case = b'{"content": {"amount": 1}}'
    for body, kind in (
        (b"[" + b",".join([case] * 10_001) + b"]", "application/json"),
        (b"\n".join([case] * 10_001), "application/x-ndjson"),
        (b"\n" * 5_000_000, "application/x-ndjson"),
    ):
        response = client.send("POST", URL, body, content_type=kind)
        assert response.status_code == 413, kind
        assert "at most 10,000" in response.json()["detail"]
    assert nothing_is_left()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: ApiClient, workflow: Workflow) -> None:
    unread = client.generic(
        "POST",
        "/api/v1" + URL,
        b"{}",
        content_type="application/json",
        headers={"Authorization": f"Bearer {client.secret}"},
        CONTENT_LENGTH=str(33 * 1024 * 1024),
    )
    assert (unread.status_code, unread.json()["code"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_refused(client: ApiClient, workflow: Workflow) -> None:
    response = client.generic(
        "POST", "/api/v1" + URL, b"", CONTENT_LENGTH="", headers={"Transfer-Encoding": "chunked"}
    )
    assert (response.status_code, response.json()["code"]) == (411, "length_required")


def test_stored_script_is_stored_as_it_was_sent(client: ApiClient, workflow: Workflow) -> None:
    script = "<script>alert(1)</script>"
    response = client.send("POST", URL, {"content": {"amount": 1, "job": script}, "reference": script})
    assert response.status_code == 201
    assert Case.objects.get().content["job"] == script
    assert response["X-Content-Type-Options"] == "nosniff"


def test_an_unexpected_failure_tells_nothing_of_the_inside(
    client: ApiClient, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*args: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("hitl.flow.doors.api.intake.submit_cases", explode)
    response = client.send("POST", URL, {"content": {"amount": 1}}, headers={"X-Request-Id": "trace-7"})
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content
    assert response["X-Request-Id"] == "trace-7"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", URL, 405), ("GET", "/cases/not-a-uuid", 404)],
)
def test_every_refusal_is_a_problem_document(
    client: ApiClient, workflow: Workflow, method: str, path: str, status: int
) -> None:
    response = client.send(method, path)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert set(response.json()) >= {"type", "title", "status", "detail", "code"}


def test_sql_in_every_place_is_only_text(client: ApiClient, workflow: Workflow) -> None:
    nasty = "'); DROP TABLE cases_case; -- \\x00 \\N {1,2} %s $1"
    one = client.send("POST", URL, {"content": {"amount": 1, "job": nasty}, "reference": nasty})
    two = client.send("POST", URL, [{"content": {"amount": 1, "job": nasty + "\t\r\n\\."}}])
    assert (one.status_code, two.status_code) == (201, 200)
    stored = [case.content["job"] for case in Case.objects.order_by("id")]
    assert stored == [nasty, nasty + "\t\r\n\\."]
    assert connection.introspection.table_names()


def test_ten_thousand_labels_are_refused(manager: ApiClient) -> None:
    labels = [{"name": f"label {n}"} for n in range(10_000)]
    body = {"slug": "many", "name": "Many", "fields": [{"name": "a", "kind": "text"}], "labels": labels}
    response = manager.send("POST", "/workflows", body)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"field": "labels", "error": "has 10,000 entries", "fix": "Send at most 1,000."}
    ]
    assert not Workflow.objects.exists()


def test_the_largest_batch_is_taken_in(client: ApiClient, workflow: Workflow) -> None:
    body = orjson.dumps([{"content": {"amount": n}} for n in range(10_000)])
    response = client.send("POST", URL, body)
    assert (response.status_code, response.json()["accepted"]) == (200, 10_000)
    assert Case.objects.count() == 10_000
