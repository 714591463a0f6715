"""One POST to a subscriber: bounded in time and size, no redirect followed, no proxy asked."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult

from hitl.outbox.addresses import AddressRefused, look_up

SECONDS = 15.0
MAX_READ = 64 * 1024
_ERROR_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status, or why there is none."""

    status: int | None
    error: str
    milliseconds: int
    retry_after: float | None = None  # seconds

    @property
    def is_success(self) -> bool:
        """True when the subscriber has taken it."""
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """Connects to an address that was looked at, not to whatever the name resolves to now."""

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext | None, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._context = context

    def connect(self) -> None:
        """Open the connection."""
        address = look_up(self.host, self.port)
        self.sock = socket.create_connection((address, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def post(
    url: SplitResult, headers: Mapping[str, str], body: bytes, *, seconds: float = SECONDS, wall_time: float
) -> Reply:
    """Send; whatever goes wrong is an answer, not an exception.

    `wall_time` (Unix seconds) is what a Retry-After with a date is compared with. The whole exchange ends
    after `seconds`, also when the other side sends a byte now and then.
    """
    context = ssl.create_default_context() if url.scheme == "https" else None
    port = url.port or (443 if context else 80)
    connection = _Pinned(url.hostname or "", port, context=context, seconds=seconds)
    is_late = threading.Event()

    def cut() -> None:
        is_late.set()
        if connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    started = time.monotonic()
    timer.start()
    status, error, retry_after = None, "", None
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, body=body, headers=dict(headers))
        response = connection.getresponse()
        response.read(MAX_READ)
        status = response.status
        retry_after = _retry_after(response.headers.get("Retry-After"), wall_time)
        if 300 <= status < 400:
            error = "redirects are not followed: name the final address"
    except AddressRefused as refused:
        error = str(refused)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        error = f"{type(failure).__name__}: {failure}"
    finally:
        timer.cancel()
        connection.close()
    if is_late.is_set():
        status, error = None, f"no answer within {seconds:g} s"
    return Reply(status, error[:_ERROR_LENGTH], round(1000 * (time.monotonic() - started)), retry_after)


def _retry_after(value: str | None, wall_time: float) -> float | None:
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) < 8:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - wall_time)
    except ValueError:
        return None
