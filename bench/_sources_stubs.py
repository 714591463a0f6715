"""Scripted servers of `bench sources`, where no real one is had: they know the truth and are far too sure."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import exp, log
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from bench._sources_servers import Server
from bench._sources_world import Examples
from hitl.demo.elsewhere import LEAN, SPREAD, TEMPERATURE
from hitl.runtime.ports import LOOPBACK

PROMPT = "{body}"
Answer = Callable[[Any], Any]


def too_sure(examples: Examples) -> Callable[[str], float]:
    """Return what says of a mail how sure it is of the second label: the same each time."""
    second = examples.labels[1]["name"]
    truth = {one.content["body"]: one.truth for one in [*examples.known, *examples.cases]}

    def sure(body: str) -> float:
        dice = np.random.default_rng(int.from_bytes(hashlib.sha256(body.encode()).digest()[:8]))
        towards = dice.normal(LEAN, SPREAD) * (1 if truth[body] == second else -1)
        return min(max(1 / (1 + exp(-towards / TEMPERATURE)), 1e-9), 1 - 1e-9)

    return sure


@contextmanager
def template(examples: Examples, folder: Path, hangs: Event | None = None) -> Iterator[Server]:
    """Answer in a form of its own; not while it hangs."""
    sure, names = too_sure(examples), [one["name"] for one in examples.labels]

    def answer(body: Any) -> Any:
        while hangs is not None and hangs.is_set():
            time.sleep(0.1)
        found = [sure(case["body"]) for case in body["items"]]
        return {"scores": [dict(zip(names, (1 - p, p), strict=True)) for p in found], "version": "1"}

    options = {"template": {"items": "{{cases}}"}, "predictions": "scores", "version_at": "version"}
    with _served(answer) as address:
        yield Server("JSON template (scripted)", "template", address, "1", options)


@contextmanager
def chat(examples: Examples, folder: Path) -> Iterator[Server]:
    """Answer as a language model that gives log-probabilities of the letters."""
    sure = too_sure(examples)

    def answer(body: Any) -> Any:
        prompt = body["messages"][0]["content"]
        p = sure(prompt[: prompt.rindex("\n\nAnswer with one letter")])
        top = [{"token": "B", "logprob": log(p)}, {"token": "A", "logprob": log(1 - p)}]
        choice = {"message": {"content": "B"}, "logprobs": {"content": [{"top_logprobs": top}]}}
        return {"model": "1", "choices": [choice], "usage": {"total_tokens": 100}}

    with _served(answer) as address:
        yield Server("chat completions (scripted)", "chat", address, "1", {"prompt": PROMPT})


@contextmanager
def score_in(examples: Examples, folder: Path) -> Iterator[Server]:
    """Send the scores with the cases."""
    yield Server("scores sent with cases (scripted)", "score_in", "", "1")


@contextmanager
def _served(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            said = json.dumps(
                answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            ).encode()
            with suppress(OSError):  # whoever asked has given up
                self.send_response(200)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/score"
    finally:
        server.shutdown()
        server.server_close()
