"""Degree x role x address: the degree says who decides and learns what, the role alone who may open what."""

from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from cases.models import Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.models import User
from hitl.accounts.types import REVIEWING, WATCHING, Role, Scope
from hitl.flow.intake import in_force
from hitl.shared import clock
from policy.models import Certificate, Decision
from policy.services.degrees import set_degree
from reviews.models import ReviewRules, Task
from science.decision_terms import Degree
from tests.api.client import ApiClient
from tests.support.factories import NOW, TESTER, person
from tests.support.oracle import Oracle
from tests.support.policy_rows import automating_workflow, lead

pytestmark = pytest.mark.django_db
DOWN = sorted(Degree, key=lambda one: -one.rank)
CONTENT = {"body": "Buy now"}
SURE, UNSURE = [0.01, 0.99], [0.45, 0.55]


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Oracle:
    found = Oracle()
    monkeypatch.setattr(in_force, "served_model", lambda release_id: found)
    return found


@pytest.fixture
def workflow() -> Workflow:
    clock.use(lambda: NOW)
    found = automating_workflow(degree="full", audit_rate=0.02, audit_base=0.02)
    Certificate.objects.update(status="certified")
    ReviewRules.objects.create(workflow=found)
    return found


def lowered_to(workflow: Workflow, degree: Degree) -> None:
    """Set the degree as a lead does; the highest is there already."""
    if degree is not DOWN[0]:
        set_degree(workflow_id=workflow.pk, degree=degree, actor=lead(), now=NOW)
        in_force.forget()


def test_each_degree_says_who_decides_and_what_people_are_shown(workflow: Workflow, oracle: Oracle) -> None:
    _, secret = create_key(name="a", scopes=(Scope.SUBMIT,), is_for_all_workflows=True, actor=TESTER, now=NOW)
    client = ApiClient(secret)
    found: dict[tuple[str, str], str] = {}
    for degree in DOWN:
        lowered_to(workflow, degree)
        for name, said in (("sure", SURE), ("unsure", UNSURE)):
            oracle.probabilities = said
            told = client.send("POST", f"/workflows/{workflow.slug}/cases", {"content": CONTENT}).json()
            of = told["decision"]
            routed = Decision.objects.get(case_id=told["id"], sequence=0)
            found[degree, name] = of["route"]
            assert of["route"] == routed.route
            if of["route"] == "auto":
                assert of["label"] == "spam"
                continue
            told_of_model = {of[part] for part in ("label", "confidence", "release", "cutoff_set")}
            assert told_of_model == {None}, degree
            asked = Task.objects.filter(case_id=told["id"])
            assert asked.exists()
            if degree in (Degree.HUMAN_ONLY, Degree.SHADOW):
                assert not asked.exclude(suggestion=None).exclude(suggestion="").exists()
    by_people = {Degree.HUMAN_ONLY, Degree.SHADOW, Degree.ASSIST}
    for degree, name in product(DOWN, ("sure", "unsure")):
        if degree in by_people or (degree, name) == (Degree.PARTIAL, "unsure"):
            assert found[degree, name] == "review", (degree, name)
        elif name == "sure":
            assert found[degree, name] == "auto", degree


def every_address(workflow: Workflow) -> list[str]:
    """Return the pages of the service, and those about this workflow."""

    def walk(patterns: Any, before: str = "") -> Any:
        for one in patterns:
            path = before + str(one.pattern)
            if not isinstance(one, URLPattern):
                if not path.startswith(("admin/", "api/v1/")):
                    yield from walk(one.url_patterns, path)
            elif set(one.pattern.converters) <= {"slug"}:
                yield "/" + path.replace("<slug:slug>", workflow.slug)

    found = sorted(set(walk(get_resolver().url_patterns)) - {"/sign-out/"})
    assert len(found) > 40
    return found


@pytest.mark.long
def test_who_may_open_what_depends_on_the_role_alone(workflow: Workflow, oracle: Oracle) -> None:
    oracle.probabilities = SURE
    people: dict[str, User] = {role: person(role) for role in Role.values} | {"nobody": person()}
    people["nobody"].groups.clear()
    seen: dict[str, dict[tuple[str, str], int]] = {}
    for degree in DOWN:
        lowered_to(workflow, degree)
        statuses = seen.setdefault(degree, {})
        for role, one in people.items():
            client = Client(raise_request_exception=True)
            client.force_login(one)
            for address in every_address(workflow):
                statuses[role, address] = client.get(address).status_code
    first = seen[DOWN[0]]
    for degree, statuses in seen.items():
        differing = {key for key, status in statuses.items() if status != first[key]}
        assert not differing, degree
    about_models = [
        address.format(workflow.slug)
        for address in (
            "/automation/{}/",
            "/models/{}/",
            "/automation/{}/replay/",
            "/monitoring/{}/",
            "/promise/{}/",
        )
    ]
    for address in about_models:
        assert {first[role, address] for role in WATCHING} == {200}, address
        assert {first[role, address] for role in (*REVIEWING, Role.BATCHER)} == {404}, address
