"""Sends what nobody meant to every address, in each place where something can be sent.

What an address takes is not listed anywhere: parts come from the URL table, forms from the pages that show
them, other fields and headers from what is read while a request is answered, and the API's parameters and
bodies from its reference. So what is new is tried by itself.
"""

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_from_bytes

import orjson
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.template.base import Template
from django.template.context import Context
from django.test import Client

from hitl.api.problems import PROBLEM_TYPE
from hitl.flow.intake import in_force
from tests.support.emptying import KEPT

FORM = "application/x-www-form-urlencoded"
NOTED = frozenset({"django_session", "web_loginattempt", "audit_entry", "audit_checkpoint"})
"""Tables to which a refused request may add: that it was made."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "COPY")
Pairs = Iterable[tuple[str, bytes]]


@dataclass(slots=True)
class Sent:
    """One request."""

    method: str
    path: str
    query: list[tuple[str, bytes]] = field(default_factory=list)
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    """Which part, field or header holds the odd value."""
    odd: bytes | str = b""

    def __str__(self) -> str:
        shown = f"{self.method} {self.path}?{encoded(self.query)} {self.content_type} {self.body!r}"
        return f"{self.place}={self.odd!r:.90}: {shown[:300]} {dict(self.headers)!r:.300}"


def encoded(pairs: Pairs) -> str:
    """Return the pairs as a query or a form has them; any byte may be in a value."""
    return "&".join(f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in pairs)


@dataclass
class Sender:
    """Sends requests, takes back what they did, and keeps what was wrong with the answers."""

    pages: Client
    api: Client
    secret: str
    troubles: list[str] = field(default_factory=list)
    count: int = 0
    look: Callable[[Sent, HttpResponseBase], None] | None = None
    """Is shown each answer while what the request did is still there."""
    _before: dict[str, Any] = field(default_factory=dict)

    def send(self, sent: Sent) -> HttpResponseBase:
        """Send one, and look at the answer: no 5xx, a refusal says why and has written nothing."""
        self.count += 1
        before = self._before or self._remember()
        with _taken_back(self.pages), patch.object(Template, "_render", _render):
            written: list[str] = []
            with connection.execute_wrapper(_noting(written)):
                with _faults() as faults:
                    answer = self._answer(sent)
                body = _whole(answer)
            if self.look:
                self.look(sent, answer)
            wrong = _wrong(answer, body, sent)
            if answer.status_code >= 400 and written and not wrong:
                after = _contents()
                tables = [name for name in before if before[name] != after[name]]
                wrong = f"wrote to {', '.join(tables)}" if tables else ""
        in_force.forget()
        if wrong:
            self.troubles.append(f"{answer.status_code} {wrong} {faults}: {sent}")
        return answer

    def begin_anew(self) -> None:
        """Forget what was there: a test has changed it, and what requests do is compared with that."""
        self._before = {}
        in_force.forget()

    def _remember(self) -> dict[str, Any]:
        self._before = _contents()
        return self._before

    def _answer(self, sent: Sent) -> HttpResponseBase:
        is_api = sent.path.startswith("/api/v1/")
        headers = {"Authorization": f"Bearer {self.secret}"} if is_api else {"X-Desk": "1"}
        extra = {_wsgi(name): value for name, value in {**headers, **sent.headers}.items()}
        path = f"{sent.path}?{encoded(sent.query)}" if sent.query else sent.path
        return (self.api if is_api else self.pages).generic(  # type: ignore[return-value]
            sent.method, path, sent.body, sent.content_type, **extra
        )


def _render(template: Template, context: Context) -> str:
    """Render as the service does; the tests' own way copies every context, which takes as long again."""
    return template.nodelist.render(context)


@contextmanager
def _faults() -> Iterator[list[str]]:
    """Keep what went wrong inside, and where."""
    found: list[str] = []

    def note(sender: object, **more: object) -> None:
        error = sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__) if error else []
        ours = [f"{one.filename.rpartition('site-packages/')[2][-60:]}:{one.lineno}" for one in frames]
        found.append(f"{error!r:.200} in {ours[-6:]}")

    got_request_exception.connect(note)
    try:
        yield found
    finally:
        got_request_exception.disconnect(note)


def _wsgi(name: str) -> str:
    name = name.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


def _whole(answer: HttpResponseBase) -> bytes:
    if answer.streaming:
        return b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return bytes(answer.content)  # type: ignore[attr-defined]


def _wrong(answer: HttpResponseBase, body: bytes, sent: Sent) -> str:
    if answer.status_code >= 500:
        return "is a fault of the service"
    if answer.status_code < 400 or answer.status_code == 405:
        return ""
    if not sent.path.startswith("/api/v1/"):
        return "" if body or answer.headers.get("HX-Trigger") else "says nothing"
    if answer.headers["Content-Type"] != PROBLEM_TYPE:
        return f"is no problem document but {answer.headers['Content-Type']}"
    problem = orjson.loads(body)
    if not problem["detail"]:
        return "has no detail"
    errors = problem.get("errors", [])
    if answer.status_code == 422 and not errors:
        return "names no field"
    return "" if all(each["error"] and each["fix"] for each in errors) else "names no fix"


def _noting(written: list[str]) -> Any:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # When a key was last used is noted by whichever request is the first of its minute.
        if sql.lstrip().upper().startswith(_WRITES) and "SET last_used_at" not in sql:
            written.append(sql)
        return execute(sql, params, many, context)

    return wrapper


def _contents() -> dict[str, Any]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted({*names} - KEPT - NOTED)
    each = "(SELECT count(*) || '/' || coalesce(sum(hashtext(t::text)), 0) FROM {} t)"
    sums = ", ".join(each.format(connection.ops.quote_name(name)) for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sums}")
        return dict(zip(tables, cursor.fetchone(), strict=True))


@contextmanager
def _taken_back(client: Client) -> Iterator[None]:
    cookies = deepcopy(client.cookies)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        client.cookies = cookies
