"""The pictures of the documentation, taken of the demo once its story has been told.

`python3 manage.py demo --pictures docs/images` takes them all anew. It takes Chromium, and Playwright, which
comes with what `python3 manage.py test` installs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from hitl.demo.people import secrets_of
from hitl.demo.worlds import PhoneScreens, SpamMail
from hitl.runtime.verification import find_browser

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
WIDTH = 1440
MAX_HELD = 12
STILL_MS = 1_500  # until nothing moves any more


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, who looks at it, how much of it is shown, and what must be there before."""

    name: str
    path: str
    who: str
    height: int
    waits_for: str
    shows: str = ""
    """A case at the desk that shows this; others are put on hold."""


PICTURES = (
    Picture(
        "desk", f"/review/?workflow={PhoneScreens.slug}", "ron", 900, "[data-stage=case]", "Cases like this"
    ),
    Picture("automation", f"/automation/{SpamMail.slug}/", "olga", 1500, ".uplot"),
    Picture("promise", f"/automation/{SpamMail.slug}/promise/", "olga", 1500, "main h2"),
)


def take(address: str, folder: Path, say: Callable[[str], None]) -> int:
    """Take all of them; return 0, or 1 with the reason."""
    browser, kept = find_browser(), secrets_of(settings.DATA_DIR)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        say("Playwright is missing: run `python3 manage.py test` once.")
        return 1
    if browser is None or kept is None:
        say("No Chromium here: install one, or name it in CHROMIUM.")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        for one in PICTURES:
            context = chromium.new_context(viewport={"width": WIDTH, "height": one.height}, locale="en-GB")
            _take(context.new_page(), one, address, kept.password, folder / f"{one.name}.png")
            context.close()
            say(f"  {folder / one.name}.png")
        chromium.close()
    return 0


def _take(page: Any, one: Picture, address: str, password: str, file: Path) -> None:
    page.goto(f"{address}/login/?next={one.path}")
    page.fill("[name=username]", one.who)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector(one.waits_for)
    page.wait_for_load_state("networkidle")
    for _ in range(MAX_HELD):
        if not one.shows or page.get_by_text(one.shows).is_visible():
            break
        page.keyboard.press("h")
        page.keyboard.press("3")  # until tomorrow
        page.wait_for_timeout(STILL_MS)
    page.wait_for_timeout(STILL_MS)
    page.screenshot(path=str(file))
