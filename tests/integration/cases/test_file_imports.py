"""Files that were given on a page: a worker takes them in, and asks where rows do not fit."""

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Case, FileImport, Label, Workflow
from hitl.accounts.types import Role
from hitl.audit.models import Entry
from hitl.flow.setup import file_imports
from hitl.flow.setup.file_imports import sweep_imports, take_in_file
from hitl.flow.setup.import_history import Outcome
from hitl.runtime.processes import wait_until
from hitl.shared import clock, heartbeat
from hitl.shared.actor import Actor
from tests.support.case_rows import workflow_of
from tests.support.factories import person

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [{"name": "amount", "kind": "number", "required": False}]
HEAD = b"amount,label\n"


@pytest.fixture
def workflow() -> Workflow:
    """A workflow with a number."""
    return workflow_of("loans", fields=FIELDS, labels=["ham", "spam"])


@pytest.fixture
def client() -> Client:
    """A browser in which an administrator is signed in."""
    client = Client()
    client.force_login(person(Role.ADMINISTRATOR))
    return client


def send(client: Client, data: bytes, name: str = "f.csv.gz", **said: str) -> FileImport:
    """Send a file; one that is zipped is left to a worker."""
    if name.endswith(".gz"):
        data = gzip.compress(data)
    answer = client.post("/workflows/loans/import/", {"file": SimpleUploadedFile(name, data), **said})
    row = FileImport.objects.latest("given_at")
    assert answer.status_code == 200 or answer["Location"] in (
        f"/workflows/loans/imports/{row.id}/",
        "/workflows/loans/",
    )
    return row


def test_a_larger_file_is_left_to_a_worker_and_may_be_watched(client: Client, workflow: Workflow) -> None:
    row = send(client, HEAD + b"1,ham\n2,spam\n" * 30, attest="on")
    assert row.status == "queued"
    assert b"Waits for a worker" in client.get(f"/workflows/loans/imports/{row.id}/").content
    assert take_in_file(import_id=row.id, now=clock.now())
    assert not take_in_file(import_id=row.id, now=clock.now()), "it is done once"
    page = client.get(f"/workflows/loans/imports/{row.id}/live/").content.decode()
    assert "hx-get" not in page
    assert "Imported" in page
    assert Label.objects.filter(is_blind=True).count() == 60
    assert not default_storage.exists(row.path), "the file is not kept"


