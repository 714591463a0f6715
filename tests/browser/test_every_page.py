"""Every page there is, found by asking each address: axe finds nothing on it, and it fits."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from hitl.accounts.models import User
from hitl.accounts.types import Role
from tests.browser.conftest import WIDE, Visitor
from tests.support.day_of_work import a_day_of_work
from tests.support.factories import person

pytestmark = pytest.mark.django_db(transaction=True)

# Files, and a part of a case that is held.
NOT_FOUND_HERE = {
    "budget-evidence",
    "certificate-evidence",
    "desk-evidence",
    "desk-file",
    "media",
    "words-script",
}
MIN_PAGES, MIN_EMPTY = 30, 15
LOOSE_STOPS = r"""() => [...document.body.innerText.matchAll(/.{0,30}\w [,.;:](?= |$).{0,20}/gm)]
    .map((found) => found[0])"""
"""Where visible text has a space before a comma or a stop: a formatter of templates may put one there."""
PAPER = {"width": 688, "height": 1000}  # A4 between its margins
NOT_FOR_PAPER = r"""() => {
    const clicked = [...document.querySelectorAll("nav, button, dialog, .toasts")];
    const ink = getComputedStyle(document.querySelector("h1") ?? document.body).color;
    return [
        ...clicked.filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80)),
        ...(Math.max(...ink.match(/\d+/g).map(Number)) > 120 ? [`light ink, ${ink}`] : []),
    ];
}"""


def addresses(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return every address of the service but those of API and administration."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            if one.name or path == "":
                yield path, one
        elif not path.startswith(("admin/", "api/v1/")):
            yield from addresses(one.url_patterns, path)


def pages(client: Client, there: dict[str, Any] | None) -> list[str]:
    """Return the paths that answer with a whole page; whatever is no page is an act, a part or a file.

    Where nothing is there yet (None), a page about one thing does not exist.
    """
    found = []
    for path, one in addresses():
        named = one.pattern.converters
        if named and there is None:
            continue
        values = {name: (there or {}).get(name, uuid4()) for name in named}
        for name in named:
            start = path.index("<", 0)
            path = path[:start] + str(values[name]) + path[path.index(">", start) + 1 :]
        reply = client.get(f"/{path}")
        assert reply.status_code in (200, 302, 405) or one.name in NOT_FOUND_HERE, (path, reply.status_code)
        kind = reply.headers.get("Content-Type", "")
        if reply.status_code == 200 and kind.startswith("text/html") and b"<html" in reply.content:
            found.append(f"/{path}")
    return found


def test_axe_finds_nothing_on_any_page_light_or_dark_wide_or_narrow(visit: Any) -> None:
    everybody = a_person_of_all_roles()
    assert not wrong_on_pages(visit, everybody, a_day_of_work(everybody))


@pytest.mark.long
def test_nor_where_there_is_nothing_yet(visit: Any) -> None:
    assert not wrong_on_pages(visit, a_person_of_all_roles(), None)


def a_person_of_all_roles() -> User:
    return person(*Role.values, username="everybody", is_superuser=True)


def wrong_on_pages(visit: Any, user: User, there: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Look at every page, given what there is (None: nothing yet); return what is wrong where."""
    client = Client()
    client.force_login(user)
    found = pages(client, there)
    assert len(found) >= (MIN_EMPTY if there is None else MIN_PAGES)
    visitor = visit(user)
    wrong: list[tuple[str, str]] = []
    for path in found:
        name = re.sub(r"[0-9a-f-]{36}", "one", path).strip("/").replace("/", "-") or "home"
        visitor.open(path)
        texts = visitor.page.evaluate(LOOSE_STOPS)
        wrong += [(path, f"a space before a stop: {text}") for text in texts]
        wrong += [(path, trouble) for trouble in visitor.troubles_in(name + "-empty" * (there is None))]
        wrong += [(path, trouble) for trouble in troubles_on_paper(visitor)]
    return wrong


FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(null))))"
"""Plots measure their room and draw anew when it changes; after two frames they have."""


def troubles_on_paper(visitor: Visitor) -> Iterator[str]:
    """Yield what of the page cannot be read in print: what needs a click, what is cut off, light ink."""
    visitor.page.set_viewport_size(PAPER)
    visitor.page.emulate_media(media="print", color_scheme="dark")
    visitor.page.evaluate(FRAMES)
    yield from (f"on paper: {trouble}" for trouble in visitor.page.evaluate(NOT_FOR_PAPER))
    if not visitor.fits():
        yield "on paper: wider than a page"
    visitor.page.emulate_media(media="screen", color_scheme="light")
    visitor.page.set_viewport_size(WIDE)
