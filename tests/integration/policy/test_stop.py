"""Stop everything: one row, which every decision asks; nobody's lock and no broker is waited for."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from cases.models import Case, Workflow
from hitl.accounts.types import Role, Scope
from hitl.audit.models import Entry
from hitl.flow.intake import copy_batch
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.sla_action import sweep_overdue
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed
from hitl.stop.models import Stop
from hitl.stop.selectors import stop_in_force
from hitl.stop.services import NotStopped, start_everything, stop_everything
from policy.in_force.rules import rule_for
from policy.in_force.status import status_now
from policy.models import Decision, Policy
from policy.services.breaker import trip_breaker
from policy.services.degrees import set_degree
from reviews.models import Task
from tests.integration.policy.test_policy_races import at_once
from tests.support.factories import NOW, client_key, person
from tests.support.policy_rows import automating_workflow, lead, operator
from tests.support.spam import mail_workflow, mails

KEY = {"kind": "key", "id": "0190aaaa-0000-7000-8000-000000000000", "name": "watchdog"}


def stopped(actor: Actor | None = None) -> Stop:
    return stop_everything(reason="Odd answers.", actor=actor or lead(), now=NOW)


def submit(workflow: Workflow, place: int, *, n: int = 1) -> list[dict]:
    """Submit mails; return what was decided."""
    items = [Submission(mail.content) for mail in mails()[place : place + n]]
    intake = Intake(workflow.slug, items, client_key(), NOW, is_batch=n > 1)
    return [result.case["decision"] for result in submit_cases(intake)]


@pytest.mark.django_db
@pytest.mark.parametrize("n", [1, 3])
def test_while_everything_is_stopped_people_decide_and_afterwards_the_rule_does_again(n):
    workflow = mail_workflow(cutoff=0.0)
    assert {one["route"] for one in submit(workflow, 0, n=n)} == {"auto"}
    stopped()
    assert {(one["route"], one["reason"]) for one in submit(workflow, 10, n=n)} == {("review", "stopped")}
    assert Task.objects.filter(reasons=["stopped"]).count() == n
    start_everything(reason="A wrong feed.", actor=operator(), now=NOW)
    assert {one["route"] for one in submit(workflow, 20, n=n)} == {"auto"}


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_no_change_of_a_workflow_and_for_no_batch():
    workflow = mail_workflow(cutoff=0.0)
    submit(workflow, 0)
    lea = lead()
    with transaction.atomic():  # as a certification that takes long, or a batch being copied
        Workflow.objects.select_for_update().get(pk=workflow.pk)
        assert at_once(lambda: _quickly(lea)) == ["done"]
    assert stop_in_force() is not None
    assert submit(workflow, 1)[0]["reason"] == "stopped"


def _quickly(actor: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    stopped(actor)


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_was_decided_before_a_stop_and_written_after_it_is_decided_again(monkeypatch):
    workflow, lea = mail_workflow(cutoff=0.0), lead()
    usual, stops = copy_batch.copy_rows, []

    def copying(table: str, *rest: object) -> None:
        usual(table, *rest)
        if not stops:  # over a connection of its own, while this one is in the middle of its batch
            stops.append(table)
            at_once(lambda: stopped(lea))

    monkeypatch.setattr(copy_batch, "copy_rows", copying)
    assert {one["reason"] for one in submit(workflow, 0, n=3)} == {"stopped"}
    assert Case.objects.count() == 3
    assert not Decision.objects.filter(route="auto").exists()


@pytest.mark.django_db(transaction=True)
def test_it_works_while_nobody_answers_at_the_brokers_address(settings):
    from celery import current_app

    from hitl.flow.setup.subscribe import subscribe

    workflow, lea = mail_workflow(cutoff=0.0), lead()
    del subscribe
    kept = current_app.conf.broker_url
    current_app.conf.broker_url = "redis://127.0.0.1:1/0"
    try:
        stopped(lea)
        assert submit(workflow, 0)[0]["reason"] == "stopped"
    finally:
        current_app.conf.broker_url = kept


@pytest.mark.django_db(transaction=True)
def test_of_two_who_stop_at_once_both_are_told_and_one_stop_is_in_force():
    ann, bob = lead(), lead()
    assert at_once(lambda: stopped(ann), lambda: stopped(bob)) == ["done", "done"]
    assert Stop.objects.count() == 1
    assert Entry.objects.filter(action="automation.stopped").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_who_is_on_duty_may_stop_and_operators_start(role):
    actor = person(role).as_actor()
    if role in (Role.LEAD, Role.OPERATOR):
        assert stopped(actor) == stop_in_force()
    else:
        with pytest.raises(NotAllowed):
            stopped(actor)
        stopped()
    if role == Role.OPERATOR:
        start_everything(reason="Found.", actor=actor, now=NOW)
        assert stop_in_force() is None
    else:
        with pytest.raises(NotAllowed):
            start_everything(reason="Found.", actor=actor, now=NOW)
        assert stop_in_force() is not None


@pytest.mark.django_db
@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_given_for_it_may_stop_and_no_key_may_start(scope):
    key = Actor(**KEY, scopes=frozenset({scope}))
    if scope == Scope.RELEASE:
        stopped(key)
    else:
        with pytest.raises(NotAllowed):
            stopped(key)
        stopped()
    with pytest.raises(NotAllowed):
        start_everything(reason="Go.", actor=key, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_reason_is_needed(reason):
    with pytest.raises(Invalid):
        stop_everything(reason=reason, actor=lead(), now=NOW)
    assert not Stop.objects.exists()


@pytest.mark.django_db
def test_starting_what_is_not_stopped_says_so():
    with pytest.raises(NotStopped):
        start_everything(reason="Go.", actor=operator(), now=NOW)


@pytest.mark.django_db
def test_starting_again_gives_no_workflow_more_than_its_own_rule_allows():
    tripped, assisted = automating_workflow(), automating_workflow()
    trip_breaker(workflow_id=tripped.pk, reason="Odd.", actor=lead(), now=NOW)
    set_degree(workflow_id=assisted.pk, degree="assist", actor=lead(), now=NOW)
    stopped()
    start_everything(reason="Found.", actor=operator(), now=NOW)
    assert rule_for(tripped.pk).rule.closed(NOW.timestamp()) == "breaker"
    assert rule_for(assisted.pk).rule.closed(NOW.timestamp()) == "assist"


@pytest.mark.django_db
def test_the_status_of_every_workflow_says_that_it_is_stopped():
    workflow = automating_workflow()
    stopped()
    status = status_now(Policy.objects.get(workflow=workflow), now=NOW)
    assert status.words == "Stopped"


@pytest.mark.django_db
def test_no_case_gets_a_set_label_while_everything_is_stopped():
    from datetime import timedelta

    from reviews.models import ReviewRules

    workflow = mail_workflow(cutoff=1.0)
    submit(workflow, 0)
    ReviewRules.objects.filter(workflow=workflow).update(sla_action="default", default_label="ham")
    late = NOW + timedelta(days=30)
    stopped()
    assert sweep_overdue(now=late) == 0
    start_everything(reason="Found.", actor=operator(), now=late)
    assert sweep_overdue(now=late) == 1


@pytest.mark.django_db
def test_the_commands_obey_the_same_rules(capsys):
    lead("lea")
    person(Role.REVIEWER, username="rita")
    with pytest.raises(CommandError, match="leads and operators"):
        call_command("stop_automation", person="rita", reason="Odd answers.")
    call_command("stop_automation", person="lea", reason="Odd answers.")
    assert "Odd answers." in capsys.readouterr().out
    with pytest.raises(CommandError, match="operators"):
        call_command("start_automation", person="lea", reason="Found.")
    with pytest.raises(CommandError, match="no account nobody"):
        call_command("stop_automation", person="nobody", reason="Odd answers.")
    workflow = automating_workflow()
    call_command("stop_automation", person="lea", reason="Odd answers.", workflow=workflow.slug)
    assert Policy.objects.get(workflow=workflow).breaker_tripped_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "back", ["2", "overview", "https://elsewhere.example/", "a:b", "//elsewhere.example", ""]
)
def test_it_leads_back_to_the_page_and_nowhere_else(client: Client, back: str) -> None:
    client.force_login(person(Role.OPERATOR))
    told = client.post(reverse("stop"), {"reason": "Customers complain.", "back": back})
    assert told["Location"] == reverse("overview")
    told = client.post(reverse("start"), {"reason": "They were wrong.", "back": "/cases/?page=2"})
    assert told["Location"] == "/cases/?page=2"
