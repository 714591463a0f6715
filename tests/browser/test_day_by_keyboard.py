"""A reviewer's day, from the first case to the last, without touching anything but the keyboard."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from hitl.shared.clock import now
from reviews.models import Review, Task
from tests.browser.at_desk import content, press, saved, settled, until
from tests.support.factories import person
from tests.support.review_rows import review_workflow, waiting

pytestmark = pytest.mark.django_db(transaction=True)


def answer_of(n: int) -> str | None:
    """Return what a case counts as."""
    return Case.objects.get(content__body=f"Message {n}").answer


def shows(page: Page, n: int) -> None:
    """Wait until this case is on the page, and is where the keyboard is."""
    expect(content(page)).to_contain_text(f"Message {n}")
    expect(page.locator("#case-heading")).to_be_focused()


def test_a_day_without_a_mouse(visit: Any) -> None:
    codes = {"spam": [{"code": "fraud", "words": "Wants money", "required": True}]}
    workflow = review_workflow(reason_codes=codes)
    workflow.review_policy = "Newsletters are ham."
    workflow.save()
    waiting(workflow, 8, at=now())
    page = visit(person()).open("/review/")

    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "p")
    expect(page.get_by_role("dialog", name="Policy")).to_contain_text("Newsletters are ham")
    page.keyboard.press("Escape")

    press(page, "/")
    page.keyboard.type("message")
    expect(page.locator("[data-search-count]")).to_contain_text("1")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    press(page, "Numpad1")  # ham, on the number pad
    shows(page, 1)

    press(page, "2")  # spam asks for its reason
    expect(page.get_by_role("dialog", name="Why?")).to_be_visible()
    page.keyboard.press("1")
    shows(page, 2)

    press(page, "c")
    page.keyboard.type("Looks odd, 2 links")
    page.keyboard.press("Escape")
    press(page, "3")
    shows(page, 3)

    press(page, "s")
    page.keyboard.press("1")
    shows(page, 4)

    press(page, "h")
    page.keyboard.press("2")
    shows(page, 5)

    press(page, "e")
    page.keyboard.type("Is this a contract?")
    page.keyboard.press("Tab")  # past Cancel
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    shows(page, 6)

    press(page, "1")
    shows(page, 7)
    saved(page)
    press(page, "Control+z")
    shows(page, 6)
    press(page, "3")
    shows(page, 7)
    press(page, "1")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    saved(page)

    assert [answer_of(n) for n in (0, 1, 2, 6, 7)] == ["ham", "spam", "unsure", "unsure", "ham"]
    assert Review.objects.get(case__content__body="Message 1").reason_code == "fraud"
    assert Review.objects.get(case__content__body="Message 2").comment == "Looks odd, 2 links"
    assert Task.objects.filter(skips__reason="unsure", case__content__body="Message 3").exists()
    assert Task.objects.get(case__content__body="Message 4").status == "held"
    assert Task.objects.get(case__content__body="Message 5").escalation == "Is this a contract?"


def test_what_is_on_hold_is_taken_up_and_what_was_skipped_comes_back_without_a_mouse(visit: Any) -> None:
    waiting(review_workflow(), 2, at=now())
    page = visit(person()).open("/review/")
    press(page, "h")
    page.keyboard.press("1")
    shows(page, 1)
    press(page, "s")
    page.keyboard.press("5")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    saved(page)
    reach(page, "On hold")
    expect(page.get_by_role("dialog", name="On hold")).to_be_visible()
    reach(page, "Go on with it")
    shows(page, 0)
    press(page, "2")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    reach(page, "Review what I skipped")
    shows(page, 1)
    press(page, "1")
    until(lambda: Review.objects.count() == 2)


def test_an_answer_is_changed_after_the_window_without_a_mouse(visit: Any) -> None:
    waiting(review_workflow(), 1, at=now())
    visitor = visit(person())
    page = visitor.open("/review/")
    press(page, "2")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    saved(page)
    Review.objects.update(submitted_at=now() - timedelta(seconds=11))
    press(page, "j")
    expect(page.get_by_role("dialog", name="Your last answers")).to_be_visible()
    reach(page, "Change")
    expect(page.get_by_role("heading", name="Change the answer")).to_be_visible()
    reach(page, "ham", then="Space")
    reach(page, "Why it changes", then=None)
    page.keyboard.type("A newsletter")
    reach(page, "Change the answer")
    until(lambda: answer_of(0) == "ham")
    page.wait_for_load_state("networkidle")


def reach(page: Page, name: str, *, then: str | None = "Enter") -> None:
    """Go by Tab until something of this name has the focus, and press a key there."""
    settled(page) if page.locator("[data-desk]").count() else None
    for _ in range(80):
        page.keyboard.press("Tab")
        said = page.evaluate(
            """() => { const at = document.activeElement;
            return (at.getAttribute("aria-label") ?? (at.labels?.[0] ?? at).textContent ?? "").trim(); }"""
        )
        if said.split("\n")[0].startswith(name):
            return page.keyboard.press(then) if then else None
    raise AssertionError(f"no way to {name!r} by Tab")
