"""A real Chromium on a real server. A page that writes an error to the console fails its test."""

import os
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from hitl.accounts.models import User
from hitl.runtime.verification import find_browser
from tests.browser.at_desk import GUARD_MS
from tests.support.quiet_server import QuietServer

# Playwright's event loop lives in the thread of the tests; the ORM there is used by one task at a time.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STILL = """() => Promise.allSettled(document.getAnimations()
    .filter((moving) => moving.effect.getComputedTiming().endTime < Infinity)
    .map((moving) => moving.finished))"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
PATIENCE_SECONDS = 60
expect.set_options(timeout=20_000)  # for what is awaited; how long a thing may take is for benchmarks
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SIZES = {"wide": WIDE, "middle": {"width": 1024, "height": 768}, "narrow": NARROW}
Way = tuple[Literal["light", "dark"], str]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WAYS: tuple[Way, ...] = (("light", "wide"), ("dark", "narrow"))
"""In which scheme and at which width a page is looked at: the two that differ most. All six with --long."""
AXE = {"resultTypes": ["violations"], "preload": False}
"""Style sheets are loaded beforehand for rules that are experiments, which nobody asks for."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium."""
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium or Chrome here: no page is tested")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session", autouse=True)
def quiet_server() -> Iterator[None]:
    """Let the live server be one that can be waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveServerThread, "server_class", QuietServer)
        yield


SPILT = """() => [...document.querySelectorAll("main *")].filter((one) => {
    const style = getComputedStyle(one);
    const bottom = one.getBoundingClientRect().bottom + 6;
    return one instanceof HTMLElement && one.checkVisibility() && one.innerText && one.clientHeight > 1
        && style.overflowY === "visible" && !style.display.startsWith("inline")
        && one.scrollHeight > one.clientHeight + 6
        && [...one.children].some((child) => getComputedStyle(child).position === "static"
            && child.innerText && child.getBoundingClientRect().bottom > bottom);
}).map((one) => one.outerHTML.slice(0, 120))"""
"""Boxes that are lower than the text in them, which then stands over what follows."""


class Visitor:
    """Somebody at the browser, signed in or not; collects what goes wrong on the way."""

    def __init__(self, context: BrowserContext, address: str, ways: Sequence[Way] = WAYS) -> None:
        self.context, self.address, self.ways = context, address, ways
        self.troubles: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.set_default_navigation_timeout(60_000)  # the first page of a run compiles its templates
        self._asked: set[Request] = set()
        self.page.on("request", lambda request: self._asked.add(request))
        self.page.on("requestfinished", lambda request: self._asked.discard(request))
        self.page.on("requestfailed", lambda request: self._asked.discard(request))
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def sign_in(self, user: User) -> "Visitor":
        """Carry the session of this person, without the form."""
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}]
        )
        return self

    def open(self, path: str) -> Page:
        """Go to a page of the service and wait until it is quiet."""
        self._asked.clear()  # what an earlier page left behind: its end is not always told
        self.page.goto(self.address + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing that the page asked for is on its way, nor what that led it to ask for.

        Playwright's "networkidle" means the same and waits half a second each time. The desk looks away from
        keys for a moment after a case has come.
        """
        self.page.wait_for_load_state("load")
        if self.page.query_selector("[data-desk]"):
            self.page.wait_for_timeout(GUARD_MS)
        began = time.monotonic()
        while True:
            was_quiet = not self._asked
            self.page.evaluate(TWO_FRAMES)
            if was_quiet and not self._asked:
                return
            assert time.monotonic() - began < PATIENCE_SECONDS, [one.url for one in self._asked]

    def look(self, name: str) -> None:
        """Look at the page as it stands in every way: axe finds nothing, and it fits. Keep pictures."""
        troubles = self.troubles_in(name)
        assert not troubles, troubles

    def troubles_in(self, name: str) -> list[str]:
        """Do as `look` does and return what is wrong in which way. The page is light and wide afterwards."""
        found: list[str] = []
        for scheme, size in self.ways:
            self.page.emulate_media(color_scheme=scheme)
            self.page.set_viewport_size(SIZES[size])
            self.settle()  # what a page of this width asks for only then
            try:
                self.is_accessible()
            except AssertionError as findings:
                found.append(f"{name}, {scheme}, {size}: {findings}")
            if not self.fits():
                found.append(f"{name}, {scheme}, {size}: scrolls sideways")
            self.shoot(f"{name}-{scheme}-{size}")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(WIDE)
        return found

    def is_accessible(self) -> bool:
        """Check the page with axe; its findings become the message of a failure.

        Without motion: a colour on its way to another has no contrast that could be judged.
        """
        troubles = list(self.troubles)
        self.page.emulate_media(reduced_motion="reduce")
        self.page.evaluate(STILL)
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        findings = self.page.evaluate("async (asked) => (await axe.run(asked)).violations", AXE)
        self.troubles[:] = troubles  # what axe itself puts into the page is not the page's fault
        assert not findings, [(f["id"], [node["target"] for node in f["nodes"]]) for f in findings]
        return True

    def fits(self) -> bool:
        """Check that nothing makes the page scroll sideways, and that no text runs out of its box below."""
        is_narrow = self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert not (spilt := self.page.evaluate(SPILT)), spilt
        return bool(is_narrow)

    def shoot(self, name: str) -> None:
        """Keep a picture where HITL_SCREENSHOTS names a folder; else do nothing."""
        if folder := os.environ.get("HITL_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.fixture
def visit(browser: Browser, live_server: Any, pytestconfig: pytest.Config) -> Iterator[Any]:
    """Return a function that brings a visitor: `visit(user, scheme="dark", viewport=NARROW)`.

    At the end no visitor may have met an error of a script, of the content policy or of a missing file; and
    no request of theirs is at work any more, when the database is emptied for the next test.
    """
    visitors: list[Visitor] = []
    ways = tuple(product(SCHEMES, SIZES)) if pytestconfig.getoption("--long") else WAYS

    def bring(
        user: User | None = None, *, scheme: str = "light", viewport: Any = WIDE, **options: Any
    ) -> Visitor:
        context = browser.new_context(color_scheme=scheme, viewport=viewport, **options)
        visitor = Visitor(context, live_server.url, ways)
        visitors.append(visitor)
        return visitor.sign_in(user) if user else visitor

    yield bring
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    for visitor in visitors:
        visitor.context.close()
    live_server.thread.httpd.wait_until_quiet()
    assert not troubles, troubles
