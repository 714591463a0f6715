"""Other terms are proposed after alarms in vain, tried on what was read here, and accepted by a person."""

import pytest
from django.test import Client
from django.urls import reverse

from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.shared import clock
from hitl.shared.errors import Invalid, NotAllowed
from monitoring.alarms.proposals import NEVER_HELPED, proposal_for, proposals
from monitoring.alarms.rules import contract_in_force, rules_in_force
from monitoring.alarms.set_rule import end_alarm_rule, set_alarm_rule
from monitoring.models import AlarmRule
from monitoring.types import Reference
from tests.support.drift_history import AMOUNT, WHERE, History
from tests.support.factories import person
from tests.support.pages import as_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def history() -> History:
    """Three alarms in vain and a real one."""
    made = History()
    made.read(*[0.03] * 5)
    for value, verdict in ((0.12, "noise"), (0.13, "noise"), (0.4, "real"), (0.14, "noise")):
        made.alarm(value, verdict)
    return made


def test_terms_that_spare_the_noise_and_catch_what_was_real_are_proposed(history: History) -> None:
    [found] = proposals(history.world.workflow.pk)
    assert (found.key, found.reference, found.least_effect) == (AMOUNT, Reference.BEFORE, 0.15)
    assert (found.present.fired, found.present.false, found.present.caught) == (4, 3, 1)
    assert (found.tried.fired, found.tried.false, found.tried.caught) == (1, 0, 1)


def test_one_alarm_in_vain_is_no_reason() -> None:
    made = History()
    made.alarm(0.12, "noise")
    assert proposals(made.world.workflow.pk) == []


def test_nothing_is_proposed_that_would_have_missed_what_was_real() -> None:
    made = History()
    for value, verdict in ((0.4, "noise"), (0.4, "noise"), (0.12, "real")):
        made.alarm(value, verdict)
    assert proposals(made.world.workflow.pk) == []


def test_what_never_helped_is_proposed_for_removal() -> None:
    made = History()
    for _ in range(NEVER_HELPED):
        made.alarm(0.3, "noise")
    [found] = proposals(made.world.workflow.pk)
    assert found.least_effect is None
    assert found.present.fired == NEVER_HELPED


def test_an_operator_accepts_on_the_page_and_goes_back(history: History) -> None:
    client, slug = Client(), history.world.workflow.slug
    client.force_login(person(Role.OPERATOR, username="olga"))
    page = as_read(client.get(reverse("monitoring", args=[slug])).content.decode())
    assert "Differences from 15.0 % on, not from 5.0 %." in page
    assert "it would have risen once instead of 4 times, and caught 1 of 1 real ones" in page
    told = client.post(
        reverse("alarm-rule", args=[slug]), {**WHERE, "action": "accept", "seen": "0.2"}, follow=True
    )
    assert "not proposed any more" in " ".join(map(str, told.context["messages"]))
    told = client.post(
        reverse("alarm-rule", args=[slug]), {**WHERE, "action": "accept", "seen": "0.15"}, follow=True
    )
    assert "new terms hold" in " ".join(map(str, told.context["messages"]))
    rule = AlarmRule.objects.get()
    assert (rule.least_effect, rule.set_by, rule.back_test["tried"]["fired"]) == (0.15, "olga", 1)
    assert contract_in_force(rules_in_force(rule.workflow_id), AMOUNT, Reference.BEFORE).least_effect == 0.15
    assert proposal_for(rule.workflow_id, AMOUNT, Reference.BEFORE) is None
    page = as_read(told.content.decode())
    assert "differences from 15.0 % on" in page
    assert "in force" in page
    client.post(reverse("alarm-rule", args=[slug]), {**WHERE, "action": "usual"})
    rule.refresh_from_db()
    assert rule.ended_at is not None
    assert rules_in_force(rule.workflow_id) == {}
    actions = Entry.objects.filter(action__startswith="alarm_rule.").order_by("number")
    assert list(actions.values_list("action", flat=True)) == ["alarm_rule.set", "alarm_rule.ended"]


def test_a_lead_sees_a_proposal_and_may_not_accept_it(history: History) -> None:
    client, slug = Client(), history.world.workflow.slug
    client.force_login(person(Role.LEAD))
    assert "Accept" not in client.get(reverse("monitoring", args=[slug])).content.decode()
    client.post(reverse("alarm-rule", args=[slug]), {**WHERE, "action": "accept", "seen": "0.15"})
    assert not AlarmRule.objects.exists()


def test_what_is_asked_wrongly_changes_nothing(history: History) -> None:
    workflow_id, operator = history.world.workflow.pk, person(Role.OPERATOR).as_actor()
    usual = {"workflow_id": workflow_id, "key": AMOUNT, "reference": Reference.BEFORE, "now": clock.now()}
    given = {**usual, "is_watched": True, "back_test": {}}
    for least, reason in ((0.0, "Why"), (1.5, "Why"), (0.2, " ")):
        with pytest.raises(Invalid):
            set_alarm_rule(**given, least_effect=least, reason=reason, actor=operator)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        set_alarm_rule(**given, least_effect=0.2, reason="Why", actor=history.lead)  # type: ignore[arg-type]
    assert not end_alarm_rule(**usual, reason="Why", actor=operator)  # type: ignore[arg-type]
    client = Client()
    client.force_login(person(Role.OPERATOR))
    for said in ({}, {**WHERE, "family": "none"}, {**WHERE, "reference": "x"}, {**WHERE, "action": "what"}):
        client.post(reverse("alarm-rule", args=[history.world.workflow.slug]), said)
    assert not AlarmRule.objects.exists()
