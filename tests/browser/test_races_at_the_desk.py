"""One case, two people and a program that all want it at the same moment: one of them gets it, whole."""

from typing import Any

import pytest
from playwright.sync_api import expect

from cases.models import Case
from hitl.accounts.types import Role
from hitl.flow.settling.withdraw import withdraw_case
from hitl.shared import clock
from hitl.shared.errors import HitlError
from policy.models import Decision
from reviews.models import Review, Task
from reviews.services.leases import reap
from tests.browser.at_desk import content, press, settled, until
from tests.support.factories import TESTER, person
from tests.support.review_rows import review_workflow, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_reviewers_and_an_automation_that_race_for_a_case_one_wins(visit: Any, attempt: int) -> None:
    waiting(review_workflow(), 1, at=clock.now())
    anna, berta = visit(person()), visit(person())
    first = anna.open("/review/")
    expect(content(first)).to_contain_text("Message 0")
    Task.objects.update(lease_until=clock.now())  # she was away for too long
    reap(now=clock.now())
    second = berta.open("/review/")
    expect(content(second)).to_contain_text("Message 0")  # now both pages show it
    settled(first)
    settled(second)

    acts = [lambda: first.keyboard.press("1"), lambda: second.keyboard.press("2"), lambda: _withdraw()]
    outcomes = [act() for act in acts[attempt:] + acts[:attempt]]
    is_withdrawn = "withdrawn" in outcomes
    until(lambda: not Task.objects.filter(status__in=("waiting", "leased")).exists())

    expect(first.get_by_role("dialog", name="This case is no longer yours")).to_be_visible()
    case = Case.objects.get()
    given = list(Review.objects.values_list("label", flat=True))
    if is_withdrawn:
        assert (case.status, given) == ("withdrawn", [])
        expect(second.get_by_role("dialog", name="This case is no longer yours")).to_be_visible()
    else:
        assert (case.status, case.answer, given) == ("decided", "spam", ["spam"])
        expect(second.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert Decision.objects.filter(sequence__gt=0).count() == 1
    anna.troubles.clear()  # the browser notes the refusals
    berta.troubles.clear()


def _withdraw() -> str:
    try:
        withdraw_case(case_id=Case.objects.get().pk, actor=TESTER, now=clock.now())
    except HitlError as refused:
        return refused.code
    return "withdrawn"


def test_an_open_page_keeps_nothing_from_an_automation_and_keeps_the_answer_in_it(visit: Any) -> None:
    waiting(review_workflow(), 1, at=clock.now())
    visitor = visit(person(Role.REVIEWER))
    page = visitor.open("/review/")
    press(page, "c")
    page.keyboard.type("A refund")
    page.keyboard.press("Escape")
    assert _withdraw() == "withdrawn"
    press(page, "2")
    expect(page.get_by_role("dialog", name="This case is no longer yours")).to_be_visible()
    assert not Review.objects.exists()
    visitor.troubles.clear()
