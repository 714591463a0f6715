"""A scripted reviewer: signs in and answers at the desk through the same requests as a person's page."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

_LEASE = re.compile(r'data-lease="([0-9a-f-]{36})"')
_CASE = re.compile(r'data-case="([0-9a-f-]{36})"')
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')

TIMEOUT_SECONDS = 30


class NotSignedIn(RuntimeError):
    """The service does not know this person or password."""


@dataclass
class Reviewer:
    """One person's session at the desk. `answer_for` maps the case's id to the label they give."""

    address: str
    username: str
    password: str
    answer_for: Callable[[str], str]
    _opener: urllib.request.OpenerDirector = field(init=False)
    _cookies: http.cookiejar.CookieJar = field(init=False)

    def __post_init__(self) -> None:
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        page = self.get("/login/")
        found = _CSRF.search(page)
        token = found[1] if found else ""
        self.post("/login/", {"username": self.username, "password": self.password}, token)
        if not any(cookie.name == "sessionid" for cookie in self._cookies):
            raise NotSignedIn(self.username)

    def work(self, *, workflow: str, most: int) -> int:
        """Answer up to `most` cases of a workflow; return how many there were to answer."""
        stage = self.get(f"/review/?{urllib.parse.urlencode({'workflow': workflow})}")
        answered = 0
        while answered < most:
            lease, case = _LEASE.search(stage), _CASE.search(stage)
            if lease is None or case is None:
                break
            is_last = answered + 1 == most
            stage = self.post(
                "/review/answer/",
                {
                    "lease": lease[1],
                    "label": self.answer_for(case[1]),
                    "workflow": workflow,
                    "seconds": "4",
                    **({"stay": "1"} if is_last else {}),
                },
            )
            answered += 1
        return answered

    def get(self, path: str) -> str:
        """Return a page."""
        with self._opener.open(self.address + path, timeout=TIMEOUT_SECONDS) as response:
            return str(response.read().decode())

    def post(self, path: str, form: dict[str, str], token: str = "") -> str:
        """Send a form and return the page that answers."""
        csrf = token or next((c.value or "" for c in self._cookies if c.name == "csrftoken"), "")
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": csrf, **form}).encode()
        headers = {"X-Desk": "1", "X-CSRFToken": csrf, "Referer": self.address}
        request = urllib.request.Request(self.address + path, body, headers)  # noqa: S310 - our own address
        with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return str(response.read().decode())
