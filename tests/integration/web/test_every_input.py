"""Every address, in each place where something can be sent: whatever comes, the answer is no fault of ours.

A refused request has written nothing, and says what is wrong. Which places there are is found, not listed.
"""

import pytest
from django.urls import resolve

from hitl.accounts.types import Role
from hitl.web.middleware import OPEN_TO_READERS
from tests.support.factories import person
from tests.support.input_walk import Walk
from tests.support.url_table import addresses
from tests.support.whole_walk import walk_through_everything

pytestmark = pytest.mark.django_db


def walked(most: int) -> Walk:
    walk, found = walk_through_everything(most), addresses()
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
    walk, found = walk_through_everything(1), addresses()
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
