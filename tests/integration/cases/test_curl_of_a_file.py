"""The curl line of a workflow made on the page is a case of its file, which its model can decide."""

import json
import shlex
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hitl.accounts.types import Role
from tests.integration.cases.doors import shown_on
from tests.support.factories import person

pytestmark = pytest.mark.django_db


def made_of(text: str) -> dict[str, Any]:
    """Return the content in the curl line of a workflow that was made of a file."""
    client = Client()
    client.force_login(person(Role.ADMINISTRATOR))
    looked = client.post("/workflows/new/", {"file": SimpleUploadedFile("f.csv", text.encode())})
    made = client.post("/workflows/new/", shown_on(looked.context) | {"slug": "curled"})
    return json.loads(shlex.split(made.context["curl"])[-1])["content"]


def test_it_holds_what_the_first_row_does_read_as_the_rows_are() -> None:
    rows = "".join(
        f"{n},5 €;{'mail' if n % 2 else 'chat'};{'good' if n % 2 else 'bad'}\n" for n in range(1, 60)
    )
    assert made_of("amount;channel;label\n" + rows) == {"amount": 1.5, "channel": "mail"}


def test_a_row_that_cannot_be_read_is_passed_by() -> None:
    rows = "".join(f"text number {n},{'xy'[n % 2]}\n" for n in range(40))
    assert made_of("text,label\n" + "a,b,c,d\n" + rows) == {"text": "text number 0"}
