"""Workflows over REST."""

from typing import Any

import pytest

from cases.models import Case, SchemaVersion, Workflow
from cases.services.workflows import restore_workflow
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.shared import clock
from policy.models import Policy
from reviews.models import ReviewRules, Task
from reviews.services.rules import change_rules
from tests.api.client import ApiClient
from tests.api.conftest import client_with
from tests.support.factories import person

NEW: dict[str, Any] = {
    "slug": "mail",
    "name": "Mail",
    "fields": [{"name": "body", "kind": "text"}],
    "labels": [{"name": "ham"}, {"name": "spam", "hotkey": "x", "cost": 5, "meaning": "Nobody asked."}],
    "degree": "assist",
    "promise": {"target": 0.005, "confidence": 0.97},
    "review_rules": {"reviews_required": 2, "due_hours": 4.5},
}


def test_a_workflow_is_set_up_whole(manager: ApiClient) -> None:
    response = manager.send("POST", "/workflows", NEW)
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == "/api/v1/workflows/mail"
    assert (body["degree"], body["promise"]["target"]) == ("assist", 0.005)
    assert [label["hotkey"] for label in body["labels"]] == ["1", "x"]
    rules = body["review_rules"]
    assert {name: rules[name] for name in ("reviews_required", "lease_seconds", "due_hours")} == {
        "reviews_required": 2,
        "lease_seconds": 300,
        "due_hours": 4.5,
    }
    assert (rules["second_read_share"], rules["order"], rules["reason_codes"]) == (0.05, "due", {})
    assert manager.send("GET", "/workflows/mail").json() == body
    assert manager.send("GET", "/workflows").json() == {"items": [body]}
    assert (
        client_with("submit").send("POST", "/workflows/mail/cases", {"content": {"body": "x"}}).status_code
        == 201
    )
    assert Entry.objects.filter(action="workflow.created").exists()


