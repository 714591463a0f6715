"""A person's way through the pages, counted: clicks, keys, uploads, seconds, bytes over the wire."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench._tab import FLAGS
from hitl.runtime.verification import find_browser

PATIENCE_MS = 120_000


@dataclass(slots=True)
class Way:
    """What one way took. Typed text counts as so many keys; what a person only reads takes nothing."""

    clicks: int = 0
    keys: int = 0
    uploads: int = 0
    seconds: float = 0.0
    kilobytes: float = 0.0
    sizes: list[float] = field(default_factory=list)


class Walker:
    """One browser with an empty cache, and the way that is being counted."""

    def __init__(self, page: Any, wire: Any, address: str) -> None:
        self.page, self._address, self._way = page, address, Way()
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", lambda said: self._way.sizes.append(said["encodedDataLength"]))

    @contextmanager
    def way(self) -> Iterator[Way]:
        """Count from here to the end of the block."""
        self._way = way = Way()
        begun = time.perf_counter()
        yield way
        way.seconds = time.perf_counter() - begun
        way.kilobytes = sum(way.sizes) / 1000

    def open(self, path: str) -> None:
        """Be on a page already: it costs nobody a click."""
        self.page.goto(f"{self._address}{path}")

    def click(self, role: str, name: str, *, within: str = "body") -> None:
        """Click what has this role and begins with this name."""
        found = self.page.locator(within).get_by_role(role, name=re.compile(f"^{re.escape(name)}"))
        found.first.click(timeout=PATIENCE_MS)
        self._way.clicks += 1

    def choose(self, name: str, value: str) -> None:
        """Choose from a list: one click opens it, another picks."""
        self.page.select_option(f"[name={name}]", value)
        self._way.clicks += 2

    def type(self, where: str, text: str) -> None:
        """Type into a field that has, or gets, the focus."""
        self.page.locator(where).fill(text)
        self._way.keys += len(text)

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)
        self._way.keys += 1

    def upload(self, where: str, file: Path) -> None:
        """Choose a file."""
        self.page.set_input_files(where, file)
        self._way.uploads += 1

    def see(self, text: str) -> None:
        """Wait until the page shows this."""
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE_MS)


@contextmanager
def walker(address: str) -> Iterator[Walker]:
    """Start a browser of its own with nothing in its cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        yield Walker(page, context.new_cdp_session(page), address)
        browser.close()
