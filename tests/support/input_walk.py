"""Finds in which places of an address something can be sent, and sends an odd value in each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urljoin, urlsplit
from zlib import crc32

import orjson
from django.http import HttpResponseBase

from tests.support.every_input import FORM, Sender, Sent, encoded
from tests.support.odd_values import HEADERS, JSON, ODD, some
from tests.support.page_forms import PageForm, forms_of
from tests.support.recorded_reads import recorded
from tests.support.url_table import Address

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MULTIPART = "multipart/form-data; boundary=odd"
_PART = b"--odd\r\nContent-Disposition: form-data; "
_BODIES: tuple[tuple[str, bytes], ...] = (
    ("", b"a=b"),
    (FORM, b"%"),
    (FORM, b"\xff\xfe&=&==&a"),
    (FORM, b"&".join(b"f%d=1" % n for n in range(1100))),  # more than Django reads
    (f"{FORM}; charset=utf-16", b"a=b"),
    (f"{FORM}; charset=no-such", b"a=b"),
    ("multipart/form-data", b"--odd--"),
    (MULTIPART, b""),
    (MULTIPART, _PART + b'name="a'),
    (MULTIPART, _PART + b'name="\xff"; filename="\x00"\r\n\r\n\xff\r\n--odd--\r\n'),
    (MULTIPART, _PART + b'name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n%\r\n--odd--\r\n'),
    ("application/json", b'{"a": 1}'),
    ("application/json", b"\xef\xbb\xbf{}"),
    ("application/json; charset=utf-16", "{}".encode("utf-16")),
    ("application/x-ndjson", b"\x00\n\xff"),
    ("text/plain; charset=\xff", b"x"),
)


@dataclass
class Walk:
    """What is sent to each address: `most` odd values for each place, others each `turn`."""

    sender: Sender
    known: Mapping[str, str]
    """What the parts of addresses, and the fields that only scripts send, may be."""
    most: int
    turn: int = 0
    reference: Mapping[str, Any] = field(default_factory=dict)
    """The API's own, as OpenAPI."""
    forms: dict[str, list[PageForm]] = field(default_factory=dict)
    links: dict[str, set[str]] = field(default_factory=dict)
    common: set[str] = field(default_factory=set)
    """Headers that every request is asked for: tried once."""
    places: set[str] = field(default_factory=set)

    def look_around(self, found: list[Address]) -> None:
        """Ask for each page once, and keep its forms and the names in its links."""
        seen: list[set[str]] = []
        for one in found:
            path = self.path_of(one)
            with recorded() as reads:
                answer = self.sender.send(Sent("GET", path, place="as it is"))
            seen.append(reads.headers)
            if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
                self._keep(answer, path)
        asked = Counter(name for headers in seen for name in headers)
        self.common = {name for name, times in asked.items() if times > len(seen) / 3}

    def path_of(self, one: Address) -> str:
        """Return the path that answers best."""
        return one.filled(self._parts(one))

    def filled_forms(self, path: str) -> list[dict[str, bytes]]:
        """Return what the forms that go to a path would send as they stand."""
        return [self._filled(form) for form in self.forms.get(path, []) if form.method == "post"]

    def post(self, path: str, form: Mapping[str, bytes], place: str) -> HttpResponseBase:
        """Send a form."""
        return self._pairs("POST", path, list(form.items()), place)

    def _parts(self, one: Address) -> dict[str, str]:
        """Return the parts of an address; a row of the administration goes by its table."""
        row = re.match(r"/admin/(\w+/\w+)/\{object_id\}", one.pattern)
        return {part: self.known[row[1] if row and part == "object_id" else part] for part in one.parts}

    def _keep(self, answer: HttpResponseBase, path: str) -> None:
        html = answer.content.decode()  # type: ignore[attr-defined]
        for form in forms_of(html, path):
            if form.method != "dialog":
                self.forms.setdefault(form.path, []).append(form)
        for href in re.findall(r'href="([^"]*\?[^"]*)"', html):
            link = urlsplit(urljoin(path, unescape(href)))
            names = {name for name, _ in parse_qsl(link.query, keep_blank_values=True)}
            self.links.setdefault(link.path, set()).update(names)

    def walk(self, one: Address) -> None:
        """Send everything to one address."""
        for sent in self._in_parts(one):
            self._send(sent)
        path = self.path_of(one)
        if path == "/logout/":
            return
        self._names("GET", path)
        if path.startswith("/api/v1/"):
            self._bodies_of_api(one, path)
        else:
            self._names("POST", path)
        for n, (kind, body) in enumerate(_BODIES):
            if self.most >= len(_BODIES) or (n + self._start(path)) % 8 == 0:
                self._send(Sent("POST", path, body=body, content_type=kind, place=f"the body as {kind}"))

    def _send(self, sent: Sent) -> HttpResponseBase:
        self.places.add(f"{sent.method} {sent.path} {sent.place}")
        return self.sender.send(sent)

    def _start(self, place: str) -> int:
        """Return where in a pool this place begins: places differ, runs do not."""
        return self.turn + crc32(_ID.sub("id", place).encode())

    def _in_parts(self, one: Address) -> Iterator[Sent]:
        for part in one.parts:
            for value in some(ODD, self.most, self._start(one.pattern + part)):
                path = one.filled({**self._parts(one), part: quote_from_bytes(value[:2000], safe="")})
                yield Sent("GET", path, place=f"part {part}")

    def _names(self, method: str, path: str) -> None:
        """Try every parameter or field; those that are read only then are tried as well."""
        forms = [f for f in self.forms.get(path, []) if (f.method == "post") == (method == "POST")]
        if self._pairs(method, path, [], "as it is").status_code == 405:
            return
        bases = [self._filled(form) for form in forms] or [{}]
        tried = {"csrfmiddlewaretoken"}
        for base in bases:
            todo = {*base, *(self._stated(path) if method == "GET" else ())}
            todo |= self.links.get(path, set()) if method == "GET" else set()
            first = True
            while first or todo:
                with recorded() as reads:
                    if first:
                        self._pairs(method, path, list(base.items()), "as it is")
                        first = False
                    elif todo:
                        name = min(todo)
                        tried.add(re.sub(r"\d+", "0", name))  # the rows of a table are alike
                        self._odd(method, path, base, name)
                new = {name for name in reads.names if "[" not in name}
                self._headers(method, path, base, reads.headers)
                for name in new - base.keys():
                    if name in self.known:
                        base[name] = self.known[name].encode()
                todo |= new
                todo = {name for name in todo if re.sub(r"\d+", "0", name) not in tried}

    def _filled(self, form: PageForm) -> dict[str, bytes]:
        return {name: (given or [""])[0].encode() for name, given in form.values.items() if name}

    def _stated(self, path: str) -> set[str]:
        """Return the parameters that the API's reference names for an address."""
        return {
            each["name"]
            for template, item in self.reference.get("paths", {}).items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", f"/api/v1{template}"), path)
            for each in item.get("get", {}).get("parameters", [])
            if each["in"] == "query"
        }

    def _odd(self, method: str, path: str, base: Mapping[str, bytes], name: str) -> None:
        place = f"field {name}"
        rest = [(other, value) for other, value in base.items() if other != name]
        own = base.get(name, b"1")
        shapes: list[list[tuple[str, bytes]]] = [
            *([*rest, (name, value)] for value in ODD),
            rest,
            [*rest, (name, own), (name, b"2")],
            [*rest, (f"{name}[]", own), (f"{name}[0]", own), (f"{name}[a]", own)],
        ]
        for pairs in some(shapes, self.most, self._start(f"{method} {path} {name}")):
            self._pairs(method, path, pairs, place, pairs[-1][1] if pairs else b"")

    def _pairs(
        self, method: str, path: str, pairs: list[tuple[str, bytes]], place: str, odd: bytes = b""
    ) -> HttpResponseBase:
        sent = Sent(method, path, place=place, odd=odd)
        if method == "GET":
            return self._send(replace(sent, query=pairs))
        return self._send(replace(sent, body=encoded(pairs).encode(), content_type=FORM))

    def _headers(self, method: str, path: str, base: Mapping[str, bytes], read: set[str]) -> None:
        for name in sorted(read - self.common):
            place = f"header {name}"
            if f"{method} {path} {place}" in self.places:
                continue
            self.places.add(f"{method} {path} {place}")
            for value in some(HEADERS, self.most, self._start(f"{method} {path} {place}")):
                self._header(method, path, base, name, value)

    def _header(self, method: str, path: str, base: Mapping[str, bytes], name: str, value: str) -> None:
        sent = Sent(method, path, headers={name: value}, place=f"header {name}")
        if method == "POST":
            sent = replace(sent, body=encoded(base.items()).encode(), content_type=FORM)
        if name == "Content-Type":
            sent = replace(sent, content_type=value, headers={})
        self._send(sent)

    def common_headers(self, paths: list[str]) -> None:
        """Try the headers that every request is asked for, at some addresses."""
        for path in paths:
            for name in sorted(self.common):
                for value in some(HEADERS, self.most * 2, self._start(path + name)):
                    for method in ("GET", "POST"):
                        self._header(method, path, {}, name, value)

    def _bodies_of_api(self, one: Address, path: str) -> None:
        """Put odd values in the place of each value of the examples in the reference."""
        for template, item in self.reference.get("paths", {}).items():
            if not re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", f"/api/v1{template}"), path):
                continue
            for method in sorted({"post", "put", "patch"} & item.keys()):
                for place, body in self._documents(item[method], f"{method} {path}"):
                    sent = Sent(method.upper(), path, body=body, content_type="application/json", place=place)
                    with recorded() as reads:
                        self._send(sent)
                    self._headers(method.upper(), path, {}, reads.headers)

    def _documents(self, operation: Mapping[str, Any], where: str) -> Iterator[tuple[str, bytes]]:
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            return
        for example in media.get("examples", {}).values():
            whole = example["value"]
            yield "the example", orjson.dumps(whole)
            for place in places_of(whole):
                for odd in some(JSON, self.most, self._start(where + str(place))):
                    yield f"value {place}", put(whole, place, odd)


def places_of(document: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value of a JSON document, the whole document first."""
    yield before
    inside = document.items() if isinstance(document, dict) else []
    inside = list(enumerate(document))[:2] if isinstance(document, list) else inside
    for step, part in inside:
        yield from places_of(part, (*before, step))


def put(document: Any, place: tuple[Any, ...], odd: bytes) -> bytes:
    """Return the document as JSON with these bytes in the place of one value."""
    if not place:
        return odd
    step, rest = place[0], place[1:]
    if isinstance(document, list):
        parts = [put(p, rest, odd) if i == step else orjson.dumps(p) for i, p in enumerate(document)]
        return b"[" + b",".join(parts) + b"]"
    pairs = [
        orjson.dumps(name) + b":" + (put(part, rest, odd) if name == step else orjson.dumps(part))
        for name, part in document.items()
    ]
    return b"{" + b",".join(pairs) + b"}"
