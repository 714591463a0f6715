"""Each degree says who decides, and what submitters and reviewers are told of the model."""

import pytest

from cases.models import Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.flow.intake import in_force
from hitl.shared import clock
from policy.models import Certificate, Decision
from policy.services.degrees import set_degree
from reviews.models import ReviewRules, Task
from science.decision_terms import Degree
from tests.api.client import ApiClient
from tests.support.factories import NOW, TESTER
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
    # Full automation decides nothing where the certificate does not accept every case, as here.
    by_model = {key for key, route in found.items() if route == "auto"}
    assert by_model == {(Degree.PARTIAL, "sure")}
