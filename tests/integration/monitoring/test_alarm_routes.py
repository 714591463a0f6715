"""Who is told of an alarm: its owner, and by mail where a server is set."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.shared import clock
from hitl.shared.deployment import mail_server
from hitl.shared.errors import Invalid, NotAllowed
from monitoring.alarms import mail as alarm_mail
from monitoring.alarms.answered import silence_alarm
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, raise_alarm
from monitoring.alarms.mail import TRIED_FOR, unmailed
from monitoring.alarms.routes import route_of, set_route
from monitoring.models import Alarm, AlarmRoute
from monitoring.tasks import check_drift
from monitoring.types import MetricKey, Reference
from tests.support.count_rows import CountedWorld, counted_world
from tests.support.factories import TESTER, person
from tests.support.pages import as_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings: Any) -> CountedWorld:
    settings.MAIL_IS_ON = True
    return counted_world()


def raised(world: CountedWorld) -> Alarm:
    now = clock.now()
    return raise_alarm(
        workflow_id=world.workflow.pk,
        contract=contract_of(MetricKey("input", "amount", "value"), Reference.BEFORE),
        finding=Finding(0.3, 0.1, now - timedelta(days=1), now),
        actor=TESTER,
        now=now,
    )


def routed(world: CountedWorld, *mail_to: str, owner: str = "") -> AlarmRoute:
    actor = person(Role.OPERATOR).as_actor()
    return set_route(workflow=world.workflow, owner=owner, mail_to=mail_to, actor=actor, now=clock.now())


def test_an_alarm_is_mailed_once_and_holds_no_content(world: CountedWorld) -> None:
    routed(world, "duty@shop.example", "duty@shop.example", " ops@shop.example ")
    alarm = raised(world)
    check_drift()
    check_drift()
    [sent] = mail.outbox
    assert sent.to == ["duty@shop.example", "ops@shop.example"]
    assert sent.subject == "[hitl] Loans: amount"
    assert "by 30.0 %, beside a threshold of 10.0 %" in sent.body
    alarm.refresh_from_db()
    assert alarm.mailed_at is not None


def test_without_a_server_an_address_or_while_silenced_none_is_sent(
    world: CountedWorld, settings: Any
) -> None:
    alarm = raised(world)
    check_drift()
    routed(world, "duty@shop.example")
    settings.MAIL_IS_ON = False
    check_drift()
    settings.MAIL_IS_ON = True
    now = clock.now()
    until = now + timedelta(hours=1)
    lead = person(Role.LEAD).as_actor()
    silence_alarm(alarm_id=alarm.pk, until=until, actor=lead, now=now, reason="A fair.")
    check_drift()
    assert mail.outbox == []


def test_a_server_that_refuses_is_asked_again_but_not_for_ever(
    world: CountedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise smtplib.SMTPConnectError(421, "busy")

    routed(world, "duty@shop.example")
    alarm = raised(world)
    with monkeypatch.context() as patch:
        patch.setattr(alarm_mail, "send_mail", refuse)
        check_drift()
    assert unmailed(now=clock.now()) == [alarm.pk]
    assert unmailed(now=clock.now() + TRIED_FOR + timedelta(minutes=1)) == []
    check_drift()
    assert len(mail.outbox) == 1


def test_an_operator_names_the_owner_on_the_page(world: CountedWorld) -> None:
    client, address = Client(), reverse("alarm-route", args=[world.workflow.slug])
    client.force_login(person(Role.OPERATOR, username="olga"))
    person(Role.LEAD, username="lea")
    person(Role.REVIEWER, username="rob")
    page = as_read(client.get(reverse("monitoring", args=[world.workflow.slug])).content.decode())
    assert "operators on duty" in page
    assert "rob" not in page
    for said, refusal in (
        ({"owner": "rob"}, "owner may not answer alarms"),
        ({"mail_to": "nobody"}, "is no address"),
        ({"mail_to": ",".join(f"a{i}@b.example" for i in range(11))}, "names 11 addresses"),
    ):
        told = as_read(client.post(address, said, follow=True).content.decode())
        assert refusal in told
    assert route_of(world.workflow.pk) is None
    told = client.post(address, {"owner": "lea", "mail_to": "lea@shop.example"}, follow=True)
    assert "Saved: who is told of alarms." in as_read(told.content.decode())
    alarm = raised(world)
    assert "lea" in as_read(client.get(reverse("alarm", args=[alarm.pk])).content.decode())
    entry = Entry.objects.get(action="alarm_route.set")
    assert (entry.detail["owner"], entry.detail["after"]["addresses"]) == ("lea", 1)
    assert "shop.example" not in str(entry.detail), "addresses are not for the log"


def test_who_may_not_set_it_changes_nothing(world: CountedWorld) -> None:
    with pytest.raises(NotAllowed):
        set_route(
            workflow=world.workflow,
            owner="",
            mail_to=[],
            actor=person(Role.LEAD).as_actor(),
            now=clock.now(),
        )
    with pytest.raises(Invalid):
        routed(world, owner="nobody-of-that-name")
    assert not AlarmRoute.objects.exists()


def test_the_address_of_the_server_is_read_or_refused() -> None:
    assert mail_server("") == {}
    read = mail_server("smtp+tls://a%40b:p%2Fw@mail.example")
    assert (read["host"], read["port"], read["user"], read["password"]) == ("mail.example", 587, "a@b", "p/w")
    assert (read["is_tls"], read["is_ssl"]) == (True, False)
    for wrong in ("mail.example", "http://mail.example", "smtp://", "smtp://mail.example:many"):
        with pytest.raises(ImproperlyConfigured):
            mail_server(wrong)
