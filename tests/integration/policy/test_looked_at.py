"""A confirmation holds while what it rests on does, and is void by nothing else."""

import pytest

from cases.models import Workflow
from cases.services.versions import bump
from hitl.shared.actor import system
from hitl.stop.services import stop_everything
from policy.in_force.looked_at import BY_THE_SERVICE, looked_at
from policy.models import Certificate, Policy
from policy.services.alarms import declare_least
from policy.services.degrees import set_degree
from tests.support.factories import NOW
from tests.support.policy_rows import automating_workflow, operator

pytestmark = pytest.mark.django_db


def test_what_the_service_sets_by_itself_voids_nobody_s_decision() -> None:
    """It declares audits and sets how many there are every few minutes, and other rooms raise the version."""
    workflow = automating_workflow(degree="assist")
    seen, before = looked_at(Policy.objects.get(workflow=workflow)), workflow.policy_version
    declare_least(workflow.id, rate=0.05, actor=system("watch"), now=NOW)
    bump(workflow.id)
    assert Workflow.objects.get(pk=workflow.pk).policy_version > before
    set_degree(
        workflow_id=workflow.id, degree="partial", actor=operator(), now=NOW, reason="Proved.", seen=seen
    )
    assert Policy.objects.get(workflow=workflow).degree == "partial"


@pytest.mark.parametrize(
    "field", sorted({field.name for field in Policy._meta.concrete_fields} - BY_THE_SERVICE - {"workflow"})
)
def test_every_term_that_a_person_sets_is_part_of_what_was_looked_at(field: str) -> None:
    policy = Policy.objects.get(workflow=automating_workflow())
    before = looked_at(policy)
    setattr(policy, field, "another")
    assert looked_at(policy) != before


@pytest.mark.parametrize("what", ["proof", "stop", "schema"])
def test_what_a_decision_rests_on_elsewhere_is_part_of_it_too(what: str) -> None:
    workflow = automating_workflow()
    policy = Policy.objects.get(workflow=workflow)
    before = looked_at(policy)
    if what == "proof":
        Certificate.objects.filter(workflow=workflow).update(refuted=[[None, 0.9]])
    elif what == "stop":
        stop_everything(reason="Odd answers.", actor=operator(), now=NOW)
    else:
        Workflow.objects.filter(pk=workflow.pk).update(schema_version=workflow.schema_version + 1)
    assert looked_at(policy) != before
