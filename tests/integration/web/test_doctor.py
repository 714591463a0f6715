"""`manage.py doctor`: each part that goes wrong is found, said with what to do, and nothing else is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from hitl.accounts.types import Role
from hitl.audit.log import checkpoint
from hitl.doctor import examine as parts
from hitl.doctor import jobs
from hitl.doctor.configuration import configuration
from hitl.doctor.database import database
from hitl.doctor.files import disk, models
from hitl.doctor.findings import Finding, State
from hitl.doctor.jobs import beat, broker, workers
from hitl.doctor.record import audit_log, webhooks
from hitl.doctor.stores import stores
from hitl.flow.setup.subscribe import subscribe
from hitl.outbox.events import News, emit
from hitl.outbox.models import Delivery, Endpoint
from hitl.schedule import QUEUES
from hitl.shared import clock
from hitl.shared.ids import new_id
from hitl.shared.store_address import file_stores
from models_store.artifacts import path_of
from models_store.models import Release
from tests.support.factories import person
from tests.support.model_rows import credit_workflow, train_now

pytestmark = pytest.mark.django_db(transaction=True)


def states(found: Iterator[Finding]) -> dict[State, list[str]]:
    """What was found, by how it stands."""
    by: dict[State, list[str]] = {state: [] for state in State}
    for finding in found:
        assert bool(finding.fix) == (finding.state != State.FINE), finding
        by[finding.state].append(finding.words)
    return by


def ledger() -> Endpoint:
    """Somebody who wants to hear of everything; the audit log says so."""
    return subscribe(
        name="Ledger",
        url="https://ledger.example/hooks",
        kinds=[],
        workflow_id=None,
        actor=person(Role.ADMINISTRATOR).as_actor(),
        now=clock.now(),
    )


def test_the_settings_of_ones_own_machine_are_in_order_and_not_for_others(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    assert not states(configuration())[State.WRONG]
    settings.ALLOWED_HOSTS = ["hitl.example.org"]
    settings.SECURE_COOKIES = False
    assert "HITL_HTTPS is off" in states(configuration())[State.WRONG][0]
    settings.SECURE_COOKIES = True
    settings.CSRF_TRUSTED_ORIGINS = ["https://hitl.example.org"]
    assert not states(configuration())[State.WRONG]
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["*"]
    settings.AUDIT_HEADS_FILE = "/no/such/folder/heads"
    assert len(states(configuration())[State.WRONG]) == 3


def test_a_database_that_answers_is_in_order_and_one_that_does_not_is_said() -> None:
    found = states(database())
    assert not found[State.WRONG]
    assert "all migrations are applied" in found[State.FINE]
    connection.close()
    there = connection.settings_dict["PORT"]
    connection.settings_dict["PORT"] = "1"
    try:
        assert "cannot be reached" in states(database())[State.WRONG][0]
    finally:
        connection.settings_dict["PORT"] = there
        connection.close()


def test_clocks_apart_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from hitl.doctor import database as module

    class Ahead(module.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return module.datetime.fromtimestamp(clock.now().timestamp() + 60, tz)

    monkeypatch.setattr(module, "datetime", Ahead)
    assert any("differ by" in words for words in states(database())[State.WRONG])


def test_a_broker_that_is_gone_is_said(settings: Any) -> None:
    assert states(broker())[State.FINE] == ["answers"]
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "cannot be reached" in states(broker())[State.WRONG][0]


def test_a_queue_without_a_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked:
        answers: dict[str, list[dict[str, str]]]

        def active_queues(self) -> Any:
            return self.answers

    asked = Asked()
    monkeypatch.setattr(jobs.current_app.control, "inspect", lambda **_: asked)
    asked.answers = {"a": [{"name": name} for name in QUEUES]}
    assert not states(workers())[State.WRONG] + states(workers())[State.LOOK]
    asked.answers = {"a": [{"name": "bulk"}]}
    found = states(workers())
    assert [words.split()[6].rstrip(",") for words in found[State.WRONG]] == ["safety", "webhooks"]
    assert [words.split()[6].rstrip(",") for words in found[State.LOOK]] == ["training"]


def test_beat_that_has_stopped_is_said() -> None:
    PeriodicTask.objects.all().delete()
    assert states(beat())[State.LOOK]
    every = IntervalSchedule.objects.create(every=30, period="seconds")
    task = PeriodicTask.objects.create(
        name="watch", task="monitoring.watch", interval=every, last_run_at=clock.now()
    )
    assert states(beat())[State.FINE]
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=clock.now() - timedelta(hours=2))
    assert "120 minutes ago" in states(beat())[State.WRONG][0]


def test_a_folder_that_is_gone_and_a_full_disk_are_said(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    assert states(disk())[State.WRONG] == ["the pages' files are not collected."]
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "staticfiles.json").write_text("{}")
    assert not states(disk())[State.WRONG]
    monkeypatch.setattr("shutil.disk_usage", lambda _: (10**12, 10**12, 10**6))
    assert "0.0 GB of 1,000 GB" in states(disk())[State.WRONG][0]
    settings.DATA_DIR = tmp_path / "gone"
    assert "cannot be written" in states(disk())[State.WRONG][0]


def test_a_place_for_files_is_tried_and_left_as_it_was(settings: Any, tmp_path: Path) -> None:
    places = file_stores("", tmp_path)
    settings.STORAGES = {**settings.STORAGES, **places}
    assert states(stores())[State.FINE] == [
        "media can be written, read and removed",
        "models can be written, read and removed",
    ]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    (tmp_path / "in-the-way").touch()
    places["default"]["OPTIONS"]["location"] = tmp_path / "in-the-way"
    settings.STORAGES = {**settings.STORAGES, **places}
    found = states(stores())
    assert found[State.WRONG][0].startswith("media cannot be kept")
    assert len(found[State.FINE]) == 1


@pytest.mark.usefixtures("shelf")
def test_a_model_whose_file_is_gone_is_said() -> None:
    assert states(models())[State.FINE] == ["none in service yet"]
    train_now(credit_workflow(300))
    assert states(models())[State.FINE] == ["1 in service can be read"]
    storages["artifacts"].delete(path_of(Release.objects.get().artifact_sha256))
    assert "Its cases go to people." in states(models())[State.WRONG][0]


def test_an_endpoint_that_fails_and_a_delivery_that_is_late_are_said() -> None:
    assert not list(webhooks())
    endpoint = ledger()
    assert states(webhooks())[State.FINE]
    emit([News("audit.checkpoint", new_id(), None, clock.now(), {})])
    Delivery.objects.update(due_at=clock.now() - timedelta(hours=1))
    assert "1 deliveries are more than 15 minutes late." in states(webhooks())[State.WRONG]
    Endpoint.objects.filter(pk=endpoint.pk).update(
        disabled_at=clock.now(), disabled_because="it answered 410"
    )
    assert states(webhooks())[State.LOOK] == ["Ledger is off: it answered 410."]


def test_an_audit_log_that_nobody_signs_is_said() -> None:
    assert "empty" in states(audit_log())[State.WRONG][0]
    ledger()
    assert "not signed yet" in states(audit_log())[State.FINE][0]
    clock.use(lambda: datetime.now(UTC) + timedelta(hours=4))
    assert "its end is not signed" in states(audit_log())[State.WRONG][0]
    checkpoint(now=clock.now())
    assert states(audit_log())[State.FINE]


def test_the_command_says_it_all_and_exits_with_one_where_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "WITHOUT_DATABASE", (broker, database))
    monkeypatch.setattr(parts, "IN_DATABASE", (models,))
    out = StringIO()
    call_command("doctor", stdout=out)
    assert "ok     models: none in service yet" in out.getvalue()
    assert out.getvalue().splitlines()[-1].startswith("0 wrong")

    def broken() -> Iterator[Finding]:
        raise OSError("the disk is gone")
        yield

    monkeypatch.setattr(parts, "IN_DATABASE", (broken, models))
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--json", stdout=out)
    assert end.value.code == 1
    found = json.loads(out.getvalue())
    assert [one["words"] for one in found if one["state"] == "wrong"] == [
        "this could not be looked at: the disk is gone"
    ]
    assert found[-1]["part"] == "models"  # the others are looked at all the same
