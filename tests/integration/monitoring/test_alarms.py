"""Alarms rise once, people answer them along one table, each step is audited, and a canary is held."""

from datetime import timedelta

import pytest

from cases.models import Workflow
from hitl.audit.models import Entry
from hitl.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hitl.shared.ids import new_id
from monitoring.alarms.answered import acknowledge_alarm, close_alarm, silence_alarm
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, clear_alarm, end_silences, keep_sign, raise_alarm
from monitoring.alarms.selectors import alarms_of, history_of, holding
from monitoring.models import Alarm, EarlySign
from monitoring.types import AlarmStatus, CountFamily, MetricKey, Reference, Verdict
from tests.support.canary_rows import canary_world
from tests.support.factories import NOW, TESTER, person
from tests.support.spam import mail_workflow

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def raised(
    workflow: Workflow, *, family: CountFamily = CountFamily.INPUT, measure: str = "words", hours: int = 0
) -> Alarm:
    field = "body" if family == CountFamily.INPUT else ""
    at = NOW + hours * HOUR
    return raise_alarm(
        workflow_id=workflow.pk,
        contract=contract_of(MetricKey(family.value, field, measure), Reference.BEFORE),
        finding=Finding(0.3, 0.1, at - 24 * HOUR, at),
        actor=TESTER,
        now=at,
    )


def cleared(workflow: Workflow, *, hours: int) -> bool:
    contract = contract_of(MetricKey("input", "body", "words"), Reference.BEFORE)
    return clear_alarm(workflow_id=workflow.pk, contract=contract, actor=TESTER, now=NOW + hours * HOUR)


def actions(alarm: Alarm) -> list[str]:
    return [entry.action.removeprefix("alarm.") for entry in history_of(alarm)]


def test_an_alarm_rises_once_clears_and_is_told_again_when_it_is_back() -> None:
    workflow = mail_workflow()
    first, again = raised(workflow), raised(workflow, hours=1)
    assert first.pk == again.pk
    assert cleared(workflow, hours=2)
    assert not cleared(workflow, hours=3)
    back = raised(workflow, hours=4)
    assert (back.pk, back.cleared_at, back.seen_at) == (first.pk, None, NOW + 4 * HOUR)
    assert actions(first) == ["raised", "cleared", "raised"]


def test_it_is_acknowledged_silenced_opened_again_and_closed_with_a_verdict() -> None:
    alarm, lead = raised(mail_workflow()), person("lead").as_actor()
    acknowledge_alarm(alarm_id=alarm.pk, actor=lead, now=NOW)
    with pytest.raises(Conflict):
        acknowledge_alarm(alarm_id=alarm.pk, actor=lead, now=NOW)
    silence_alarm(alarm_id=alarm.pk, until=NOW + 5 * HOUR, actor=lead, now=NOW, reason="The fair.")
    assert end_silences(now=NOW + 4 * HOUR, actor=TESTER) == 0
    assert end_silences(now=NOW + 5 * HOUR, actor=TESTER) == 1
    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.OPEN
    close_alarm(
        alarm_id=alarm.pk, verdict=Verdict.REAL, note="A scanner broke.", actor=lead, now=NOW + 6 * HOUR
    )
    with pytest.raises(Conflict):
        silence_alarm(alarm_id=alarm.pk, until=NOW + 9 * HOUR, actor=lead, now=NOW + 6 * HOUR, reason="No.")
    assert actions(alarm) == ["raised", "acknowledged", "silenced", "silence_ended", "closed"]
    assert Entry.objects.filter(action="alarm.closed", detail__verdict="real").exists()


def test_the_next_after_a_closed_one_is_another() -> None:
    workflow, lead = mail_workflow(), person("lead").as_actor()
    first = raised(workflow)
    close_alarm(alarm_id=first.pk, verdict=Verdict.NOISE, note="Nothing.", actor=lead, now=NOW)
    second = raised(workflow, hours=1)
    assert second.pk != first.pk
    assert [alarm.pk for alarm in alarms_of([workflow.pk])] == [second.pk, first.pk]


def test_what_is_asked_wrongly_changes_nothing() -> None:
    alarm, lead = raised(mail_workflow()), person("lead").as_actor()
    for until, reason in ((NOW, "Why"), (NOW + timedelta(days=31), "Why"), (NOW + HOUR, "  ")):
        with pytest.raises(Invalid):
            silence_alarm(alarm_id=alarm.pk, until=until, actor=lead, now=NOW, reason=reason)
    for verdict, note in (("sure", "Why"), ("real", "")):
        with pytest.raises(Invalid):
            close_alarm(alarm_id=alarm.pk, verdict=verdict, note=note, actor=lead, now=NOW)
    with pytest.raises(NotFound):
        acknowledge_alarm(alarm_id=new_id(), actor=lead, now=NOW)
    for role in ("reviewer", "auditor"):
        with pytest.raises(NotAllowed):
            acknowledge_alarm(alarm_id=alarm.pk, actor=person(role).as_actor(), now=NOW)
    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.OPEN


def test_nothing_without_numbers_is_an_alarm() -> None:
    workflow = mail_workflow()
    contract = contract_of(MetricKey("input", "body", "words"), Reference.BEFORE)
    with pytest.raises(ValueError, match="value and a threshold"):
        raise_alarm(
            workflow_id=workflow.pk,
            contract=contract,
            finding=Finding(float("nan"), 0.1, NOW - HOUR, NOW),
            actor=TESTER,
            now=NOW,
        )


def test_an_alarm_of_inputs_is_an_early_sign_and_one_of_people_is_none() -> None:
    workflow, lead = mail_workflow(), person("lead").as_actor()
    raised(workflow, family=CountFamily.PEOPLE, measure="override")
    keep_sign(workflow_id=workflow.pk, actor=TESTER, now=NOW)
    assert not EarlySign.objects.exists()
    alarm = raised(workflow)
    keep_sign(workflow_id=workflow.pk, actor=TESTER, now=NOW)
    assert EarlySign.objects.get(ended_at=None).evidence == {"alarms": 1, "largest_difference": 0.3}
    close_alarm(alarm_id=alarm.pk, verdict=Verdict.NOISE, note="Nothing.", actor=lead, now=NOW + HOUR)
    assert not EarlySign.objects.filter(ended_at=None).exists()


def test_an_alarm_raised_while_a_canary_runs_holds_it_until_somebody_answers() -> None:
    world = canary_world(history=0)
    canary, workflow = world.start(), world.workflow
    assert holding(workflow.pk, since=canary.started_at) == []
    alarm = Alarm.objects.get(pk=raised(workflow).pk)
    Alarm.objects.update(raised_at=canary.started_at + HOUR)
    assert holding(workflow.pk, since=canary.started_at) == [alarm]
    assert holding(workflow.pk, since=canary.started_at + 2 * HOUR) == []
    held = world.look(after=2 * HOUR)
    assert held.hold == "signal"
    assert "alarm" in held.hold_reason.lower()
    silence_alarm(
        alarm_id=alarm.pk,
        until=world.at + timedelta(days=5),
        actor=person("lead").as_actor(),
        now=world.at,
        reason="Known.",
    )
    assert world.look(after=HOUR).hold != "signal"