def test_a_small_file_that_holds_millions_of_rows_is_refused_by_the_worker(
    client: Client, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = send(client, HEAD + b",\n" * 3_000_000)
    assert row.status == "queued", "the page reads nothing of it"
    monkeypatch.setattr(file_imports, "LIMITS", file_imports.LIMITS.__class__(1_000, 1 << 31, "Give a part."))
    take_in_file(import_id=row.id, now=clock.now())
    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", "The file has more than 1,000 rows. Give a part.")
    new = client.post(
        "/workflows/new/", {"file": SimpleUploadedFile("f.csv.gz", gzip.compress(HEAD + b",\n" * 200_000))}
    )
    assert new.status_code == 422
    assert b"more than 100,000 rows" in new.content


def test_it_is_asked_whether_rows_that_do_not_fit_may_be_left_out(client: Client, workflow: Workflow) -> None:
    row = send(client, HEAD + b"1,ham\n2,eggs\n", name="f.csv", attest="on")
    page = client.get(f"/workflows/loans/imports/{row.id}/").content.decode()
    assert "1 of 2 rows (50.0%) do not fit" in page
    assert "line 3: label is &quot;eggs&quot;" in page
    assert not Case.objects.exists()
    client.post(f"/workflows/loans/imports/{row.id}/answer/", {"answer": "continue"})
    take_in_file(import_id=row.id, now=clock.now())
    row.refresh_from_db()
    assert (row.status, row.taken, row.refused) == ("done", 1, 1)
    assert "Not attested" in row.notes[-1]
    assert not Label.objects.filter(is_blind=True).exists()


def test_or_nothing_is_taken_in(client: Client, workflow: Workflow) -> None:
    row = send(client, HEAD + b"1,ham\n2,eggs\n", name="f.csv")
    client.post(f"/workflows/loans/imports/{row.id}/answer/", {"answer": "stop"})
    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", "Nothing was taken in.")
    assert not take_in_file(import_id=row.id, now=clock.now())
    assert not default_storage.exists(row.path)


def test_a_worker_that_dies_is_followed_by_another_and_no_row_is_there_twice(
    client: Client, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = send(client, HEAD + b"1,ham\n" * 1_500, all_new="on", attest="on")
    attested = Label.objects.filter(is_blind=True)

    def die(row: FileImport, done: float) -> None:
        raise SystemExit

    monkeypatch.setattr(file_imports, "_progress", die)
    with pytest.raises(SystemExit):
        take_in_file(import_id=row.id, now=clock.now())
    assert Case.objects.count() == 1_000
    assert not attested.exists(), "the first part of a file is no random sample"
    monkeypatch.undo()
    now = clock.now()
    assert not take_in_file(import_id=row.id, now=now), "it may be alive"
    later = now + timedelta(minutes=2)
    assert sweep_imports(now=later) == 1
    assert take_in_file(import_id=row.id, now=later)
    row.refresh_from_db()
    assert (row.status, row.taken, row.known, row.notes) == ("done", 500, 1_000, [])
    assert Case.objects.count() == attested.count() == 1_500


def test_a_file_that_was_broken_off_is_attested_when_it_is_sent_again_and_not_by_its_other_half(
    client: Client, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b"".join(f"{n},{'ham' if n < 1_200 else 'spam'}\n".encode() for n in range(1_500))

    def die(row: FileImport, done: float) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(file_imports, "_progress", die)
        with pytest.raises(SystemExit):
            take_in_file(import_id=send(client, HEAD + rows, attest="on").id, now=clock.now())
    other = send(client, HEAD + b"-1,spam\n-2,ham\n" * 30, attest="on")
    assert take_in_file(import_id=other.id, now=clock.now())
    assert set(Label.objects.filter(is_blind=True).values_list("case__content__amount", flat=True)) == {
        -1,
        -2,
    }
    again = send(client, HEAD + rows, attest="on")
    assert take_in_file(import_id=again.id, now=clock.now())
    assert Label.objects.filter(is_blind=True).count() == 1_560
    told = Entry.objects.filter(action="cases.attested").order_by("number")
    assert [entry.detail["labels"] for entry in told] == [60, 1_500]


@pytest.mark.django_db(transaction=True)
def test_while_a_worker_reads_for_long_no_other_begins(
    client: Client, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = send(client, HEAD + b"1,ham\n")
    now, began = clock.now(), clock.now() - timedelta(hours=1)
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.01)

    def read_for_long(row: FileImport, actor: Actor) -> Outcome:
        assert wait_until(
            lambda: FileImport.objects.filter(pk=row.pk, worked_at__gte=now).exists(), seconds=30
        )
        assert sweep_imports(now=clock.now()) == 0
        assert not take_in_file(import_id=row.id, now=clock.now())
        return Outcome()

    monkeypatch.setattr(file_imports, "_work", read_for_long)
    assert take_in_file(import_id=row.id, now=began)
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("done", 1)


def test_only_administrators_see_it(workflow: Workflow, client: Client) -> None:
    row = send(client, HEAD + b"1,ham\n")
    other = Client()
    other.force_login(person(Role.OPERATOR))
    assert other.get(f"/workflows/loans/imports/{row.id}/").status_code == 403
    reviewer = Client()
    reviewer.force_login(person(Role.REVIEWER))
    assert reviewer.get(f"/workflows/loans/imports/{row.id}/").status_code == 404
