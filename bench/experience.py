"""The ways that people go most often, in a real browser on a whole service: clicks, keys, seconds, bytes.

A bar is a number of clicks. Seconds are shown beside it: the first automated decision of a file of 4,000 rows
is to come in under 90 of them, everything stopped in under 5 (on a machine that does nothing else).
"""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_urlsafe

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from bench._faults_service import ACTOR, Service, service
from bench._releases_live import copy_of
from bench._sets import absent, sets
from bench._tab import why_no_browser
from bench._walk import Walker, Way, walker
from hitl.accounts.models import User
from hitl.accounts.types import Role
from hitl.bench.rows import Row
from hitl.shared import clock
from hitl.shared.store_address import file_stores
from models_store.models import Release
from models_store.services.roles import promote

PASSWORD = token_urlsafe(16)
PEOPLE = {
    "rita": [Role.REVIEWER],
    "ada": [Role.ADMINISTRATOR, Role.OPERATOR],
    "ann": [Role.AUDITOR],
}
ROWS, TRIED = 4_000, 200
SET = "sms_spam" if "sms_spam" not in absent() else "spamassassin"
WHY = "To see how long it takes."


def run(quick: bool) -> Sequence[Row]:
    """Go each way once, in one story."""
    if missing := why_no_browser():
        return [Row("in a browser", "", None, note=f"not measured: {missing}")]
    call_command("migrate", interactive=False, verbosity=0)
    for name, roles in PEOPLE.items():
        User.objects.create_user(username=name, password=PASSWORD, roles=roles)
    with service() as running:
        _submitted(running, "loans", {"amount": 1})
        with ThreadPoolExecutor(1) as apart:  # the ORM refuses Playwright's thread
            return apart.submit(lambda: list(_story(running))).result()


def _story(running: Service) -> Iterator[Row]:
    address = f"http://127.0.0.1:{running.port}"
    with walker(address) as rita:
        yield from _rows("sign in, and see the first case", _first_case(rita), clicks=3)
    with walker(address) as ada:
        _sign_in(ada, "ada")
        way, n = _file_to_decision(ada, running)
        yield from _rows(f"from a file to the first automated decision (of {n} sent)", way, clicks=6)
        yield from _rows("why was this case automated?", _why(ada), clicks=2)
        yield from _rows("what has changed since yesterday?", _changed(ada), clicks=1)
        _apart(lambda: _take_over(running.data))
        yield from _rows("roll back to the model before", _roll_back(ada), clicks=3)
        yield from _rows("stop everything", _stop(ada, running), clicks=2)
    with walker(address) as ann:
        _sign_in(ann, "ann")
        yield from _rows("who raised a degree last month?", _who_raised(ann), clicks=3)


def _rows(name: str, way: Way, *, clicks: int) -> Iterator[Row]:
    yield Row(f"{name}: clicks", "", way.clicks, bar=clicks)
    yield Row("  keys", "", way.keys)
    yield Row("  uploads", "", way.uploads, bar=1)
    yield Row("  until it is there", "s", way.seconds)
    yield Row("  over the wire", "kB", way.kilobytes)


def _sign_in(walk: Walker, name: str) -> None:
    walk.open("/")
    walk.type("[name=username]", name)
    walk.type("[name=password]", PASSWORD)
    walk.press("Enter")
    walk.page.wait_for_load_state("networkidle")


def _first_case(walk: Walker) -> Way:
    with walk.way() as way:
        _sign_in(walk, "rita")
        if not walk.page.locator("[data-stage=case]").count():
            walk.click("link", "Loans", within="main")
        walk.page.locator("[data-stage=case]").wait_for()
    return way


def _file_to_decision(walk: Walker, running: Service) -> tuple[Way, int]:
    file, texts = _labelled_file()
    with walk.way() as way:
        walk.click("link", "Workflows", within="nav")
        walk.click("link", "Make a workflow", within="main")
        walk.upload("input[type=file]", file)
        walk.click("button", "Look at the file")
        walk.click("button", "Make the workflow")
        key = str(walk.page.locator("main").get_by_text("hitl_").first.text_content()).strip()
        walk.click("button", "Let it decide")
        walk.type("dialog[open] textarea", WHY)
        walk.click("button", "Automate above the cutoff", within="dialog[open]")
        walk.page.wait_for_load_state("networkidle")
        before, running.key = running.key, key
        n = _until_automatic(running, texts)
        running.key = before
    return way, n


def _labelled_file() -> tuple[Path, list[str]]:
    """A file of labelled texts, and others of their kind to be decided."""
    sample = sets()[SET](ROWS + TRIED)
    texts = [" ".join(str(value) for value in row.values()) for row in sample.rows]
    learnt = len(texts) - TRIED
    file = Path(os.environ["HITL_DATA_DIR"]) / "sms.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["message", "kind"])
        rows.writerows(zip(texts[:learnt], sample.labels[:learnt], strict=True))
    return file, texts[learnt:]


def _submitted(running: Service, slug: str, content: dict[str, object]) -> bytes:
    status, body = running.ask("POST", f"/api/v1/workflows/{slug}/cases", {"content": content})
    if status != 201:
        raise RuntimeError(f"a case was not taken in: {status}: {body[:300]!r}")
    return body


def _until_automatic(running: Service, texts: Sequence[str]) -> int:
    for n, text in enumerate(texts, 1):
        if b'"auto"' in _submitted(running, "sms", {"message": text}):
            return n
    raise RuntimeError(f"none of {len(texts):,} cases was automated")


def _why(walk: Walker) -> Way:
    walk.open("/")
    with walk.way() as way:
        walk.click("link", "Cases", within="nav")
        walk.page.locator("main a.row-link").first.click()
        way.clicks += 1
        walk.see("cutoff")
    return way


def _changed(walk: Walker) -> Way:
    walk.open("/keys/")
    with walk.way() as way:
        walk.click("link", "Overview", within="nav")
        walk.see("changed the degree")
    return way


def _apart(work: Callable[[], None]) -> None:
    """Do what needs the ORM away from Playwright's thread, which it refuses."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def _take_over(data: Path) -> None:
    """Let a second model of the file's workflow be the champion, so that there is a way back."""
    with override_settings(
        STORAGES=settings.STORAGES | file_stores("", data)
    ):  # where the service keeps them
        green = copy_of(Release.objects.get(workflow__slug="sms"))
        promote(release_id=green.pk, actor=ACTOR, now=clock.now(), reason="bench")
    connection.close()


def _roll_back(walk: Walker) -> Way:
    walk.open("/overview/")
    with walk.way() as way:
        walk.click("link", "Sms", within="main")
        walk.click("button", "Roll back to v")
        walk.type("dialog[open] [name=reason]", WHY)
        walk.click("button", "Roll back to it", within="dialog[open]")
        walk.see("is the champion from the next case on")
    return way


def _stop(walk: Walker, running: Service) -> Way:
    walk.open("/")
    with walk.way() as way:
        walk.click("button", "Stop everything", within="nav")
        walk.type("dialog[open] [name=reason]", WHY)
        walk.click("button", "Stop everything", within="dialog[open]")
        walk.page.wait_for_load_state("networkidle")
        body = _submitted(running, "sms", {"message": "call now and win a prize"})
        if b'"stopped"' not in body:
            raise RuntimeError("something was automated after the stop")
    return way


def _who_raised(walk: Walker) -> Way:
    walk.open("/")
    with walk.way() as way:
        walk.click("link", "Audit log", within="nav")
        walk.choose("kind", "degree")
        walk.see("ada")
    return way
