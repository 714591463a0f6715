"""A table of many fields, and of many labels, is made into a workflow on its page as it is by a command."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Workflow
from hitl.accounts.types import Role
from tests.integration.cases.doors import shown_on
from tests.support.factories import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("fields", "labels"), [(400, 2), (2, 600)])
def test_what_was_looked_at_can_be_made_as_it_is_shown(client: Client, fields: int, labels: int) -> None:
    client.force_login(person(Role.ADMINISTRATOR))
    head = ",".join([*(f"f{n}" for n in range(fields)), "label"])
    lines = [
        ",".join([*(str(n + k / 7) for k in range(fields)), f"l{n % labels}"]) for n in range(5 * labels)
    ]
    file = SimpleUploadedFile("wide.csv", "\n".join([head, *lines]).encode())
    looked = client.post("/workflows/new/", {"file": file})
    form = shown_on(looked.context) | {"slug": "wide"}
    assert len(form) > 1_000, "more than Django takes unasked"
    made = client.post("/workflows/new/", form)
    assert made.status_code == 200, made.content.decode()[:2_000]
    schema = Workflow.objects.get().schemas.get().schema
    assert (len(schema.fields), len(schema.labels)) == (fields, labels)
