"""What tests of the desk say over and over: it is settled, an answer is saved, a request has arrived."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

GUARD_MS = 300  # a little longer than the desk looks away from keys after a case has changed


def settled(page: Page) -> None:
    """Wait until the case on the page takes keys."""
    page.wait_for_timeout(GUARD_MS)
    expect(page.locator("[data-desk]")).not_to_have_attribute("aria-busy", "true")


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what a request of the page, which nobody can see, does on the server."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end, "it did not happen within 20 seconds"
        time.sleep(0.05)


def saved(page: Page) -> None:
    """Wait until everything said has reached the service."""
    expect(page.locator("[data-saving]")).to_have_attribute("data-saving", "idle")


def content(page: Page) -> Any:
    """Return the case on the page."""
    return page.locator("[data-content]")


def press(page: Page, *keys: str) -> None:
    """Press keys, each once the desk takes it."""
    for key in keys:
        settled(page)
        page.keyboard.press(key)


def open_desk(visitor: Any) -> Page:
    """Open the desk and wait until the cases that come next lie ready."""
    with visitor.page.expect_response("**/review/ahead/") as reply:
        visitor.page.goto(visitor.address + "/review/")
    ready(visitor.page, reply)
    page: Page = visitor.page
    return page


def ready(page: Page, reply: Any) -> None:
    """Wait until the page has taken in a reply."""
    reply.value.finished()
    page.wait_for_load_state("networkidle")
    settled(page)
