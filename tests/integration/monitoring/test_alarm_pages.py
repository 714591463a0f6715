"""Pages of metrics and alarms: what they say is what was read, and buttons do what they say."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hitl.accounts.types import Role
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, raise_alarm
from monitoring.counts import hours, outputs
from monitoring.models import Alarm, DriftReading
from monitoring.types import AlarmStatus, MetricKey, Reference
from science.fields import Kind
from tests.support import count_rows
from tests.support.count_rows import CountedWorld, counted_world
from tests.support.factories import LABELS, TABLE_FIELDS, TESTER, person
from tests.support.pages import as_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> CountedWorld:
    """A month of quiet days that ended yesterday, then two with other amounts."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(count_rows, "FIRST", midnight - timedelta(days=33))
    made = counted_world()
    made.count_days(0, 31)
    made.live(31, 33, lambda _: {"shift": 1.0})
    return made


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person(*roles))
    return client


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return as_read(answer.content.decode())


def amount_alarm(world: CountedWorld) -> Alarm:
    return Alarm.objects.get(workflow=world.workflow, field="amount", reference=Reference.BEFORE)


def answer(client: Client, alarm: Alarm, **said: str) -> str:
    reply = client.post(reverse("alarm-answer", args=[alarm.pk]), said, follow=True)
    return " ".join(str(message) for message in reply.context["messages"])


def test_an_alarm_is_on_the_list_on_its_page_and_beside_its_metric(world: CountedWorld) -> None:
    client, alarm = signed_in(Role.AUDITOR), amount_alarm(world)
    seen = read(client, reverse("monitoring"))
    assert reverse("alarm", args=[alarm.pk]) in seen
    page = read(client, reverse("alarm", args=[alarm.pk]))
    reading = DriftReading.objects.filter(field="amount", reference=Reference.BEFORE).latest("ended_at")
    assert f"{100 * reading.now:.1f} % now, {100 * reading.then:.1f} % before" in page
    assert "less than 1 in 1,000" in page
    assert "Acknowledge" not in page  # an auditor changes nothing
    assert "the four weeks before beside the window" in page
    rows = read(client, reverse("monitoring", args=["loans"]))
    assert rows.index("amount</a>") < rows.index("married</a>")  # the worst first
    assert "not enough data" in rows
    assert "“kept”" not in rows
    n = Alarm.objects.count()
    page = read(client, reverse("overview-workflow", args=["loans"]))
    assert f"<span>{n} alarm{'s' if n > 1 else ''}</span>" in page


def test_one_metric_shows_its_course_against_both_references(world: CountedWorld) -> None:
    client = signed_in(Role.OPERATOR)
    address = reverse("metric", args=["loans"]) + "?family=input&field=amount&measure=value"
    before = read(client, address)
    assert "Against the weeks before" in before
    assert "alarm" in before
    baseline = read(client, f"{address}&reference=baseline")
    assert "the first cases beside the last window" in baseline
    assert client.get(address.replace("amount", "nothing")).status_code == 404
    assert client.get(reverse("metric", args=["loans"])).headers["Location"] == reverse(
        "monitoring", args=["loans"]
    )
    assert client.get(reverse("metric", args=["nowhere"])).status_code == 404


def test_then_and_now_add_up_to_all_cases(world: CountedWorld) -> None:
    client = signed_in(Role.OPERATOR)
    answer = client.get(reverse("metric", args=["loans"]) + "?family=input&field=amount&measure=value")
    compared = answer.context["compared"]
    assert sum(bar.now for bar in compared.bars) == pytest.approx(1)
    assert sum(bar.then for bar in compared.bars) == pytest.approx(1)
    assert (compared.n_now, compared.n_then) == (240, 28 * 240)


def test_a_lead_acknowledges_silences_and_closes(world: CountedWorld) -> None:
    client, alarm = signed_in(Role.LEAD), amount_alarm(world)
    assert "look at it" in answer(client, alarm, action="acknowledge")
    assert "sentence" in answer(client, alarm, action="silence", hours="24", note=" ")
    assert "30 days" in answer(client, alarm, action="silence", hours="9999", note="Why")
    assert "opens again" in answer(client, alarm, action="silence", hours="24", note="A fair.")
    assert "Use one of" in answer(client, alarm, action="close", verdict="perhaps", note="What?")
    assert "Closed" in answer(client, alarm, action="close", verdict="real", note="A form had changed.")
    alarm.refresh_from_db()
    assert (alarm.status, alarm.verdict) == (AlarmStatus.CLOSED, "real")
    page = read(client, reverse("alarm", args=[alarm.pk]))
    assert "A form had changed." in page
    assert "Silence this alarm" not in page
    assert "Real: something was wrong" in read(client, reverse("monitoring"))


def test_whoever_only_reviews_sees_nothing_of_it(world: CountedWorld) -> None:
    client, alarm = signed_in(Role.REVIEWER), amount_alarm(world)
    for address in (reverse("monitoring"), reverse("alarm", args=[alarm.pk])):
        assert client.get(address).status_code in (403, 404)
    assert client.get(reverse("monitoring", args=["loans"])).status_code == 404
    client.post(reverse("alarm-answer", args=[alarm.pk]), {"action": "acknowledge"})
    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.OPEN


def test_nothing_there_is_said_to_be_nothing() -> None:
    client = signed_in(Role.LEAD)
    assert "No workflow yet" in read(client, reverse("monitoring"))
    counted_world()
    seen = read(client, reverse("monitoring"))
    assert "not checked in the last week" in seen
    assert "says nothing of metrics of which too little is known" in seen
    assert "Nothing was checked yet" in read(client, reverse("monitoring", args=["loans"]))
    page = read(client, reverse("metric", args=["loans"]) + "?family=people&field=&measure=override")
    assert "Nothing was read yet" in page


def test_the_list_costs_as_many_queries_for_twenty_workflows_as_for_one() -> None:
    client = signed_in(Role.LEAD)

    def cost(n: int) -> int:
        for number in range(n):
            workflow = set_up_workflow(
                slug=f"w{n}-{number}",
                name="W",
                fields=TABLE_FIELDS,
                labels=LABELS,
                actor=TESTER,
                now=clock.now(),
            )
            raise_alarm(
                workflow_id=workflow.pk,
                contract=contract_of(MetricKey("input", "amount", "value"), Reference.BEFORE),
                finding=Finding(0.3, 0.1, clock.now() - timedelta(days=1), clock.now()),
                actor=TESTER,
                now=clock.now(),
            )
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("monitoring"))
        return len(seen)

    assert cost(1) == cost(20) < 20


def test_every_measure_has_words_of_its_own() -> None:
    measures = [measure for kind in Kind for measure in kind.traits.measured.each]
    words = {(measure.name, measure.words) for measure in [*measures, *outputs.MEASURES, *hours.MEASURES]}
    assert len({name for name, _ in words}) == len(words)
