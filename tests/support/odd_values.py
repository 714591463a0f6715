"""Values that nobody meant: of the wrong type, size, range and encoding, as the bytes that are sent."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

TEXTS: tuple[str, ...] = (
    "",
    " ",
    "0",
    "-1",
    "2147483648",
    "9223372036854775808",
    "1" + "0" * 400,
    "9" * 5000,
    "1e400",
    "NaN",
    "inf",
    "-inf",
    "0x10",
    "1_0",
    "²",  # a digit for `str.isdigit`, none for `int`
    "١٢",
    "\x00",
    "a\x00b",
    "\x1b[2J",
    "a\r\nX-Injected: yes",
    "x" * 3000,
    "e\u0301" * 200,
    "\u202eabc",
    "\U0001f468\u200d\U0001f4bb",
    "'; --",
    "%00",
    "%s{}",
    "../../etc/passwd",
    "<script>",
    "[]",
    "{}",
    "null",
    "[" * 3000,
    '{"a": NaN}',
    "[1e999]",
    '["\\ud800"]',
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-01-01T00:00:00+21:36",
    "0001-01-01",
    "9999-12-31",
    "0000-00-00",
    "24:61",
    "00000000-0000-0000-0000-000000000000",
    "https://%00/",
    "http://[::1",
    "https://a:99999999/",
    "-",
    "__all__",
)
"""As text; sent as UTF-8."""

BYTES: tuple[bytes, ...] = (
    b"\xff\xfe",
    b"\xe9",  # Latin-1
    b"\xed\xa0\x80",  # half of a surrogate pair
    b"\xf4\x90\x80\x80",  # beyond Unicode
    b"\xc0\x80",  # NUL, overlong
    b"abc\x80",
    "Käse".encode("utf-16"),
)
"""No UTF-8."""

ODD: tuple[bytes, ...] = (*(text.encode() for text in TEXTS), *BYTES)

JSON: tuple[bytes, ...] = (
    b"null",
    b"true",
    b"0",
    b"-1",
    b"0.5",
    b"2147483648",
    b"9223372036854775808",
    b"1" + b"0" * 400,
    b"1e400",
    b"NaN",
    b"-Infinity",
    b'""',
    b'" "',
    b'"\\u0000"',
    b'"a\\u0000b"',
    b'"\\ud800"',
    b'"\xff"',
    b'"\xe9"',
    b'"' + b"x" * 20_000 + b'"',
    b'"\\u202e"',
    b'"a\\nb"',
    b'"NaN"',
    b'"9999-12-31T23:59:59-23:59"',
    b"[]",
    b"{}",
    b"[null]",
    b'[""]',
    b'["a", "a"]',
    b'{"": 1}',
    b'{"\\u0000": 1}',
    b'{"a": 1, "a": 2}',
    b"[" * 3000 + b"]" * 3000,
    b"[" + b"1," * 2000 + b"1]",
    b"",
)
"""In the place of a value of a JSON document."""

HEADERS: tuple[str, ...] = (
    "",
    " ",
    ",",
    ";",
    "=",
    "-1",
    "9" * 5000,
    "bytes=-" + "9" * 5000,
    "bytes=0-,0-",
    "bytes=5-1",
    "\xff\xfe",
    "é",
    "x" * 5000,
    "Basic \xff",
    "Bearer hitl_\xff",
    "Bearer " + "x" * 3000,
    "Mon, 1 Jan 2147483648000 00:00:00 GMT",
    "NaN",
    "application/json; charset=utf-16",
    "application/json; charset=no-such",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "x" * 500,
    "multipart/form-data; boundary=\xff",
    "application/x-www-form-urlencoded; charset=utf-7",
    "text/html; q=" + "9" * 400,
    "*/*;q=NaN",
    "null",
    "%00",
    "[::1]:99999",
    "sessionid=\xff; csrftoken=" + "x" * 200,
    "http://[",
)
"""As a server hands headers on: each character is a byte, and none is NUL or a line's end."""


def some(pool: Sequence[T], most: int, turn: int) -> Iterator[T]:
    """Yield at most so many of the pool, others each turn: over all turns, each comes up as often."""
    for step in range(min(most, len(pool))):
        yield pool[(turn * most + step) % len(pool)]
