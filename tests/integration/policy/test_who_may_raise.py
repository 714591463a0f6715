"""What lets the service decide more needs a person with the right, whichever door it comes through."""

from collections.abc import Callable
from typing import Any

import pytest

from cases.models import Workflow
from cases.services.workflows import archive_workflow, change_schema, restore_workflow
from hitl.accounts.automation import PersonNeeded
from hitl.accounts.types import Role
from hitl.flow.setup.create import set_up_workflow
from hitl.shared.actor import Actor
from hitl.shared.errors import NotAllowed
from policy.models import Policy
from policy.services.breaker import reset_breaker, trip_breaker
from policy.services.cutoffs import set_cutoffs_by_hand, use_certified
from policy.services.degrees import set_degree
from policy.services.promises import Promise, change_promise
from reviews.models import ReviewRules
from reviews.services.rules import change_rules
from tests.support.factories import LABELS, NOW, TESTER, TEXT_FIELDS, person
from tests.support.policy_rows import automating_workflow

pytestmark = pytest.mark.django_db
KEY = Actor(kind="key", id="0190aaaa-0000-7000-8000-000000000000", name="shop backend")
Door = Callable[[Workflow, Actor], Any]


def _made(**how: Any) -> Door:
    def make(workflow: Workflow, actor: Actor) -> Any:
        words = {"slug": "fresh", "name": "Fresh", "fields": TEXT_FIELDS, "labels": LABELS}
        return set_up_workflow(**words, actor=actor, now=NOW, **how)

    return make


def _restored(workflow: Workflow, actor: Actor) -> Any:
    archive_workflow(workflow_id=workflow.pk, actor=TESTER, now=NOW)
    return restore_workflow(workflow_id=workflow.pk, actor=actor, now=NOW)


def _cheaper(workflow: Workflow, actor: Actor) -> Any:
    cheap = [{**label, "cost": 0.1} for label in LABELS]
    return change_schema(workflow_id=workflow.pk, fields=TEXT_FIELDS, labels=cheap, actor=actor, now=NOW)


def _decided_by_rule(workflow: Workflow, actor: Actor) -> Any:
    values = {"sla_action": "default", "default_label": "ham"}
    return change_rules(workflow_id=workflow.pk, values=values, actor=actor, now=NOW)


def _raised(workflow: Workflow, actor: Actor) -> Any:
    Policy.objects.update(degree="assist")
    return set_degree(workflow_id=workflow.pk, degree="partial", actor=actor, now=NOW, reason="More")


def _promised_less(workflow: Workflow, actor: Actor) -> Any:
    return change_promise(workflow_id=workflow.pk, promise=Promise(target=0.2), actor=actor, now=NOW)


def _cut_lower(workflow: Workflow, actor: Actor) -> Any:
    cutoffs = {"ham": 0.5, "spam": 0.5}
    return set_cutoffs_by_hand(workflow_id=workflow.pk, cutoffs=cutoffs, reason="More", actor=actor, now=NOW)


def _follow(workflow: Workflow, actor: Actor) -> Any:
    return use_certified(workflow_id=workflow.pk, actor=actor, now=NOW)


def _reset(workflow: Workflow, actor: Actor) -> Any:
    trip_breaker(workflow_id=workflow.pk, reason="Wrong", actor=TESTER, now=NOW)
    return reset_breaker(workflow_id=workflow.pk, reason="Right", actor=actor, now=NOW)


BEGINNERS, OPERATORS = {Role.OPERATOR, Role.ADMINISTRATOR}, {Role.OPERATOR}
DOORS: dict[str, tuple[Door, set[Role]]] = {
    "begin with decisions of a model": (_made(degree="partial"), BEGINNERS),
    "begin with a loose promise": (_made(promise=Promise(target=0.5)), BEGINNERS),
    "begin with fewer audits": (_made(promise=Promise(audit_base=0.005)), BEGINNERS),
    "begin with a label for late cases": (
        _made(review_rules={"sla_action": "default", "default_label": "ham"}),
        BEGINNERS,
    ),
    "give late cases a label": (_decided_by_rule, BEGINNERS),
    "count mistakes less": (_cheaper, BEGINNERS),
    "take an archived workflow up again": (_restored, BEGINNERS),
    "raise the degree": (_raised, OPERATORS),
    "promise less": (_promised_less, OPERATORS),
    "set cutoffs by hand": (_cut_lower, OPERATORS),
    "follow the certificate again": (_follow, OPERATORS),
    "reset the breaker": (_reset, OPERATORS),
}


@pytest.mark.parametrize("door", DOORS)
def test_each_door_lets_in_the_same_people_and_no_key(door: str) -> None:
    opens, allowed = DOORS[door]
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow)
    before = list(Policy.objects.values()), list(ReviewRules.objects.values())
    with pytest.raises((PersonNeeded, NotAllowed)):
        opens(workflow, KEY)
    if door not in ("raise the degree", "reset the breaker"):  # which lower it first
        assert (list(Policy.objects.values()), list(ReviewRules.objects.values())) == before
    for role in sorted(set(Role) - allowed):
        with pytest.raises(NotAllowed):
            opens(workflow, person(role).as_actor())
    for i, role in enumerate(sorted(allowed)):
        if i == 0:
            opens(workflow, person(role).as_actor())
