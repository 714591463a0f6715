"""A small client of the REST API: what the demo streams its cases with, as any submitter would."""

import http.client
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hitl.demo.worlds import Example

TIMEOUT_SECONDS = 30


class Unexpected(RuntimeError):
    """The service answered with another `status` than was asked for."""

    def __init__(self, request: str, status: int, text: str) -> None:
        super().__init__(f"{request}: {status} {text}")
        self.status = status


@dataclass
class ApiClient:
    """One persistent connection under one key; reconnects when the service was restarted."""

    address: str
    key: str
    _connection: http.client.HTTPConnection | None = None

    def submit(
        self, slug: str, example: Example, *, reference: str, scores: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Submit one case, with the scores of a model elsewhere where there are any; return the answer.

        Raises:
            Unexpected: the service refused it.
            OSError: the service is not there.
        """
        media = {name: value for name, value in example.content.items() if isinstance(value, bytes)}
        path = f"/api/v1/workflows/{slug}/cases"
        if media:
            content = {name: value for name, value in example.content.items() if name not in media}
            body, kind = _multipart({"content": content, "reference": reference}, media)
        else:
            case: dict[str, Any] = {"content": example.content, "reference": reference}
            body = json.dumps(case | ({"scores": scores} if scores else {})).encode()
            kind = "application/json"
        return self.request("POST", path, body, kind, expect=(201,))

    def request(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", *, expect: tuple[int, ...]
    ) -> dict[str, Any]:
        """Send one request and return the JSON of the answer."""
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Content-Type": kind} if kind else {})
        for is_last in (False, True):
            connection = self._connected()
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                text = response.read()
                break
            except (http.client.HTTPException, OSError):
                self.close()
                if is_last:
                    raise
        if response.status not in expect:
            raise Unexpected(f"{method} {path}", response.status, text[:500].decode(errors="replace"))
        return dict(json.loads(text))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self.address)
            self._connection = http.client.HTTPConnection(
                parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
            )
        return self._connection


def _multipart(case: dict[str, Any], media: dict[str, bytes]) -> tuple[bytes, str]:
    """Return the body and its content type: one part a value, one part a file."""
    boundary = secrets.token_hex(16)
    parts = []
    for name, value in case.items():
        text = value if isinstance(value, str) else json.dumps(value)
        kind = "text/plain; charset=utf-8" if isinstance(value, str) else "application/json"
        head = f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(head.encode() + text.encode())
    for name, data in media.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data)
    edge = f"--{boundary}".encode()
    body = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"
    return body, f"multipart/form-data; boundary={boundary}"
