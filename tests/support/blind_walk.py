"""Everything that somebody can reach with a browser, door by door, from the table of addresses itself.

A page that is new is walked by itself. What a door answers is kept with status, headers and body; only what
differs by nature is taken out of it: identifiers become names by what they name or the order in which they
appear, and so stay apart from one another, and the tokens of forms become one word. Nothing else is touched:
the clock stands still, so that a time that differs is found.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

_PART = re.compile(r"<(?:(\w+):)?(\w+)>")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKENS = (
    (re.compile(r'(name=\\?"csrfmiddlewaretoken\\?" value=\\?")\w{64}'), r"\1token"),  # also inside JSON
    (re.compile(r'("X-CSRFToken": ")\w{64}"'), r'\1token"'),
)
LIST_FILTERS: tuple[dict[str, str], ...] = tuple(
    {name: value}
    for name, values in {
        "status": ("answered", "unanswered", "waiting", "decided", "withdrawn"),
        "answer": ("ham", "spam"),
        "decided_by": ("model", "person"),
        "disagreement": ("yes",),
        "said": ("ham", "spam"),
    }.items()
    for value in values
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the walker may ask for: values by the name of the part of an address, and names for identifiers.

    `form` is what is sent to every door that takes a form.
    """

    parts: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    form: Mapping[str, str]
    queries: Mapping[str, Iterable[Mapping[str, str]]] = field(default_factory=dict)


class UnknownPart(AssertionError):
    """An address has a part for which the walker knows no value: name one in the test."""


def addresses(known: Known) -> list[str]:
    """Return every address that the URL table can make of the known parts.

    Raises:
        UnknownPart: a part has no known value.
    """
    found: list[str] = []
    for route in _routes(get_resolver().url_patterns):
        found += _filled(route, known)
    return sorted(set(found))


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, text)
        elif "^" not in text and "(" not in text and text:
            yield text


def _filled(route: str, known: Known) -> list[str]:
    part = _PART.search(route)
    if part is None:
        return ["/" + route.replace("\\", "")]
    values = known.parts.get(part[2])
    if values is None:
        raise UnknownPart(f"{part[2]} of {route}")
    return [text for value in values for text in _filled(route.replace(part[0], value, 1), known)]


def plain(answer: HttpResponseBase, known: Known) -> str:
    """Return an answer as text, without what differs by nature."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    cookies = sorted(answer.cookies)
    head = [f"{name}: {value}" for name, value in sorted(answer.headers.items())]
    text = "\n".join([str(answer.status_code), *head, f"cookies: {cookies}", body.decode(errors="replace")])
    for pattern, word in _TOKENS:
        text = pattern.sub(word, text)
    text = named(text, known)
    for short in {found[-8:] for found in known.names}:  # as headings have it
        text = text.replace(short, "<short>")
    seen: dict[str, str] = {}
    return _ID.sub(lambda match: seen.setdefault(match[0], f"<id {len(seen)}>"), text)


def named(text: str, known: Known) -> str:
    """Return the text with names in the place of the identifiers that have one."""
    for found, name in known.names.items():
        text = text.replace(found, f"<{name}>")
    return text


def look(client: Client, known: Known, paths: Iterable[str]) -> dict[str, str]:
    """Ask for every address, and with each of its filters; whatever that does is taken back."""
    said = {}
    for path in paths:
        for query in ({}, *known.queries.get(path, ())):
            address = f"{path}?{urlencode(query)}" if query else path
            with _taken_back(client):
                said[named(f"GET {address}", known)] = plain(client.get(address), known)
    return said


def send(client: Client, known: Known, paths: Iterable[str]) -> dict[str, str]:
    """Send the form to every address, as a script does; whatever that does is taken back before the next."""
    said = {}
    for path in paths:
        with _taken_back(client):
            headers = {"X-Desk": "1", "HX-Request": "true"}
            said[named(f"POST {path}", known)] = plain(client.post(path, known.form, headers=headers), known)
    return said


@contextmanager
def _taken_back(client: Client) -> Iterator[None]:
    cookies = deepcopy(client.cookies)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        client.cookies = cookies


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return what differs between two walks: the door, and the first line that is not the same."""
    found = []
    for door in sorted({*one, *other}):
        here, there = one.get(door, ""), other.get(door, "")
        if here != there:
            lines = zip([*here.split("\n"), ""], [*there.split("\n"), ""], strict=False)
            first = next(((a, b) for a, b in lines if a != b), (here[-80:], there[-80:]))
            found.append(f"{door}: {first[0].strip()!r} or {first[1].strip()!r}")
    return found
