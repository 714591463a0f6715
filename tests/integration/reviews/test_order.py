"""What goes first: dear and unsure cases by the workflow's rules, and blind ones by a draw of their own."""

from datetime import timedelta

import pytest

from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from models_store.models import RoleSpan
from policy.models import Certificate
from reviews.models import ReviewRules, Task
from reviews.order import blind_value, value
from reviews.services.order import rank_again
from reviews.services.rules import change_rules
from tests.support.factories import NOW, TESTER, client_key, person
from tests.support.oracle import Oracle
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import claim, review_workflow, suggest, waiting

pytestmark = pytest.mark.django_db

HOURS = 48.0


def test_a_blind_case_has_the_same_place_whatever_the_model_thinks(monkeypatch) -> None:
    oracle = Oracle()
    monkeypatch.setattr("hitl.flow.intake.in_force.served_model", lambda release_id: oracle)
    workflow = automating_workflow(blind_share=1.0, blind_rate=1.0, audit_base=1.0, audit_rate=1.0)
    Certificate.objects.update(status="certified")  # no share is held back by chance
    ReviewRules.objects.create(workflow=workflow, value_hours=HOURS)
    key = client_key()
    for oracle.probabilities in ([0.001, 0.999], [0.998, 0.002], [0.501, 0.499], None):
        for _ in range(4):
            submit_cases(Intake(workflow.slug, [Submission({"body": "The very same words"})], key, NOW))
    tasks = list(Task.objects.all())
    assert {task.purpose for task in tasks} == {"review", "audit"}
    assert {task.mode for task in tasks} == {"blind"}
    for task in tasks:  # by nothing but its own key
        assert task.head_start == pytest.approx(HOURS * 3600 * blind_value(task.pk), abs=0.01)
        assert (task.priority, task.due_at) == (tasks[0].priority, tasks[0].due_at)


def test_an_unsure_and_dear_case_goes_before_a_sure_one_that_is_due_earlier() -> None:
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow)
    release = RoleSpan.objects.get(workflow=workflow, until=None).release
    sure, unsure = waiting(workflow, 2)
    suggest(sure, release, label="spam", confidence=0.99, runner_up="ham")
    suggest(unsure, release, label="spam", confidence=0.55, runner_up="ham")
    reviewer = person()
    change_rules(workflow_id=workflow.pk, values={"value_hours": HOURS}, actor=TESTER, now=NOW)
    assert rank_again(workflow_id=workflow.pk) == 2
    assert claim(reviewer).case_id == unsure.pk


def test_changing_the_order_moves_what_waits_and_doing_it_twice_moves_nothing() -> None:
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow)
    release = RoleSpan.objects.get(workflow=workflow, until=None).release
    blind, assisted = waiting(workflow, 2)
    suggest(assisted, release, label="spam", confidence=0.75, runner_up="ham")
    costs = {label["name"]: label["cost"] for label in workflow.schemas.get(number=1).labels}
    rules = change_rules(workflow_id=workflow.pk, values={"value_hours": HOURS}, actor=TESTER, now=NOW)
    assert rules.order_version == 2
    assert rank_again(workflow_id=workflow.pk) == 2
    assert rank_again(workflow_id=workflow.pk) == 0
    worth = {blind.pk: blind_value(blind.tasks.get().pk), assisted.pk: value(0.75, "spam", costs)}
    for task in Task.objects.all():
        assert task.head_start == pytest.approx(HOURS * 3600 * worth[task.case_id], abs=0.01)
        assert task.goes_at == pytest.approx(
            task.due_at - timedelta(seconds=task.head_start), abs=timedelta(seconds=0.01)
        )


def test_by_age_what_came_in_first_goes_first_however_long_its_time() -> None:
    workflow = review_workflow()
    first, second = waiting(workflow, 2)
    Task.objects.filter(case=second).update(due_at=NOW + timedelta(hours=1))
    assert Task.objects.order_by("goes_at").first().case_id == second.pk
    change_rules(workflow_id=workflow.pk, values={"order": "age"}, actor=TESTER, now=NOW)
    rank_again(workflow_id=workflow.pk)
    assert claim(person()).case_id == first.pk
