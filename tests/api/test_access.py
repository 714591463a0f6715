"""Who may do what with a key."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import override_settings

from cases.models import Case, Workflow
from cases.services.grants import grant_workflows
from hitl.accounts.clients import forget_client
from hitl.accounts.keys import create_key, revoke_key
from hitl.accounts.models import ApiKey
from hitl.shared import clock
from tests.api.client import ApiClient
from tests.api.conftest import client_with
from tests.support.factories import NOW, TESTER

URL = "/workflows/credit/cases"
GOOD = {"content": {"amount": 1}}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer nonsense", "Token hitl_x", "Basic aGk6aGk=", "Bearer hitl_" + "x" * 300]
)
def test_a_request_without_a_good_key_is_refused(workflow: Workflow, header: str) -> None:
    response = ApiClient(None).send("POST", URL, GOOD, headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Content-Type"] == "application/problem+json"
    assert not Case.objects.exists()


def test_an_unknown_key_is_refused(workflow: Workflow) -> None:
    assert ApiClient("hitl_" + "x" * 43).send("POST", URL, GOOD).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("read", "POST", URL),
        ("manage", "POST", URL),
        ("submit", "GET", URL),
        ("submit", "POST", "/workflows"),
        ("read", "PATCH", "/workflows/credit"),
        ("read", "POST", "/workflows/credit/media"),
    ],
)
def test_a_key_without_the_scope_is_refused(workflow: Workflow, scope: str, method: str, path: str) -> None:
    response = client_with(scope).send(method, path, GOOD if method != "GET" else None)
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


def test_a_workflow_of_others_is_not_there(workflow: Workflow) -> None:
    stranger = client_with("submit", "read", "manage", all_workflows=False)
    case_id = client_with("submit").send("POST", URL, GOOD).json()["id"]
    refusals = [
        stranger.send("POST", URL, GOOD),
        stranger.send("GET", URL),
        stranger.send("GET", "/workflows/credit"),
        stranger.send("PATCH", "/workflows/credit", {"name": "Mine"}),
        stranger.send("GET", f"/cases/{case_id}"),
        stranger.send("GET", f"/cases/{case_id}/decisions"),
    ]
    assert [response.status_code for response in refusals] == [404] * len(refusals)
    assert stranger.send("GET", "/workflows").json() == {"items": []}
    absent = stranger.send("GET", "/workflows/nowhere").json()
    assert absent["detail"] == refusals[2].json()["detail"].replace("credit", "nowhere")


def test_a_key_that_only_submits_reads_its_own_cases(workflow: Workflow) -> None:
    mine, other = client_with("submit"), client_with("submit")
    case_id = mine.send("POST", URL, GOOD).json()["id"]
    assert mine.send("GET", f"/cases/{case_id}").status_code == 200
    assert other.send("GET", f"/cases/{case_id}").status_code == 404


def test_a_revoked_key_takes_in_nothing_from_the_next_case_on(client: ApiClient, workflow: Workflow) -> None:
    assert client.send("POST", URL, GOOD).status_code == 201
    revoke_key(key_id=ApiKey.objects.get().id, actor=TESTER, now=NOW)
    response = client.send("POST", URL, GOOD)
    assert response.status_code == 401
    assert Case.objects.count() == 1


def test_a_revoked_key_learns_nothing_about_cases_that_do_not_fit(
    client: ApiClient, workflow: Workflow
) -> None:
    once = {"Idempotency-Key": "a"}
    client.send("POST", URL, GOOD, headers=once)
    revoke_key(key_id=ApiKey.objects.get().id, actor=TESTER, now=NOW)
    assert client.send("POST", URL, {"content": {}}).status_code == 401
    assert client.send("POST", URL, GOOD, headers=once).status_code == 401
    assert client.send("GET", "/workflows").status_code == 401


def test_a_new_grant_holds_at_once_also_where_the_key_was_read_before(workflow: Workflow) -> None:
    key, secret = create_key(name="k", scopes=["submit"], actor=TESTER, now=NOW)
    client = ApiClient(secret)
    assert client.send("POST", URL, GOOD).status_code == 404
    grant_workflows(key_id=key.id, workflow_ids=[workflow.id], actor=TESTER, now=NOW)
    assert client.send("POST", URL, GOOD).status_code == 201
    grant_workflows(key_id=key.id, workflow_ids=[], actor=TESTER, now=NOW)
    assert client.send("POST", URL, GOOD).status_code == 404


def test_an_expired_key_is_refused_also_where_it_was_read_before(workflow: Workflow) -> None:
    _, secret = create_key(
        name="k",
        scopes=["submit"],
        is_for_all_workflows=True,
        actor=TESTER,
        now=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    client = ApiClient(secret)
    clock.use(lambda: NOW)
    assert client.send("POST", URL, GOOD).status_code == 201
    clock.use(lambda: NOW + timedelta(hours=1))
    assert client.send("POST", URL, GOOD).status_code == 401
    forget_client()
    assert client.send("POST", URL, GOOD).status_code == 401


def test_the_last_use_of_a_key_is_noted_once_a_minute(client: ApiClient, workflow: Workflow) -> None:
    for seconds, expected in ((0, 0), (59, 0), (61, 61)):
        clock.use(lambda seconds=seconds: NOW + timedelta(seconds=seconds))  # type: ignore[misc]
        client.send("POST", URL, GOOD)
        assert ApiKey.objects.get().last_used_at == NOW + timedelta(seconds=expected)


def test_too_many_requests_are_told_when_to_come_back(workflow: Workflow) -> None:
    with override_settings(KEY_REQUESTS_PER_MINUTE=6, WEB_WORKERS=2):
        one, other = client_with("submit"), client_with("submit")
        statuses = [one.send("POST", URL, GOOD).status_code for _ in range(4)]
        assert statuses == [201, 201, 201, 429]
        refused = one.send("POST", URL, GOOD)
        assert refused.json()["code"] == "too_many_requests"
        assert 15 <= int(refused["Retry-After"]) <= 20
        assert other.send("POST", URL, GOOD).status_code == 201


def test_a_case_records_the_key_that_sent_it(client: ApiClient, workflow: Workflow) -> None:
    case_id = client.send("POST", URL, GOOD).json()["id"]
    assert Case.objects.get(pk=UUID(case_id)).key_id == ApiKey.objects.get().id
