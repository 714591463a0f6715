"""The page on which a workflow is made from a file says what the file holds and what would become of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Case, FileImport, Workflow
from hitl.accounts.types import Role
from hitl.flow.setup.file_imports import sweep_imports, take_in_file
from hitl.shared import clock
from tests.integration.cases.doors import shown_on
from tests.support.factories import person
from tests.support.pages import as_read

pytestmark = pytest.mark.django_db

PATH = "/workflows/new/"
ROWS = [f"{n % 7},{'red' if n % 3 else ''},{'spam' if n % 4 else 'ham'},channel {n % 2}" for n in range(80)]
FILE = "\n".join(["size,colour,intent,channel", *ROWS, "1,red,,channel 1", "1,red,spam,x,y", ""])


@pytest.fixture
def client() -> Client:
    """A browser in which an administrator is signed in."""
    client = Client()
    client.force_login(person(Role.ADMINISTRATOR))
    return client


def sent(**said: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("mail.csv", FILE.encode()), **said}


def test_rows_labels_and_cells_are_counted_and_nothing_is_written(client: Client) -> None:
    answer = client.post(PATH, sent(label="intent"))
    page = as_read(answer.content.decode())
    outcome = answer.context["outcome"]
    assert (outcome.rows, outcome.taken, outcome.known, outcome.refused) == (82, 80, 0, 2)
    assert "label is missing" in page.replace("<td>label</td><td>is missing", "label is missing")
    assert "5 cells under 4 columns" in page
    assert '<td class="number">60</td>' in page, "so many rows are spam"
    assert "54 filled" in page, "so many have a colour"
    assert "channel 0 · channel 1" in page
    assert not Workflow.objects.exists()


def test_the_file_is_sent_once_and_what_was_said_of_it_holds_when_it_is_taken_in(client: Client) -> None:
    looked = client.post(PATH, sent(label="channel"))
    kept = FileImport.objects.get()
    assert (kept.status, kept.workflow) == ("looked_at", None)
    form = shown_on(looked.context) | {"slug": "mail", "fields-0-kind": "category"}
    assert form["take"] == "on", "the rows come in unless somebody says no"
    made = client.post(PATH, form).content.decode()
    assert "Its first API key" in made
    assert "Waits for a worker" in made
    assert take_in_file(import_id=kept.id, now=clock.now())
    kept.refresh_from_db()
    assert (kept.status, kept.workflow, kept.taken) == ("done", Workflow.objects.get(), 81)
    size, *_ = Workflow.objects.get().schemas.get().fields
    assert (size["name"], size["kind"]) == ("size", "category")
    assert set(Case.objects.values_list("answer", flat=True)) == {"channel 0", "channel 1"}


def test_a_file_that_is_not_wanted_or_not_there_any_more_takes_nothing_in(client: Client) -> None:
    looked = client.post(PATH, sent(label="channel"))
    form = {name: value for name, value in shown_on(looked.context).items() if name != "take"}
    made = client.post(PATH, form | {"slug": "none"}).content.decode()
    assert "Waits for a worker" not in made
    kept = FileImport.objects.get()
    assert kept.status == "looked_at"
    sweep_imports(now=clock.now() + timedelta(hours=23))
    assert default_storage.exists(kept.path)
    sweep_imports(now=clock.now() + timedelta(hours=25))
    assert not FileImport.objects.exists()
    assert not default_storage.exists(kept.path)
    late = as_read(client.post(PATH, form | {"slug": "late", "name": "Late", "take": "on"}).content.decode())
    assert "The file is no longer kept" in late
    assert "Its first API key" in late, "the workflow is made all the same"


def test_nobody_takes_in_what_somebody_else_has_sent(client: Client) -> None:
    looked = client.post(PATH, sent(label="channel"))
    other = Client()
    other.force_login(person(Role.ADMINISTRATOR, username="eve"))
    made = as_read(other.post(PATH, shown_on(looked.context) | {"slug": "theirs"}).content.decode())
    assert "The file is no longer kept" in made
    assert FileImport.objects.get().workflow is None


def test_a_workflow_made_by_hand_asks_for_no_file(client: Client) -> None:
    empty = client.get(f"{PATH}?empty").context
    typed = shown_on({"words": empty["words"], "schema": empty["schema"]})
    typed |= {"slug": "mail", "name": "Mail", "fields-INITIAL_FORMS": "0", "labels-INITIAL_FORMS": "0"}
    typed |= {"fields-0-name": "body", "labels-0-name": "ham", "labels-1-name": "spam"}
    made = client.post(PATH, typed).content.decode()
    assert "Its first API key" in made
    assert "What becomes of the file" not in made
