"""The peer of intake: FastAPI and scikit-learn in the peers' interpreter (`bench/_peer_fastapi.py`)."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._cost import Cost, cost
from bench._wire import Wire
from hitl.bench.peers import Group, interpreter
from hitl.bench.processes import pss_megabytes
from hitl.bench.stage import serving
from hitl.demo.worlds import SpamMail
from hitl.runtime.paths import ROOT
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.supervisor import Program

NAME = "peer: FastAPI + scikit-learn (words only), stores nothing"


@dataclass(frozen=True, slots=True)
class FastApi:
    """The running peer: `post` sends the bodies once and returns what one of them cost."""

    pid: int
    post: Callable[[], Cost]

    def memory(self) -> float:
        """Return what its two workers hold, in MB."""
        return pss_megabytes(self.pid)


@contextmanager
def fastapi(bodies: Sequence[bytes]) -> Iterator[FastApi | None]:
    """Run the peer until the block ends; None where it is not installed."""
    python = interpreter(Group.GENERAL)
    if python is None:
        yield None
        return
    data, port = Path(os.environ["HITL_DATA_DIR"]), free_port()
    history = SpamMail().history()
    known = data / "history.json"
    known.write_text(json.dumps([[e.content for e in history], [e.truth for e in history]]))
    command = [
        str(python),
        "-m",
        "uvicorn",
        "bench._peer_fastapi:app",
        "--host",
        LOOPBACK,
        "--port",
        str(port),
    ]
    command += ["--workers", "2", "--log-level", "warning", "--no-access-log"]
    program = Program("fastapi", command, data, ROOT, environment={"HISTORY": str(known), "PYTHONPATH": ""})
    with serving(program, port, "/live") as pid:
        post = _poster(port, bodies)
        cost(lambda: post(), 1, app=pid)
        yield FastApi(pid, lambda: cost(post, 1, units=len(bodies), app=pid))


def _poster(port: int, bodies: Sequence[bytes]) -> Callable[[], None]:
    def post() -> None:
        wire = Wire(LOOPBACK, port)
        for body in bodies:
            status, said = wire.send(
                wire.prepare("POST", "/predict", body, {"Content-Type": "application/json"})
            )
            if status != 200:
                raise RuntimeError(f"{status}: {said[:500]!r}")
        wire.close()

    return post