def test_what_get_shows_can_be_sent_to_make_another(manager: ApiClient) -> None:
    first = manager.send("POST", "/workflows", NEW).json()
    kept = {"fields", "labels", "degree", "promise", "review_rules", "needs_second_person", "description"}
    copy = {name: first[name] for name in kept} | {"slug": "mail-2", "name": "Mail 2"}
    second = manager.send("POST", "/workflows", copy)
    assert second.status_code == 201, second.content
    assert {name: second.json()[name] for name in kept} == {name: first[name] for name in kept}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "No Spaces"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": 5}, "slug"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"description": 5}, "description"),
        ({"fields": []}, "fields"),
        ({"fields": "body"}, "fields"),
        ({"fields": [{"name": "a", "kind": "telepathy"}]}, "fields[0]"),
        ({"fields": [{"name": "a", "kind": "text"}] * 2}, "fields"),
        ({"fields": [{"name": " a", "kind": "text"}]}, "fields[0].name"),
        ({"fields": [{"kind": "text"}]}, "fields[0].name"),
        ({"fields": [{"name": "a", "kind": "number", "minimum": "0"}]}, "fields[0].minimum"),
        ({"fields": [{"name": "a", "kind": "number", "minimum": 2, "maximum": 1}]}, "fields[0]"),
        ({"fields": [{"name": "a", "kind": "text", "colour": "red"}]}, "fields[0]"),
        ({"fields": [{"name": "a", "kind": "text", "required": 1}]}, "fields[0].required"),
        ({"fields": [{"name": "a", "kind": "category", "options": ["x", 5]}]}, "fields[0].options[1]"),
        ({"labels": [{"name": "only"}]}, "labels"),
        ({"labels": ["a", "b"]}, "labels[0]"),
        ({"labels": [{"name": "a"}, {"name": "a"}]}, "labels[1].name"),
        ({"labels": [{"name": "a", "hotkey": "1"}, {"name": "b", "hotkey": "1"}]}, "labels[1].hotkey"),
        ({"labels": [{"name": "a", "hotkey": "s"}, {"name": "b"}]}, "labels[0].hotkey"),
        ({"labels": [{"name": "a", "cost": 0}, {"name": "b"}]}, "labels[0].cost"),
        ({"labels": [{"name": "a", "cost": "1"}, {"name": "b"}]}, "labels[0].cost"),
        ({"labels": [{"name": "a", "color": "red"}, {"name": "b"}]}, "labels[0].color"),
        ({"degree": "full"}, "degree"),
        ({"degree": "half"}, "degree"),
        ({"degree": 5}, "degree"),
        ({"promise": {"target": 0}}, "target"),
        ({"promise": {"target": 1e-7}}, "target"),
        ({"promise": {"target": "1 %"}}, "promise.target"),
        ({"promise": {"aim": 1}}, "promise.aim"),
        ({"promise": {"scope": 5}}, "promise.scope"),
        ({"promise": 5}, "promise"),
        ({"review_rules": {"reviews_required": 0}}, "review_rules.reviews_required"),
        ({"review_rules": {"reviews_required": 1.5}}, "review_rules.reviews_required"),
        ({"review_rules": {"lease_seconds": 1}}, "review_rules.lease_seconds"),
        ({"review_rules": {"due_hours": 1e300}}, "review_rules.due_hours"),
        ({"review_rules": {"coffee": 1}}, "review_rules.coffee"),
        ({"review_rules": {"on_demand": 1}}, "review_rules.on_demand"),
        ({"review_rules": {"order": "random"}}, "review_rules.order"),
        ({"review_rules": {"known_answer_rate": 0.9}}, "review_rules.known_answer_rate"),
        ({"review_rules": {"sla_action": "default"}}, "review_rules.default_label"),
        ({"review_rules": {"skip_rules": {"unsure": "never"}}}, "review_rules.skip_rules"),
        ({"review_rules": {"reason_codes": {"eggs": []}}}, "review_rules.reason_codes.eggs"),
        ({"review_rules": {"ready_notes": [" "]}}, "review_rules.ready_notes"),
        ({"review_rules": {"ready_notes": ["x" * 301]}}, "review_rules.ready_notes"),
        ({"review_rules": {"ready_notes": ["x"] * 21}}, "review_rules.ready_notes"),
        ({"review_rules": {"reason_codes": {"ham": [{"code": ""}]}}}, "review_rules.reason_codes"),
        ({"review_rules": {"skills": "law"}}, "review_rules.skills"),
        ({"review_rules": {"team": "nobody"}}, "review_rules.team"),
        ({"needs_second_person": "yes"}, "needs_second_person"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_is_named_and_leaves_nothing(
    manager: ApiClient, change: dict[str, Any], field: str
) -> None:
    response = manager.send("POST", "/workflows", NEW | change)
    assert response.status_code == 422, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert all(error["error"] and error["fix"] for error in response.json()["errors"])
    assert not Workflow.objects.exists()
    assert not Policy.objects.exists()
    assert not ReviewRules.objects.exists()


def test_every_problem_is_named_at_once(manager: ApiClient) -> None:
    response = manager.send("POST", "/workflows", {"slug": "-", "fields": [], "labels": []})
    assert {error["field"] for error in response.json()["errors"]} >= {"slug", "fields", "labels"}


def test_a_slug_is_taken_once(manager: ApiClient) -> None:
    manager.send("POST", "/workflows", NEW)
    again = manager.send("POST", "/workflows", NEW)
    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")
    assert again.json()["errors"][0]["field"] == "slug"


def test_a_key_for_some_workflows_is_granted_the_one_it_makes(db: None) -> None:
    manager = client_with("manage", "submit", all_workflows=False)
    assert manager.send("POST", "/workflows", NEW).status_code == 201
    assert manager.send("POST", "/workflows/mail/cases", {"content": {"body": "x"}}).status_code == 201


def test_other_fields_make_a_new_version_and_open_tasks_keep_theirs(
    client: ApiClient, manager: ApiClient, workflow: Workflow
) -> None:
    url = "/workflows/credit/cases"
    client.send("POST", url, {"content": {"amount": 1}})
    before = Workflow.objects.get().policy_version
    response = manager.send("PATCH", "/workflows/credit", {"fields": [{"name": "income", "kind": "number"}]})
    assert (response.status_code, response.json()["schema_version"]) == (200, 2)
    assert Workflow.objects.get().policy_version > before
    assert Task.objects.get().schema_version == 1
    assert client.send("POST", url, {"content": {"amount": 1}}).status_code == 422
    assert client.send("POST", url, {"content": {"income": 1}}).status_code == 201
    assert sorted(Case.objects.values_list("schema_version", flat=True)) == [1, 2]


def test_the_same_fields_again_change_nothing(manager: ApiClient, workflow: Workflow) -> None:
    shown = manager.send("GET", "/workflows/credit").json()
    again = manager.send("PATCH", "/workflows/credit", {"fields": shown["fields"], "labels": shown["labels"]})
    assert again.json() == shown
    assert SchemaVersion.objects.count() == 1


def test_words_change_without_a_new_version(manager: ApiClient, workflow: Workflow) -> None:
    response = manager.send(
        "PATCH", "/workflows/credit", {"name": "Loans", "review_policy": "Be fair.\nAlways."}
    )
    assert (response.json()["name"], response.json()["schema_version"]) == ("Loans", 1)
    refused = manager.send("PATCH", "/workflows/credit", {"name": "Fine", "labels": []})
    assert refused.status_code == 422
    assert Workflow.objects.get().name == "Loans", "a change that is refused in part is refused whole"


def test_how_much_is_automated_is_not_changed_by_a_key(manager: ApiClient, workflow: Workflow) -> None:
    response = manager.send("PATCH", "/workflows/credit", {"degree": "partial"})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "degree")


