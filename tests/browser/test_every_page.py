"""Every page there is, found by asking each address: axe finds nothing on it, and it fits."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from hitl.accounts.types import Role
from tests.browser.conftest import NARROW, WIDE, Visitor
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
}
FEWEST = 30
LOOSE_STOPS = r"""() => [...document.body.innerText.matchAll(/.{0,30}\w [,.;:](?= |$).{0,20}/gm)]
    .map((found) => found[0])"""
"""Where visible text has a space before a comma or a stop: a formatter of templates may put one there."""


def addresses(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return every address of the service but those of API and administration."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            if one.name or path == "":
                yield path, one
        elif not path.startswith(("admin/", "api/v1/")):
            yield from addresses(one.url_patterns, path)


def pages(client: Client, there: dict[str, Any]) -> list[str]:
    """Return the paths that answer with a whole page; whatever is no page is an act, a part or a file."""
    found = []
    for path, one in addresses():
        named = one.pattern.converters
        values = {name: there.get(name, uuid4()) for name in named}
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
    everybody = person(*Role.values, username="everybody", is_superuser=True)
    there = a_day_of_work(everybody)
    client = Client()
    client.force_login(everybody)
    found = pages(client, there)
    assert len(found) >= FEWEST
    visitor = visit(everybody)
    wrong: list[tuple[str, str]] = []
    for path in found:
        visitor.page.emulate_media(color_scheme="light")
        visitor.page.set_viewport_size(WIDE)
        visitor.open(path)
        wrong += [(path, trouble) for trouble in troubles_of(visitor, "light, wide")]
        name = re.sub(r"[0-9a-f-]{36}", "one", path).strip("/").replace("/", "-") or "home"
        visitor.shoot(f"{name}-light-wide")
        wrong += [(path, f"a space before a stop: {text}") for text in visitor.page.evaluate(LOOSE_STOPS)]
        visitor.page.emulate_media(color_scheme="dark")
        visitor.page.set_viewport_size(NARROW)
        visitor.settle()  # what a narrow page asks for only then
        wrong += [(path, trouble) for trouble in troubles_of(visitor, "dark, narrow")]
        visitor.shoot(f"{name}-dark-narrow")
    assert not wrong


def troubles_of(visitor: Visitor, how: str) -> Iterator[str]:
    """Yield what axe finds on the page as it stands, and whether it scrolls sideways."""
    try:
        assert visitor.is_accessible()
    except AssertionError as findings:
        yield f"{how}: {findings}"
    if not visitor.fits():
        yield f"{how}: scrolls sideways"
