"""The figures for Prometheus."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from prometheus_client.parser import text_string_to_metric_families

from cases.models import Workflow
from hitl.shared import clock
from monitoring.alarms.answered import close_alarm
from monitoring.models import Alarm
from monitoring.tallies.fold import fold_all
from reviews.models import Task
from tests.api.client import ApiClient
from tests.support.count_rows import DAY, FIRST, HOUR, counted_world
from tests.support.factories import NOW, person

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(**headers: str) -> Figures:
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_waits_and_what_was_decided_is_counted(client: ApiClient, workflow: Workflow) -> None:
    clock.use(lambda: NOW)
    for amount in range(3):
        client.send("POST", "/workflows/credit/cases", {"content": {"amount": amount}})
    clock.use(lambda: NOW + timedelta(hours=25))
    fold_all(now=clock.now())
    read = figures()
    here = ("workflow", "credit")
    assert read["hitl_tasks_waiting", (here,)] == 3
    assert read["hitl_tasks_overdue_seconds", (here,)] == 3600
    counted = {labels: value for (name, labels), value in read.items() if name == "hitl_decisions_total"}
    assert sum(counted.values()) == 3
    assert read["hitl_degree", (("degree", "human_only"), here)] == 1
    assert read["hitl_web_resident_bytes", ()] > 1_000_000


def test_a_task_that_is_late_is_late_behind_one_that_is_urgent_as_well(
    client: ApiClient, workflow: Workflow
) -> None:
    clock.use(lambda: NOW)
    client.send("POST", "/workflows/credit/cases", {"content": {"amount": 1}})
    clock.use(lambda: NOW + timedelta(hours=25))
    client.send("POST", "/workflows/credit/cases", {"content": {"amount": 2}})
    Task.objects.filter(created_at__gt=NOW).update(priority=9)
    assert figures()["hitl_tasks_overdue_seconds", (("workflow", "credit"),)] == 3600


def test_nothing_names_a_case(client: ApiClient, workflow: Workflow) -> None:
    case = client.send(
        "POST", "/workflows/credit/cases", {"content": {"amount": 1}, "reference": "R-77"}
    ).json()
    body = Client().get("/metrics").content.decode()
    assert case["id"] not in body
    assert "R-77" not in body


@pytest.mark.django_db
def test_the_figures_are_for_this_machine_or_for_who_holds_the_token() -> None:
    assert Client(REMOTE_ADDR="10.0.0.9").get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 404
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        assert Client().get("/metrics").status_code == 404
    with override_settings(METRICS_TOKEN="secret"):
        assert Client().get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
        remote = Client(REMOTE_ADDR="10.0.0.9")
        assert remote.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


@pytest.mark.django_db
def test_drift_and_alarms_are_counted_by_workflow_and_closed_ones_are_not() -> None:
    world = counted_world()
    world.count_days(0, 31)
    world.live(31, 33, lambda _: {"shift": 1.0})
    clock.use(lambda: FIRST + 33 * DAY + HOUR)
    read = figures()
    here = ("workflow", "loans")
    drifting = Alarm.objects.values("family", "field", "measure").distinct().count()
    assert read["hitl_drift_metrics", (("state", "drifts"), here)] == drifting >= 1
    assert read["hitl_drift_metrics", (("state", "unknown"), here)] >= 5
    assert read["hitl_drift_checked_timestamp_seconds", (here,)] == (FIRST + 33 * DAY).timestamp()
    open_ones = ("hitl_alarms", (("severity", "normal"), ("status", "open"), here))
    assert read[open_ones] == Alarm.objects.count()
    lead = person("lead").as_actor()
    for alarm in Alarm.objects.all():
        close_alarm(alarm_id=alarm.pk, verdict="noise", note="Nothing.", actor=lead, now=clock.now())
    assert open_ones not in figures()
