"""A key with the scope `release` takes automation away: it stops and recalls, and starts nothing."""

from uuid import UUID

import pytest
from django.utils.dateparse import parse_datetime

from hitl.accounts.types import Scope
from hitl.flow.settling.recall import go_on
from hitl.shared import clock
from hitl.stop.selectors import stop_in_force
from policy.models import Policy
from tests.api.conftest import client_with
from tests.integration.monitoring.test_budget import automating
from tests.integration.policy.test_recall import decided
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db
WHY = {"reason": "Odd answers."}


def test_everything_is_stopped_and_the_first_reason_stays():
    workflow = automating_workflow()
    client = client_with(Scope.RELEASE, Scope.READ)
    assert client.send("GET", "/stop").json() == {
        "is_stopped": False,
        "since": None,
        "by": None,
        "reason": None,
    }
    first = client.send("POST", "/stop", WHY)
    assert first.status_code == 200
    assert client.send("POST", "/stop", {"reason": "Another."}).json() == first.json()
    stopped = client.send("GET", f"/workflows/{workflow.slug}").json()["stopped"]
    assert (stopped["what"], stopped["reason"]) == ("everything", "Odd answers.")
    assert parse_datetime(stopped["since"]) is not None


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_no_key_starts_again(method):
    client = client_with(*Scope.values)
    client.send("POST", "/stop", WHY)
    assert client.send(method, "/stop", WHY).status_code == 405
    assert stop_in_force() is not None


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope != Scope.RELEASE])
def test_other_scopes_stop_and_recall_nothing(scope):
    slug = automating_workflow().slug
    client = client_with(scope)
    for path in ("/stop", f"/workflows/{slug}/stop", f"/workflows/{slug}/recalls"):
        refused = client.send("POST", path, {**WHY, "label": "ham", "per_day": 1})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert stop_in_force() is None


def test_a_key_for_some_workflows_stops_none_of_the_others():
    workflow = automating_workflow()
    client = client_with(Scope.RELEASE, all_workflows=False)
    assert client.send("POST", "/stop", WHY).status_code == 403
    assert client.send("POST", f"/workflows/{workflow.slug}/stop", WHY).status_code == 404
    assert stop_in_force() is None


def test_one_workflow_is_stopped_by_its_breaker():
    workflow = automating_workflow()
    body = client_with(Scope.RELEASE).send("POST", f"/workflows/{workflow.slug}/stop", WHY).json()
    assert body["stopped"]["what"] == "workflow"
    assert Policy.objects.get(workflow=workflow).breaker_reason == "Odd answers."


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": 5}, {"reason": "x" * 201}, {"why": "x"}])
def test_a_reason_that_does_not_fit_is_named(body):
    refused = client_with(Scope.RELEASE).send("POST", "/stop", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] in ("reason", "why")
    assert stop_in_force() is None


def test_a_recall_is_begun_looked_at_and_listed():
    release = automating(traffic=0)
    decided(release, 2)
    address = f"/workflows/{release.workflow.slug}/recalls"
    client = client_with(Scope.RELEASE)
    made = client.send("POST", address, {**WHY, "label": "ham", "per_day": 5})
    assert made.status_code == 201, made.content
    go_on(recall_id=UUID(made.json()["id"]), now=clock.now())
    found = client.send("GET", made.headers["Location"].removeprefix("/api/v1")).json()
    assert (found["found"]["asked"], found["takes"]) == (2, {"label": "ham"})
    assert client.send("GET", address).json()["items"][0]["id"] == made.json()["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label": "ham"}, "per_day"),
        ({"label": "ham", "per_day": "5"}, "per_day"),
        ({"label": "ham", "per_day": True}, "per_day"),
        ({"since": "yesterday", "per_day": 5}, "since"),
        ({"since": "2026-03-02T09:30:00", "per_day": 5}, "since"),
        ({"until": "9999-12-31T23:59:00-23:00", "per_day": 5}, "until"),
        ({"release": "v1", "per_day": 5}, "release"),
        ({"per_day": 5}, "release"),
        ({"label": 3, "per_day": 5}, "label"),
    ],
)
def test_a_recall_that_does_not_fit_is_named(body, field):
    slug = automating_workflow().slug
    refused = client_with(Scope.RELEASE).send("POST", f"/workflows/{slug}/recalls", {**WHY, **body})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
