"""Every address, in each place where something can be sent: whatever comes, the answer is no fault of ours.

A refused request has written nothing, and says what is wrong. Which places there are is found, not listed.
"""

import re
from uuid import uuid4

import orjson
import pytest
from django.apps import apps
from django.test import Client
from django.urls import resolve

from hitl.accounts.keys import create_key
from hitl.accounts.types import Role, Scope
from hitl.flow.doors.api.reference import document
from hitl.web.middleware import OPEN_TO_READERS
from reviews.models import Task
from tests.api.client import ApiClient
from tests.support.day_of_work import a_day_of_work
from tests.support.every_input import Sender
from tests.support.factories import NOW, TESTER, person
from tests.support.input_walk import Walk
from tests.support.url_table import addresses

pytestmark = pytest.mark.django_db


class Known(dict[str, str]):
    """Values by the name of a part; a name that nobody knows gets an identifier of nothing."""

    def __missing__(self, name: str) -> str:
        return str(uuid4())


def a_walk(most: int) -> Walk:
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


def walked(most: int) -> Walk:
    walk, found = a_walk(most), addresses()
    walk.look_around(found)
    for one in found:
        walk.walk(one)
    walk.common_headers(["/", "/api/v1/workflows"])
    return walk


def test_nothing_that_is_sent_anywhere_is_a_fault_of_ours() -> None:
    walk = walked(most=1)
    assert not walk.sender.troubles, "\n".join(walk.sender.troubles)
    for known in (  # a walk that finds no places finds no faults
        "GET /cases/ field received_to",
        "GET /api/v1/workflows/credit/cases field received_after",
        "POST /review/answer/ field seconds",
        "POST /keys/ field scopes",
        "POST /admin/accounts/user/add/ field username",
    ):
        assert known in walk.places


@pytest.mark.long
def test_nothing_odd_that_is_sent_anywhere_is_a_fault_of_ours() -> None:
    walk = walked(most=60)
    assert not walk.sender.troubles, "\n".join(walk.sender.troubles)


def test_who_may_only_read_is_refused_wherever_something_would_change() -> None:
    walk, found = a_walk(1), addresses()
    walk.look_around(found)
    walk.sender.pages.force_login(person(Role.AUDITOR, username="auditor"))
    wrong = []
    for one in found:
        path = walk.path_of(one)
        if resolve(path).url_name in OPEN_TO_READERS or path.startswith(("/api/", "/admin/")):
            continue
        for form in [{}, *walk.filled_forms(path)]:
            answer = walk.post(path, form, "as an auditor")
            if answer.status_code not in (403, 404, 405):
                wrong.append(f"{answer.status_code} {path} {form}")
    assert not wrong, "\n".join(wrong)
