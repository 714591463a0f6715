"""A reviewer at the desk over HTTP: one kept connection, the requests that the page's script sends."""

import re
from importlib import import_module
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import get_random_string

from bench._wire import Wire
from hitl.accounts.models import User
from hitl.bench.stage import Web

_LEASE = re.compile(rb'data-lease="([0-9a-f-]{36})"')
_CASE = re.compile(rb'data-case="([0-9a-f-]{36})"')
_CSRF_SECRET_LENGTH = 32


class Desk:
    """One person's session. Their sign-in is not what is measured: the session is made directly."""

    def __init__(self, server: Web, user: User, workflow: str = "") -> None:
        self._wire = Wire(server.host, server.port)
        self._workflow = workflow
        csrf = get_random_string(_CSRF_SECRET_LENGTH)
        self._headers = {
            "Cookie": f"sessionid={session_of(user)}; csrftoken={csrf}",
            "X-CSRFToken": csrf,
            "X-Desk": "1",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.leased: list[tuple[UUID, UUID]] = []  # lease and case of what is in hand, oldest first

    def claim(self) -> None:
        """Ask for the next case."""
        self._take(self._post("/review/next/", {}))

    def answer(self, label: str, *, stay: bool) -> None:
        """Answer the case leased longest; unless `stay`, the next one comes with the reply."""
        lease, _ = self.leased.pop(0)
        form = {"lease": str(lease), "label": label, "seconds": "4", **({"stay": "1"} if stay else {})}
        page = self._post("/review/answer/", form)
        if not stay:
            self._take(page)

    def _take(self, page: bytes) -> None:
        lease, case = _LEASE.search(page), _CASE.search(page)
        if lease is None or case is None:
            raise RuntimeError(f"no case was handed out: {page[:500]!r}")
        self.leased.append((UUID(lease[1].decode()), UUID(case[1].decode())))

    def _post(self, path: str, form: dict[str, str]) -> bytes:
        body = urlencode({"workflow": self._workflow, **form}).encode()
        status, page = self._wire.send(self._wire.prepare("POST", path, body, self._headers))
        if status not in (200, 204):
            raise RuntimeError(f"{status}: {page[:500]!r}")
        return page

    def close(self) -> None:
        """Hang up."""
        self._wire.close()


def session_of(user: User) -> str:
    """Sign the person in and return the session's key."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
