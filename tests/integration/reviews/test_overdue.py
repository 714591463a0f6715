"""What is done about cases that nobody answered in time, by the rule of their workflow, and only once."""

from datetime import timedelta

import pytest

from cases.models import Label
from hitl.flow.settling.sla_action import sweep_overdue
from models_store.models import RoleSpan
from policy.models import Decision
from reviews.models import ReviewRules, Task
from reviews.services.queue import claim_next
from reviews.services.skip_hold_escalate import hold
from tests.support.factories import NOW, person
from tests.support.policy_rows import automating_workflow
from tests.support.review_rows import adjudicator, audited, claim, review_workflow, say, suggest, waiting

pytestmark = pytest.mark.django_db

LATE = NOW + timedelta(hours=25)


def assisted_case(**rules):
    """Return a case that waits with a suggestion."""
    workflow = automating_workflow()
    ReviewRules.objects.create(workflow=workflow, **rules)
    case = waiting(workflow, 1)[0]
    release = RoleSpan.objects.get(workflow=workflow, until=None).release
    suggest(case, release, label="spam", confidence=0.6, runner_up="ham")
    return case


def test_where_no_rule_says_so_nothing_is_done() -> None:
    waiting(review_workflow())
    assert sweep_overdue(now=LATE) == 0
    assert Task.objects.get().overdue_at is None


def test_a_raised_case_goes_before_all_that_is_in_time_and_is_raised_once() -> None:
    workflow = review_workflow(sla_action="raise")
    late = waiting(workflow, 1)[0]
    soon = waiting(workflow, 1, at=LATE)[0]
    assert sweep_overdue(now=LATE) == 1
    assert sweep_overdue(now=LATE + timedelta(hours=1)) == 0
    task = Task.objects.get(case=late)
    assert (task.priority, task.overdue_at) == (1, LATE)
    assert "overdue" in task.reasons
    assert Task.objects.get(case=soon).priority == 0
    assert claim(person(), at=LATE).case_id == late.pk


def test_an_escalated_case_is_for_adjudicators_from_then_on() -> None:
    case = waiting(review_workflow(sla_action="escalate"))[0]
    assert sweep_overdue(now=LATE) == 1
    assert claim_next(actor=person().as_actor(), workflow_ids=None, now=LATE) is None
    assert claim(adjudicator(), at=LATE).case_id == case.pk


def test_a_set_label_decides_an_assisted_case_and_proves_nothing() -> None:
    case = assisted_case(sla_action="default", default_label="ham")
    assert sweep_overdue(now=LATE) == 1
    case.refresh_from_db()
    assert (case.status, case.answer) == ("decided", "ham")
    assert Decision.objects.filter(case=case, reason="defaulted", label="ham").count() == 1
    assert not Label.objects.filter(case=case).exists()
    assert Task.objects.get().status == "dropped"


def test_a_blind_case_that_was_answered_by_the_rule_is_still_asked_and_that_answer_counts() -> None:
    workflow = review_workflow(sla_action="default", default_label="ham")
    case = waiting(workflow)[0]
    sweep_overdue(now=LATE)
    case.refresh_from_db()
    assert (case.status, case.answer) == ("decided", "ham")
    say(person(), "spam", at=LATE)
    case.refresh_from_db()
    assert case.answer == "spam"
    assert Label.objects.get(case=case, superseded_at=None).label == "spam"


def test_an_audit_keeps_the_answer_of_its_case_whatever_the_set_label() -> None:
    case = audited(None, "spam", sla_action="default", default_label="ham")
    assert sweep_overdue(now=LATE) == 1
    case.refresh_from_db()
    assert case.answer == "spam"
    assert Task.objects.get().status == "waiting"


def test_a_case_in_somebodys_hands_is_left_to_them_until_they_let_go() -> None:
    waiting(review_workflow(sla_action="escalate", lease_seconds=86_400))
    claim(person(), at=LATE)
    assert sweep_overdue(now=LATE) == 0


def test_holding_a_case_does_not_get_around_the_rule() -> None:
    case = waiting(review_workflow(sla_action="escalate"))[0]
    reviewer = person()
    until = NOW + timedelta(hours=70)
    hold(lease_token=claim(reviewer).lease_token, actor=reviewer.as_actor(), now=NOW, until=until)
    assert sweep_overdue(now=NOW + timedelta(hours=1)) == 0
    assert Task.objects.get().status == "held"
    assert sweep_overdue(now=LATE) == 1
    assert Task.objects.get().status == "waiting"
    assert claim(adjudicator(), at=LATE).case_id == case.pk
