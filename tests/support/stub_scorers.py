"""Scripted servers on loopback that answer as models elsewhere do, and misbehave when they are told to."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from threading import Thread
from typing import Any

Answer = Callable[[dict[str, Any]], Any]


@dataclass
class Stub:
    """A server with its script: what it answers, and what was asked of it."""

    answer: Answer
    status: int = 200
    hang: float = 0.0
    raw: bytes | None = None
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def served(stub: Stub) -> Iterator[Stub]:
    """Serve a stub until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.bodies.append(body)
            stub.headers.append(dict(self.headers))
            time.sleep(stub.hang)
            said = stub.raw if stub.raw is not None else json.dumps(stub.answer(body)).encode()
            self.send_response(stub.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}/score"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


def spam_of(text: str) -> float:
    """How sure the scripted model is that a text is spam: it says so at its end."""
    return float(text.rsplit(" ", 1)[-1])


def open_inference(version: str) -> Answer:
    """Answer as an Open Inference Protocol server: flat data, FINE before JUNK."""

    def answer(body: dict[str, Any]) -> Any:
        (one,) = body["inputs"]
        assert one["datatype"] == "BYTES"
        assert one["parameters"] == {"content_type": "str"}
        assert body["outputs"] == [{"name": "predict_proba"}]
        flat = [p for text in one["data"] for p in (1 - spam_of(text), spam_of(text))]
        output = {"name": "predict_proba", "shape": [len(one["data"]), 2], "datatype": "FP64", "data": flat}
        return {"model_name": "acme", "model_version": version, "outputs": [output]}

    return answer


def mlflow(body: dict[str, Any]) -> Any:
    """Answer as MLflow's scoring server."""
    frame = body["dataframe_split"]
    place = frame["columns"].index("body")
    return {"predictions": [[1 - spam_of(row[place]), spam_of(row[place])] for row in frame["data"]]}


def template(version: str) -> Answer:
    """Answer in a form of its own."""

    def answer(body: dict[str, Any]) -> Any:
        texts = [case["body"] for case in body["request"]["items"]]
        scores = [{"JUNK": spam_of(text), "FINE": 1 - spam_of(text)} for text in texts]
        return {"result": {"scores": scores}, "meta": {"version": version}}

    return answer


def chat(version: str, *, mass: float = 0.98) -> Answer:
    """Answer as a language model that gives log-probabilities: A is FINE, B is JUNK."""

    def answer(body: dict[str, Any]) -> Any:
        prompt = body["messages"][0]["content"]
        spam = min(max(spam_of(prompt.split("\n")[0]), 1e-6), 1 - 1e-6)
        told = [("B", spam * mass), ("A", (1 - spam) * mass), ("The", 1 - mass)]
        top = [{"token": token, "logprob": log(p)} for token, p in told if p > 0]
        choice = {
            "message": {"role": "assistant", "content": "B" if spam > 0.5 else "A"},
            "logprobs": {"content": [{"token": "B", "logprob": -0.1, "top_logprobs": top}]},
        }
        return {"model": version, "choices": [choice], "usage": {"total_tokens": 50}}

    return answer
