"""Alike cases by keyboard: five are read, the others accepted, and taken back."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from hitl.accounts.types import Role
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.shared.clock import now
from reviews.models import Review, ReviewBatch, Task
from reviews.types import READ_FIRST
from tests.browser.at_desk import GUARD_MS, until
from tests.support.alike import batcher, mail_waiting
from tests.support.factories import client_key, person

pytestmark = pytest.mark.django_db(transaction=True)
NASTY = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def open_first(visitor: Any) -> Page:
    """Open the largest group from the desk."""
    page: Page = visitor.open("/review/")
    page.get_by_role("link", name="Batches").click()
    page.get_by_role("button", name="Read some of these").first.click()
    arrived(page)
    return page


def arrived(page: Page) -> None:
    """Wait until the case can be answered."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(GUARD_MS)


def read(page: Page, count: int, *, after: int = 0) -> None:
    """Accept the suggestion for each until so many are read."""
    for n in range(after, count):
        at_case(page, f"Case {n + 1} of {READ_FIRST}")
        page.keyboard.press("Enter")
    at_case(page, "One more")


def at_case(page: Page, words: str) -> None:
    """Wait until this case is on the page and takes keys."""
    expect(page.locator("#case-heading")).to_have_text(words)
    arrived(page)


def test_a_batch_is_read_accepted_and_taken_back_by_keyboard(visit: Any) -> None:
    mail_waiting(at=now())
    visitor = visit(batcher())
    page = open_first(visitor)
    expect(page.locator("#case-heading")).to_be_focused()
    expect(page.locator("[data-evidence]")).to_contain_text("Speaks for")
    page.keyboard.press("]")
    page.keyboard.press("f")
    page.keyboard.press(page.locator(".is-suggested").get_attribute("data-key") or "")
    read(page, READ_FIRST, after=1)
    assert Review.objects.filter(shown__read=True, shown__evidence="shown").count() == READ_FIRST
    assert Review.objects.order_by("submitted_at").first().flags[0]["verdict"] == "helped"  # type: ignore[union-attr]
    accept = page.locator(".batch-accept")
    expect(accept).to_contain_text("With 95 % confidence that says: at most")
    page.keyboard.press("a")
    batch = ReviewBatch.objects.get()
    left = len(batch.task_ids) - READ_FIRST
    expect(page.locator(".page-head")).to_contain_text(f"{left} cases are answered unread.")
    arrived(page)
    assert Case.objects.filter(tasks__in=batch.task_ids, status="decided").count() == len(batch.task_ids)
    page.keyboard.press("u")
    until(lambda: Case.objects.filter(tasks__in=batch.task_ids, status="waiting").count() == left)
    arrived(page)
    assert Task.objects.filter(pk__in=batch.task_ids, status="waiting").count() == left


def test_another_answer_dissolves_the_batch_and_a_held_key_answers_once(visit: Any) -> None:
    mail_waiting(at=now())
    page = open_first(visit(batcher()))
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # a repeat, as a held key sends it
    page.keyboard.up("Enter")
    at_case(page, f"Case 2 of {READ_FIRST}")
    assert Review.objects.count() == 1
    other = page.locator(".answer-label:not(.is-suggested)").first
    page.keyboard.press(other.get_attribute("data-key") or "")
    expect(page.locator(".page-head")).to_contain_text("the batch is dissolved")
    assert not Task.objects.filter(status="done").exclude(reviews__shown__read=True).exists()


def test_who_may_not_accept_unread_sees_no_batches(visit: Any) -> None:
    mail_waiting(at=now())
    visitor = visit(person(Role.REVIEWER))
    page = visitor.open("/review/")
    expect(page.get_by_role("link", name="Batches")).to_have_count(0)
    assert page.request.get(visitor.address + "/review/batch/").status == 403


def test_every_page_of_a_batch_can_be_read_by_everybody(visit: Any) -> None:
    visitor = visit(batcher())
    visitor.open("/review/batch/")
    expect(visitor.page.locator(".empty")).to_contain_text("No batch waits")
    visitor.look("batches-none")
    workflow = mail_waiting(at=now())
    items = [Submission({"subject": NASTY, "body": f"{NASTY} garden offers tulips {n}"}) for n in range(30)]
    submit_cases(Intake(workflow.slug, items, client_key(), now(), is_batch=True))
    visitor.open("/review/batch/")
    expect(visitor.page.locator(".batch-group").first).to_be_visible()
    visitor.look("batches")
    visitor.page.get_by_role("button", name="Read some of these").first.click()
    arrived(visitor.page)
    visitor.look("batch-first")
    read(visitor.page, READ_FIRST)
    visitor.look("batch-read")
    visitor.page.keyboard.press("a")
    expect(visitor.page.locator(".page-head")).to_contain_text("answered unread")
    visitor.look("batch-accepted")
