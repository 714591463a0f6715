"""A walk that knows something of everything there is, for tests that go through all addresses."""

import re
from uuid import uuid4

import orjson
from django.apps import apps
from django.test import Client

from hitl.accounts.keys import create_key
from hitl.accounts.types import Role, Scope
from hitl.flow.doors.api.reference import document
from reviews.models import Task
from tests.api.client import ApiClient
from tests.support.day_of_work import a_day_of_work
from tests.support.every_input import Sender
from tests.support.factories import NOW, TESTER, person
from tests.support.input_walk import Walk


class Known(dict[str, str]):
    """Values by the name of a part; a name that nobody knows gets an identifier of nothing."""

    def __missing__(self, name: str) -> str:
        return str(uuid4())


def walk_through_everything(most: int) -> Walk:
    """Return a walk of somebody who may do everything, after a day of work."""
    everybody = person(*Role.values, username="everybody", is_superuser=True, is_staff=True)
    there = a_day_of_work(everybody)
    key, secret = create_key(name="all", scopes=list(Scope), is_for_all_workflows=True, actor=TESTER, now=NOW)
    pages = Client(raise_request_exception=False)
    pages.force_login(everybody)
    sender = Sender(pages, ApiClient(secret), secret)
    known = Known({name: str(value) for name, value in there.items()})
    lease = re.search(r'data-lease="([^"]+)"', pages.get("/review/").content.decode())
    known |= {
        "key_id": str(key.pk),
        "app_label": "accounts",
        "url": "nowhere",
        "id": str(everybody.pk),
        "lease": lease[1] if lease else "",
        "label": "good",
        "task": str(Task.objects.latest("id").pk),
        "case": known["case_id"],
    }
    for model in apps.get_models():
        row = model._default_manager.values_list("pk", flat=True).first()
        if row is not None:
            known[f"{model._meta.app_label}/{model._meta.model_name}"] = str(row)
    return Walk(sender, known, most, reference=orjson.loads(document()))
