"""Counts of hours lie in months that are made ahead and dropped whole."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from cases.models import Workflow
from hitl.runtime.database_roles import grant_service
from hitl.shared.months import ByMonth
from monitoring.counts.fold import add_counts
from monitoring.counts.months import COUNTS
from monitoring.counts.retention import keep_count_months
from monitoring.models import HourCount
from tests.support.case_rows import workflow_of
from tests.support.factories import NOW, TABLE_FIELDS

SERVICE = "hitl_service_of_a_test"
NEW_YEAR = datetime(2031, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def counted() -> Workflow:
    """A workflow whose hours are counted."""
    return workflow_of("mail", fields=TABLE_FIELDS, labels=["good", "bad"])


def add(*hours: datetime, n: int = 1, workflow_id: object = None) -> None:
    """Count something in some hours of a workflow."""
    counts = {(hour, "output", "", "score", None, None): np.array([n, 0]) for hour in hours}
    add_counts(workflow_id or counted().pk, counts)  # type: ignore[arg-type]


def months() -> list[str]:
    return [f"{month:%Y-%m}" for month in COUNTS.months()]


def rows_in(month: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM monitoring_hourcount_{month}")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_hours_on_either_side_of_a_month_lie_in_their_months_and_add_up() -> None:
    workflow = counted()
    for _ in range(2):
        add(NEW_YEAR - HOUR, NEW_YEAR, workflow_id=workflow.pk)
    assert (rows_in("203012"), rows_in("203101")) == (1, 1)
    assert list(HourCount.objects.order_by("hour").values_list("hour", "counts")) == [
        (NEW_YEAR - HOUR, [2, 0]),
        (NEW_YEAR, [2, 0]),
    ]


@pytest.mark.django_db
def test_a_row_whose_month_nobody_made_is_refused_by_the_table_and_made_room_for_by_the_service() -> None:
    add(NEW_YEAR)
    row = HourCount.objects.get()
    with pytest.raises(DatabaseError, match="no partition"), transaction.atomic():
        HourCount.objects.filter(pk=row.pk).update(hour=NEW_YEAR + timedelta(days=40))
    add(NEW_YEAR + timedelta(days=40), workflow_id=row.workflow_id)
    assert months()[-2:] == ["2031-01", "2031-02"]


@pytest.mark.django_db
def test_the_job_makes_months_ahead_drops_old_ones_and_changes_nothing_the_second_time() -> None:
    old, kept = NOW - timedelta(days=settings.COUNTS_DAYS + 40), NOW - timedelta(days=settings.COUNTS_DAYS)
    add(old, kept, NOW)
    made, dropped = keep_count_months(now=NOW)
    assert dropped >= 1
    assert set(HourCount.objects.values_list("hour", flat=True)) == {kept, NOW}
    ahead = COUNTS.months()
    assert keep_count_months(now=NOW) == (0, 0)
    assert COUNTS.months() == ahead
    assert made >= 0
    assert len([month for month in ahead if month > NOW]) >= 2


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_make_each_month_once() -> None:
    there, barrier = set(COUNTS.months()), Barrier(2)
    later = NEW_YEAR.replace(year=2035)
    troubles: list[Exception] = []

    def work() -> None:
        barrier.wait()
        try:
            COUNTS.make([later, later.replace(month=2)])
        except Exception as error:
            troubles.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles
    assert set(COUNTS.months()) - there == {later, later.replace(month=2)}
    with connection.cursor() as cursor:  # tables outlive the rows of a test
        for name in ("203501", "203502"):
            cursor.execute(f"DROP TABLE monitoring_hourcount_{name}")


@pytest.mark.django_db(transaction=True)
def test_a_month_is_made_while_somebody_counts_into_another() -> None:
    workflow, later = counted(), NEW_YEAR.replace(year=2036)
    COUNTS.make([NEW_YEAR])
    made: list[object] = []

    def work() -> None:
        try:
            made.append(COUNTS.make([later]))
        except DatabaseError as error:
            made.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        add(NEW_YEAR, workflow_id=workflow.pk)
        thread = Thread(target=work)
        thread.start()
        thread.join()
    assert made == [1]
    COUNTS.drop(before=NEW_YEAR.replace(year=2037))


@pytest.mark.django_db
def test_the_service_makes_and_drops_these_months_and_no_other_table() -> None:
    workflow = counted()
    grant_service(connection, name=SERVICE, password="of a test")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {SERVICE}")
        add(NEW_YEAR, workflow_id=workflow.pk)
        COUNTS.drop(before=NEW_YEAR + timedelta(days=31))
        for table in ("audit_entry", "policy_decision"):
            for act in (ByMonth(table).make, lambda _, table=table: _drop_from(table)):
                with pytest.raises(DatabaseError, match="not kept by month"), transaction.atomic():
                    act([NEW_YEAR])
        cursor.execute("RESET ROLE")
    assert not HourCount.objects.exists()


def _drop_from(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hitl_drop_month(%s::regclass, %s)", [table, NEW_YEAR])


@pytest.mark.django_db(transaction=True)
def test_the_migration_goes_back_and_forth_with_rows() -> None:
    add(NEW_YEAR - HOUR, NEW_YEAR, n=3)
    before = list(HourCount.objects.order_by("hour").values_list("workflow_id", "hour", "counts"))
    try:
        call_command("migrate", "monitoring", "0002", verbosity=0)
        assert kind() == "r"
        assert list(HourCount.objects.order_by("hour").values_list("workflow_id", "hour", "counts")) == before
    finally:
        call_command("migrate", "monitoring", verbosity=0)
    assert kind() == "p"
    assert list(HourCount.objects.order_by("hour").values_list("workflow_id", "hour", "counts")) == before
    add(NEW_YEAR, workflow_id=before[0][0])
    assert HourCount.objects.get(hour=NEW_YEAR).counts == [4, 0]


def kind() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE relname = 'monitoring_hourcount'")
        return str(cursor.fetchone()[0])
