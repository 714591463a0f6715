"""One POST to a subscriber: bounded in time and size, no redirect followed, no proxy asked.

libcurl does it: its time limit covers an exchange as a whole, from the look-up of the name over the
handshake to the last byte, and it takes no length from the other side on trust.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult

import pycurl  # type: ignore[import-untyped]

from hitl.outbox.addresses import may_reach
from hitl.shared.words import Words, figure

SECONDS = 15.0
MAX_READ = 64 * 1024
MAX_WAIT = 10.0**7  # seconds: what a subscriber may ask for beyond it is no time
_ERROR_LENGTH = 300
_TRUST = ssl.get_default_verify_paths()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status, or why there is none."""

    status: int | None
    error: str
    milliseconds: int
    retry_after: float | None = None  # seconds
    body: bytes = b""  # where it was asked for
    is_late: bool = False  # there was no answer in time

    @property
    def is_success(self) -> bool:
        """True when the subscriber has taken it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class _Exchange:
    """What libcurl calls back while it sends."""

    host: str
    most: int = MAX_READ
    keeps: bool = False
    parts: list[bytes] = field(default_factory=list)
    read: int = 0
    is_cut: bool = False
    refused: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    sockets: list[socket.socket] = field(default_factory=list)

    def open_socket(self, purpose: int, address: Any) -> socket.socket | int:
        """Open the socket to an address that was looked at: it is the one that is connected to."""
        family, kind, protocol, (text, *_) = address
        text = (text.decode() if isinstance(text, bytes) else text).partition("%")[0]
        if not may_reach(ip_address(text)):
            self.refused = Words(
                "%(host)s is at %(address)s, which is not a public address", host=self.host, address=text
            )
            return int(pycurl.SOCKET_BAD)
        self.sockets.append(socket.socket(family, kind, protocol))  # libcurl works on a copy
        return self.sockets[-1]

    def close(self) -> None:
        """Close what was opened."""
        for ours in self.sockets:
            ours.close()

    def take_header(self, line: bytes) -> None:
        """Keep the last of each name; a new status line begins anew."""
        if line.startswith(b"HTTP/"):
            self.headers.clear()
        name, _, value = line.decode("latin-1").partition(":")
        self.headers[name.strip().lower()] = value.strip()[:200]

    def take_body(self, part: bytes) -> int:
        """Read a little of the body, then end the exchange; keep it where it is wanted."""
        self.read += len(part)
        self.is_cut = self.read > self.most
        if self.keeps and not self.is_cut:
            self.parts.append(part)
        return -1 if self.is_cut else len(part)


def post(
    url: SplitResult,
    headers: Mapping[str, str],
    body: bytes,
    *,
    seconds: float = SECONDS,
    wall_time: float,
    keep: int = 0,
) -> Reply:
    """Send; whatever goes wrong is an answer, not an exception.

    Args:
        wall_time: Unix seconds, what a Retry-After with a date is compared with.
        keep: bytes of the answer to keep at most; a longer one is an error. 0: only the status matters.
    """
    exchange = _Exchange(url.hostname or "", most=keep or MAX_READ, keeps=bool(keep))
    curl = _prepared(url, headers, body, exchange, seconds)
    started = time.monotonic()
    status, error, is_late = None, "", False
    try:
        curl.perform()
    except pycurl.error as failure:
        number, words = failure.args
        if exchange.refused:
            error = exchange.refused
        elif number == pycurl.E_OPERATION_TIMEDOUT:
            error, is_late = Words("no answer within %(seconds)s s", seconds=figure(seconds)), True
        elif not exchange.is_cut:
            error = str(words)
        elif keep:
            error = Words("the answer has more than %(count)s bytes", count=keep)
    if not error:
        status = int(curl.getinfo(pycurl.RESPONSE_CODE)) or None
    curl.close()
    exchange.close()
    if status is not None and 300 <= status < 400:
        error = Words("redirects are not followed: name the final address")
    retry_after = _retry_after(exchange.headers.get("retry-after"), wall_time)
    milliseconds = round(1000 * (time.monotonic() - started))
    return Reply(status, plain(error), milliseconds, retry_after, b"".join(exchange.parts), is_late)


def _prepared(
    url: SplitResult, headers: Mapping[str, str], body: bytes, exchange: _Exchange, seconds: float
) -> pycurl.Curl:
    curl = pycurl.Curl()
    for option, value in (
        (pycurl.URL, url.geturl()),
        (pycurl.PATH_AS_IS, 1),
        (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
        (pycurl.FOLLOWLOCATION, 0),
        (pycurl.PROXY, ""),
        (pycurl.NOPROXY, "*"),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
        (pycurl.NOSIGNAL, 1),  # it runs in a thread
        (pycurl.TIMEOUT_MS, max(1, round(seconds * 1000))),
        (pycurl.DNS_CACHE_TIMEOUT, 0),
        (pycurl.FORBID_REUSE, 1),
        (pycurl.POST, 1),
        (pycurl.POSTFIELDSIZE, len(body)),
        (pycurl.POSTFIELDS, body),
        (pycurl.HTTPHEADER, [*(f"{name}: {value}" for name, value in headers.items()), "Expect:"]),
        (pycurl.OPENSOCKETFUNCTION, exchange.open_socket),
        (pycurl.HEADERFUNCTION, exchange.take_header),
        (pycurl.WRITEFUNCTION, exchange.take_body),
        (pycurl.CAINFO, _TRUST.cafile),
        (pycurl.CAPATH, _TRUST.capath),
    ):
        if value is not None:
            curl.setopt(option, value)
    return curl


def plain(words: str) -> str:
    """Return words that the database takes, whoever wrote them."""
    return "".join(sign if sign.isprintable() else "?" for sign in words)[:_ERROR_LENGTH]


def _retry_after(value: str | None, wall_time: float) -> float | None:
    """Return the seconds that a subscriber asks us to wait; None for what is no time."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.isascii() and value.isdigit() else _until(value) - wall_time
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return min(max(0.0, seconds), MAX_WAIT)


def _until(value: str) -> float:
    return parsedate_to_datetime(value).timestamp()
