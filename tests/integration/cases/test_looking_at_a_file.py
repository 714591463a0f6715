"""The page on which a workflow is made from a file says what the file holds and what would become of it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Case, Workflow
from hitl.accounts.types import Role
from tests.integration.cases.doors import shown_on
from tests.support.factories import person
from tests.support.page_forms import forms_of
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


def test_what_was_said_of_the_file_holds_when_it_is_taken_in(client: Client) -> None:
    looked = client.post(PATH, sent(label="channel"))
    made = client.post(PATH, shown_on(looked.context) | {"slug": "mail", "fields-0-kind": "category"})
    (form,) = (form for form in forms_of(made.content.decode(), PATH) if "attest" in form.values)
    assert form.path == "/workflows/mail/import/"
    assert form.values["label"] == ["channel"]
    taken = client.post(form.path, sent(label=form.values["label"][0]))
    assert taken.context["outcome"].taken == 80 + 1
    size, *_ = Workflow.objects.get().schemas.get().fields
    assert (size["name"], size["kind"]) == ("size", "category")
    assert set(Case.objects.values_list("answer", flat=True)) == {"channel 0", "channel 1"}


def test_a_workflow_made_by_hand_asks_for_no_file(client: Client) -> None:
    empty = client.get(f"{PATH}?empty").context
    typed = shown_on({"words": empty["words"], "schema": empty["schema"], "told": []})
    typed |= {"slug": "mail", "name": "Mail", "fields-INITIAL_FORMS": "0", "labels-INITIAL_FORMS": "0"}
    typed |= {"fields-0-name": "body", "labels-0-name": "ham", "labels-1-name": "spam"}
    made = client.post(PATH, typed).content.decode()
    assert "Its first API key" in made
    assert "Take in the cases of the file" not in made
