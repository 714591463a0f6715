"""The floor under any request: Granian and Django with a view that answers with a constant."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench._cost import Cost, cost
from bench._wire import Wire
from hitl.bench.stage import serving
from hitl.runtime import programs
from hitl.runtime.ports import LOOPBACK, free_port

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class View:
    """The running server."""

    pid: int
    port: int

    def post(self, bodies: Sequence[bytes]) -> None:
        """Post each over one connection, a new one every time: the server closes what lies idle."""
        wire = self.wire()
        for body in bodies:
            wire.send(wire.prepare("POST", "/", body, JSON))
        wire.close()

    def wire(self) -> Wire:
        """Return a connection to it."""
        return Wire(LOOPBACK, self.port)

    def cost(self, bodies: Sequence[bytes]) -> Cost:
        """Post the bodies once; return what one of them cost."""
        return cost(lambda: self.post(bodies), 1, units=len(bodies), app=self.pid)


@contextmanager
def bare_view() -> Iterator[View]:
    """Run it until the block ends, beside what is measured, so that both meet the same machine."""
    port = free_port()
    program = programs.web(Path(os.environ["HITL_DATA_DIR"]), port=port)
    program = replace(program, name="bare", command=[*program.command[:-1], "bench._bare:application"])
    with serving(program, port, "/") as pid:
        view = View(pid, port)
        view.post([b"{}"] * 200)
        yield view
