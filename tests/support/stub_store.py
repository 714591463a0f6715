"""A store on loopback that speaks as much of S3 as the service does, and can be told to fail."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


@dataclass
class StubStore:
    """What it holds by `/bucket/key`, what was asked of it, and how it fails.

    Attributes:
        writes: `(key, whether only where nothing is there, status)` of each PUT.
        fails_with: the status that everything is answered with; 0: none.
        knows_conditions: whether it heeds If-None-Match.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    writes: list[tuple[str, bool, int]] = field(default_factory=list)
    fails_with: int = 0
    knows_conditions: bool = True
    url: str = ""
    lock: Lock = field(default_factory=Lock)


@contextmanager
def stub_store() -> Iterator[StubStore]:
    """Serve a store until the block ends."""
    store = StubStore()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with store.lock:
                guarded = self.headers["If-None-Match"] == "*"
                is_refused = guarded and store.knows_conditions and self.path in store.objects
                status = store.fails_with or (412 if is_refused else 200)
                if status == 200:
                    store.objects[self.path] = body
                store.writes.append((self.path, guarded, status))
            self._say(status)

        def do_GET(self) -> None:
            with store.lock:
                found = store.objects.get(self.path)
            if store.fails_with or found is None:
                code = b"SlowDown" if store.fails_with else b"NoSuchKey"
                self._say(store.fails_with or 404, b"<Error><Code>%s</Code></Error>" % code)
            else:
                self._say(200, found)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            with store.lock:
                store.objects.pop(self.path, None)
            self._say(store.fails_with or 204)

        def _say(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("Last-Modified", "Sun, 01 Nov 2026 00:00:00 GMT")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    store.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
