"""Images and recordings of withdrawn cases are erased, and nothing that a case still needs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction

from cases.models import Asset, Case, KeptFile, MediaUse, Workflow
from cases.services import withdrawn_files
from cases.services.kept_files import store_file
from cases.services.withdrawn_files import erase_withdrawn_files
from hitl.audit.models import Entry
from hitl.flow.doors.tasks import erase_files
from hitl.flow.settling.withdraw import withdraw_case
from tests.api.test_media import picture
from tests.support.case_rows import waiting_case, workflow_of
from tests.support.factories import NOW, TESTER

PHOTO: list[dict[str, Any]] = [{"name": "photo", "kind": "image"}, {"name": "note", "kind": "text"}]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    """Media of this test alone."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "hitl.shared.storage.WholeFiles", "OPTIONS": {"location": tmp_path / "media"}},
    }


def photos(slug: str = "photos") -> Workflow:
    return workflow_of(slug, fields=PHOTO, labels=["a", "b"])


def case_with(workflow: Workflow, data: bytes) -> Case:
    asset = store_file(data, workflow_id=workflow.id, now=NOW)
    return waiting_case(workflow, {"photo": {"asset": asset.sha256}, "note": "asset"})


def withdraw(case: Case) -> None:
    withdraw_case(case_id=case.pk, actor=TESTER, now=NOW)


def is_stored(data: bytes) -> bool:
    name = store_name(data)
    return Asset.objects.filter(pk=name).exists() and default_storage.exists(Asset(sha256=name).path)


def store_name(data: bytes) -> str:
    return sha256(data).hexdigest()


@pytest.mark.django_db
def test_the_file_of_a_withdrawn_case_is_erased_in_time_and_its_room_given_back(settings: Any) -> None:
    workflow, data = photos(), picture()
    withdraw(case_with(workflow, data))
    due = NOW + settings.WITHDRAWN_MEDIA_DAYS * DAY
    assert erase_withdrawn_files(now=due) == 0
    assert KeptFile.objects.exists()
    erase_withdrawn_files(now=due + timedelta(seconds=1))
    assert not KeptFile.objects.exists()
    assert MediaUse.objects.get().size_bytes == 0
    assert Entry.objects.get(action="media.erased").detail == {"files": 1, "bytes": len(data)}
    assert erase_withdrawn_files(now=due + DAY) == 1
    assert not is_stored(data)
    assert erase_withdrawn_files(now=due + 2 * DAY) == 0
    assert Entry.objects.filter(action="media.erased").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_what_another_case_names_stays(where: str) -> None:
    workflow, data = photos(), picture()
    withdraw(case_with(workflow, data))
    other = case_with(workflow if where == "here" else photos("others"), data)
    for days in (31, 32, 33):
        assert erase_withdrawn_files(now=NOW + days * DAY) == 0
    assert is_stored(data)
    assert KeptFile.objects.filter(workflow=other.workflow_id).exists()
    withdraw(other)
    erase_withdrawn_files(now=NOW + 34 * DAY)
    erase_withdrawn_files(now=NOW + 35 * DAY)
    assert not is_stored(data)


@pytest.mark.django_db
def test_what_no_case_names_yet_stays() -> None:
    workflow, data = photos(), picture()
    store_file(data, workflow_id=workflow.id, now=NOW)
    for days in (31, 32):
        erase_withdrawn_files(now=NOW + days * DAY)
    assert is_stored(data)


@pytest.mark.django_db
def test_a_case_that_came_in_while_its_file_was_let_go_of_keeps_it() -> None:
    workflow, data = photos(), picture()
    withdraw(case_with(workflow, data))
    erase_withdrawn_files(now=NOW + 31 * DAY)
    waiting_case(workflow, {"photo": {"asset": store_name(data)}, "note": ""})  # it was checked before
    assert erase_withdrawn_files(now=NOW + 32 * DAY) == 0
    assert is_stored(data)
    assert MediaUse.objects.get().size_bytes == len(data)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_sent_again_while_it_is_erased_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    workflow, data = photos(), picture()
    withdraw(case_with(workflow, data))
    erase_withdrawn_files(now=NOW + 31 * DAY)
    erase_one: Callable[[str], int] = withdrawn_files._erase_one

    def send() -> None:
        try:
            store_file(data, workflow_id=workflow.id, now=NOW + 32 * DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:

        def slowly(name: str) -> int:
            with transaction.atomic():
                gone = erase_one(name)
                sent.append(pool.submit(send))
                with pytest.raises(TimeoutError):
                    sent[0].result(timeout=0.5)  # it waits for the row
            return gone

        sent: list[Any] = []
        monkeypatch.setattr(withdrawn_files, "_erase_one", slowly)
        assert erase_withdrawn_files(now=NOW + 32 * DAY) == 1
        sent[0].result(timeout=20)
    assert is_stored(data)
    assert KeptFile.objects.count() == 1
    assert MediaUse.objects.get().size_bytes == len(data)


@pytest.mark.django_db
def test_the_job_runs_where_there_is_nothing() -> None:
    erase_files()
