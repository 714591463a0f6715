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


def leased(stage: str) -> tuple[str, str] | None:
    """Return the lease and the case's id on a page of the desk; None where it shows no case."""
    lease, case = _LEASE.search(stage), _CASE.search(stage)
    return (lease[1], case[1]) if lease and case else None


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

    def begin(self, workflow: str) -> str:
        """Open the desk of a workflow and return its page, with a case on it if there is one."""
        return self.get(f"/review/?{urllib.parse.urlencode({'workflow': workflow})}")

    def answer(self, lease: str, label: str, *, workflow: str, seconds: str, **more: str) -> str:
        """Answer the leased case and return the page that follows."""
        form = {"lease": lease, "label": label, "workflow": workflow, "seconds": seconds}
        return self.post("/review/answer/", {**form, **more})

    def work(self, *, workflow: str, most: int) -> int:
        """Answer up to `most` cases of a workflow; return how many there were to answer."""
        stage, answered = self.begin(workflow), 0
        while answered < most:
            found = leased(stage)
            if found is None:
                break
            lease, case = found
            last = {"stay": "1"} if answered + 1 == most else {}
            stage = self.answer(lease, self.answer_for(case), workflow=workflow, seconds="4", **last)
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