RAISES: list[tuple[dict[str, Any], str]] = [
    ({"degree": "partial"}, "degree"),
    ({"promise": {"target": 0.5}}, "promise.target"),
    ({"promise": {"confidence": 0.9}}, "promise.confidence"),
    ({"promise": {"audit_base": 0.005}}, "promise.audit_base"),
    ({"promise": {"audit_amber": 0.1}}, "promise.audit_amber"),
    ({"promise": {"blind_share": 0.02}}, "promise.blind_share"),
    ({"promise": {"loss": "costs"}}, "promise.loss"),
    ({"review_rules": {"sla_action": "default", "default_label": "ham"}}, "review_rules.sla_action"),
]


@pytest.mark.parametrize(("raises", "field"), RAISES)
def test_no_key_makes_a_workflow_that_decides_more_than_one_that_nobody_changed(
    manager: ApiClient, raises: dict[str, Any], field: str
) -> None:
    response = manager.send("POST", "/workflows", NEW | raises)
    assert (response.status_code, response.json()["code"]) == (403, "person_needed")
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not Workflow.objects.exists()


def test_no_key_lets_late_cases_be_decided_by_a_rule_nor_changes_that_rule(manager: ApiClient) -> None:
    manager.send("POST", "/workflows", NEW)
    workflow = Workflow.objects.get()

    def sent(**rules: object) -> tuple[int, str]:
        response = manager.send("PATCH", "/workflows/mail", {"review_rules": rules})
        return response.status_code, response.json().get("code", "")

    assert sent(sla_action="default", default_label="ham") == (403, "person_needed")
    assert sent(sla_action="escalate", default_label="ham", due_hours=2) == (200, "")
    administrator = person(Role.ADMINISTRATOR).as_actor()
    by_label = {"sla_action": "default"}
    change_rules(workflow_id=workflow.pk, values=by_label, actor=administrator, now=clock.now())
    assert sent(default_label="spam") == (403, "person_needed")
    assert sent(due_hours=0.1) == (403, "person_needed")
    assert sent(hold_cap=3) == (200, "")
    assert sent(sla_action="none") == (200, "")


def test_no_key_changes_what_mistakes_cost_not_even_in_two_steps(manager: ApiClient) -> None:
    manager.send("POST", "/workflows", NEW)
    ham, spam = NEW["labels"]
    cheap = [ham, spam | {"cost": 0.1}]
    refused = manager.send("PATCH", "/workflows/mail", {"labels": cheap})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (403, "labels.1.cost")
    away = manager.send("PATCH", "/workflows/mail", {"labels": [ham, {"name": "other"}]})
    assert away.status_code == 200
    assert manager.send("PATCH", "/workflows/mail", {"labels": cheap}).status_code == 403


def test_an_archived_workflow_can_be_brought_back(
    client: ApiClient, manager: ApiClient, workflow: Workflow
) -> None:
    url = "/workflows/credit/cases"
    assert manager.send("PATCH", "/workflows/credit", {"is_archived": True}).json()["is_archived"] is True
    assert client.send("POST", url, {"content": {"amount": 1}}).status_code == 409
    refused = manager.send("PATCH", "/workflows/credit", {"is_archived": False})
    assert (refused.status_code, refused.json()["code"]) == (403, "person_needed")
    administrator = person(Role.ADMINISTRATOR).as_actor()
    restore_workflow(workflow_id=workflow.pk, actor=administrator, now=clock.now())
    assert client.send("POST", url, {"content": {"amount": 1}}).status_code == 201


def test_a_case_is_checked_against_the_fields_of_now_in_every_process(
    client: ApiClient, workflow: Workflow
) -> None:
    from hitl.flow.intake import in_force

    url = "/workflows/credit/cases"
    client.send("POST", url, {"content": {"amount": 1}})
    kept = in_force.workflow_in_force("credit")
    client_with("manage").send(
        "PATCH", "/workflows/credit", {"fields": [{"name": "income", "kind": "number"}]}
    )
    in_force._cache["credit"] = kept  # as another process still has it
    assert client.send("POST", url, {"content": {"income": 1}}).status_code == 201
    in_force._cache["credit"] = kept
    assert client.send("POST", url, {"content": {"amount": 1}}).status_code == 422


def test_a_promise_may_allow_for_misses_and_be_about_each_label(manager: ApiClient) -> None:
    promise = {"corrects_misses": True, "scope": "per_label"}
    body = manager.send("POST", "/workflows", NEW | {"promise": promise}).json()
    assert {name: body["promise"][name] for name in promise} == promise


@pytest.mark.parametrize(
    ("field", "value"),
    [("target", "1 %"), ("target", True), ("loss", 1), ("loss", "money"), ("corrects_misses", "yes")],
)
def test_a_promise_that_does_not_fit_is_named(manager: ApiClient, field: str, value: object) -> None:
    response = manager.send("POST", "/workflows", NEW | {"promise": {field: value}})
    assert response.status_code == 422
    assert field in response.json()["errors"][0]["field"]
    assert not Workflow.objects.exists()
