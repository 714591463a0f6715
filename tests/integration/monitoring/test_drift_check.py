"""A check reads counts, keeps a reading of each metric, and raises and clears alarms."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hitl.accounts.types import Role
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.models import Event
from monitoring.alarms.answered import close_alarm
from monitoring.alarms.contract import contract_of
from monitoring.alarms.found import Finding, raise_alarm
from monitoring.drift.check import act, check
from monitoring.drift.run import drop_old_readings
from monitoring.models import Alarm, AlarmRule, CountCursor, DriftReading, EarlySign
from monitoring.types import MetricKey, MetricState, Reference, SignKind, Verdict
from policy.selectors import ruled_since
from policy.services.breaker import reset_breaker, trip_breaker
from tests.support.count_rows import DAY, FIRST, HOUR, CountedWorld, counted_world
from tests.support.factories import TESTER, person

pytestmark = pytest.mark.django_db
AMOUNT = {"family": "input", "field": "amount", "measure": "value"}


@pytest.fixture
def world() -> CountedWorld:
    """Thirty-one quiet days."""
    made = counted_world()
    made.count_days(0, 31)
    return made


def states(world: CountedWorld, **which: Any) -> dict[str, str]:
    rows = DriftReading.objects.filter(workflow=world.workflow, **which)
    return {f"{row.field} {row.measure} {row.reference}".strip(): row.state for row in rows}


def test_quiet_days_are_calm_and_what_is_not_known_is_not(world: CountedWorld) -> None:
    assert world.check(31) > 8
    seen = states(world)
    assert seen["amount value before"] == seen["amount value baseline"] == MetricState.CALM
    assert seen["seconds before"] == MetricState.UNKNOWN
    assert not DriftReading.objects.filter(state=MetricState.UNKNOWN, threshold__isnull=False).exists()
    assert not Alarm.objects.exists()


def test_a_window_is_checked_once_and_only_when_it_is_counted(world: CountedWorld) -> None:
    CountCursor.objects.create(workflow=world.workflow, read_at=FIRST + 31 * DAY - HOUR)
    assert check(world.workflow.pk, now=FIRST + 31 * DAY + HOUR) == 0
    assert world.check(31) > 0
    assert world.check(31, hours=5) == 0
    assert world.check(31, hours=7) == 0  # few cases: windows of a day alone
    CountCursor.objects.update(to_xid=5)
    world.count_day(31)
    assert check(world.workflow.pk, now=FIRST + 32 * DAY + HOUR) == 0  # a pass is under way


def test_a_workflow_without_bins_is_left_alone() -> None:
    world = counted_world()
    world.binning.delete()
    assert world.check(40) == 0


def test_a_sudden_change_rises_on_the_second_day_and_says_where_and_since_when(world: CountedWorld) -> None:
    world.live(31, 33, lambda _: {"shift": 1.0})
    alarm = Alarm.objects.get(**AMOUNT, reference=Reference.BEFORE)
    reading = DriftReading.objects.filter(**AMOUNT, reference=Reference.BEFORE).latest("ended_at")
    assert (reading.began_at, reading.ended_at) == (FIRST + 32 * DAY, FIRST + 33 * DAY)
    assert reading.state == MetricState.DRIFTS
    assert reading.now < reading.then
    assert reading.changed_from == FIRST + 31 * DAY == reading.changed_until
    assert alarm.value == reading.value > alarm.threshold
    sign = EarlySign.objects.get(kind=SignKind.DATA_DRIFT, ended_at=None)
    assert sign.evidence["alarms"] >= 1


def test_a_job_never_seen_before_rises(world: CountedWorld) -> None:
    world.live(31, 33, lambda _: {"new_job": 0.2})
    alarm = Alarm.objects.get(field="job", reference=Reference.BEFORE)
    reading = DriftReading.objects.filter(field="job", reference=Reference.BEFORE).latest("ended_at")
    assert alarm.measure == reading.measure == "value"
    assert reading.now - reading.then > 0.15


def test_what_has_passed_is_cleared_and_what_comes_back_is_the_same_alarm(world: CountedWorld) -> None:
    world.live(31, 35, lambda day: {"shift": 1.0 if day < 33 else 0.0})
    alarm = Alarm.objects.get(**AMOUNT, reference=Reference.BEFORE)
    assert alarm.cleared_at is not None
    world.live(35, 37, lambda _: {"shift": 1.0})
    again = Alarm.objects.get(**AMOUNT, reference=Reference.BEFORE)
    assert (again.pk, again.cleared_at, again.raised_at) == (alarm.pk, None, alarm.raised_at)
    assert again.seen_at == FIRST + 37 * DAY + HOUR / 2


@pytest.mark.parametrize(
    ("share", "state", "clears"),
    [(0.85, "calm", False), (0.75, "calm", True), (0.75, "unknown", False), (0.75, "differs", True)],
)
def test_an_alarm_clears_only_well_below_its_threshold(share: float, state: str, clears: bool) -> None:
    world = counted_world()
    contract = contract_of(MetricKey(**AMOUNT), Reference.BEFORE)
    finding = Finding(0.4, 0.2, FIRST, FIRST + DAY)
    raise_alarm(workflow_id=world.workflow.pk, contract=contract, finding=finding, actor=TESTER, now=FIRST)
    reading = DriftReading(
        workflow=world.workflow,
        **AMOUNT,
        reference=Reference.BEFORE,
        state=state,
        value=share * 0.2,
        threshold=0.2,
    )
    act(reading, contract, now=FIRST + DAY, stands=True)
    assert (Alarm.objects.get().cleared_at is not None) == clears


def test_a_slow_change_shows_against_the_training_cases(world: CountedWorld) -> None:
    for day in range(31, 45):
        world.count_day(day, shift=0.04 * (day - 30))
    world.check(45)
    alarm = Alarm.objects.get(**AMOUNT, reference=Reference.BASELINE)
    assert alarm.window_until - alarm.window_from == timedelta(days=7)


def test_what_was_expected_is_normal_from_then_on(world: CountedWorld) -> None:
    world.live(31, 34, lambda _: {"shift": 1.0})
    operator = person("operator").as_actor()
    for alarm in Alarm.objects.filter(**AMOUNT):
        close_alarm(
            alarm_id=alarm.pk,
            verdict=Verdict.EXPECTED,
            note="Another customer.",
            actor=operator,
            now=FIRST + 34 * DAY + HOUR,
        )
    world.count_days(34, 41, shift=1.0)
    world.live(41, 43, lambda _: {"shift": 1.0})
    assert Alarm.objects.filter(**AMOUNT, reference=Reference.BEFORE).count() == 1
    latest = DriftReading.objects.filter(**AMOUNT, reference=Reference.BEFORE).latest("ended_at")
    assert latest.state == MetricState.CALM
    # The week that was declared normal held old days as well: the difference from it is smaller.
    assert Alarm.objects.filter(**AMOUNT, reference=Reference.BASELINE, closed_at=None).count() <= 1


def test_a_metric_whose_alarms_help_nobody_is_read_and_raises_none(world: CountedWorld) -> None:
    AlarmRule.objects.create(
        workflow=world.workflow,
        **AMOUNT,
        reference=Reference.BEFORE,
        is_watched=False,
        least_effect=0.05,
        reason="Seasons.",
        back_test={},
        set_by="tests",
        set_at=FIRST,
    )
    world.live(31, 33, lambda _: {"shift": 1.0})
    assert not Alarm.objects.filter(**AMOUNT, reference=Reference.BEFORE).exists()
    drifts = DriftReading.objects.filter(**AMOUNT, reference=Reference.BEFORE, state=MetricState.DRIFTS)
    assert drifts.exists()


def test_where_many_cases_come_in_all_day_a_quarter_of_it_is_a_window() -> None:
    world = counted_world(4)
    world.count_days(0, 31, n=1_000, hours=(2, 8, 14, 20))
    world.count_day(31, n=250, hours=(2,))
    assert world.check(31, hours=6.5) > 0
    reading = DriftReading.objects.get(**AMOUNT)
    assert reading.ended_at - reading.began_at == 6 * HOUR
    assert reading.state == MetricState.CALM


def test_a_check_costs_few_statements_however_many_cases(world: CountedWorld) -> None:
    CountCursor.objects.create(workflow=world.workflow, read_at=FIRST + 32 * DAY)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        check(world.workflow.pk, now=FIRST + 31 * DAY + HOUR)
    assert len(seen) < 30
    assert not [one for one in seen.captured_queries if "cases_case" in one["sql"]]


def test_subscribers_are_told_when_it_rises_and_when_it_clears(world: CountedWorld) -> None:
    subscribe(
        name="Desk",
        url="https://desk.example/hooks",
        kinds=["alarm.raised", "alarm.cleared"],
        workflow_id=None,
        actor=person("administrator").as_actor(),
        now=FIRST,
    )
    world.live(31, 36, lambda day: {"shift": 1.0 if day < 33 else 0.0})
    told = Event.objects.filter(
        payload__measure="value", payload__field="amount", payload__reference="before"
    )
    assert [event.kind for event in told.order_by("at")] == ["alarm.raised", "alarm.cleared"]


def test_readings_are_kept_as_long_as_counts(world: CountedWorld) -> None:
    world.check(31)
    assert drop_old_readings(now=FIRST + 400 * DAY) == 0
    assert drop_old_readings(now=FIRST + 500 * DAY) > 8


@pytest.mark.django_db(transaction=True)
def test_two_checks_at_once_keep_one_set_of_readings() -> None:
    world = counted_world()
    world.count_days(0, 31)
    CountCursor.objects.create(workflow=world.workflow, read_at=FIRST + 32 * DAY)
    kept: list[int] = []

    def work() -> None:
        kept.append(check(world.workflow.pk, now=FIRST + 31 * DAY + HOUR))
        connection.close()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept)[:2] == [0, 0]
    assert DriftReading.objects.count() == max(kept) > 0


def test_who_decides_is_not_compared_across_a_stop(world: CountedWorld) -> None:
    operator = person(Role.OPERATOR).as_actor()
    stop = {"workflow_id": world.workflow.pk, "reason": "We look into it.", "actor": operator}
    trip_breaker(**stop, now=FIRST + 31 * DAY)
    for day in (31, 32, 33):
        world.count_day(day)
        world.check(day + 1)
    assert states(world, measure="route", ended_at=FIRST + 34 * DAY) == {"route before": MetricState.UNKNOWN}
    reset_breaker(**stop, now=FIRST + 34 * DAY)
    assert ruled_since(world.workflow.pk) == FIRST + 34 * DAY
