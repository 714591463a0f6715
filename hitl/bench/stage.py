"""A whole service whose data nobody will miss, for the time of a benchmark: database, broker and web server.

The database is durable as in production (fsync and synchronous commit on): what is measured is what is paid.
"""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hitl.runtime import programs
from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.postgres import Postgres
from hitl.runtime.processes import stop
from hitl.runtime.supervisor import Program
from hitl.runtime.valkey import Valkey

ON_STAGE = "HITL_BENCH_POSTGRES_PID"
READY_SECONDS = 60


def perform(arguments: Sequence[str]) -> int:
    """Run `manage.py bench` again, on a stage of its own; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="hitl-bench-") as name:
        folder = Path(name)
        valkey = Valkey(folder, durable=False).start()
        try:
            postgres = Postgres(folder, settings={"max_connections": "200"}).start()
            try:
                environment = {
                    **os.environ,
                    "DATABASE_URL": postgres.url,
                    "REDIS_URL": valkey.url,
                    "HITL_DATA_DIR": str(folder),
                    "HITL_SECRET_KEY": "of a benchmark, nothing is kept",
                    "HITL_LOG_LEVEL": "WARNING",
                    ON_STAGE: str(postgres.process.pid if postgres.process else 0),
                }
                command = [sys.executable, str(MANAGE), "bench", *arguments]
                return subprocess.run(command, cwd=ROOT, env=environment).returncode
            finally:
                postgres.stop()
        finally:
            valkey.stop()


def is_on_stage() -> bool:
    """Tell whether this process runs on a stage."""
    return ON_STAGE in os.environ


def postgres_pid() -> int:
    """Return the stage's database server."""
    return int(os.environ[ON_STAGE])


@dataclass(frozen=True, slots=True)
class Web:
    """A web server on the stage."""

    host: str
    port: int
    pid: int


@contextmanager
def web() -> Iterator[Web]:
    """Run the product's web server as it runs in production: Granian, two workers."""
    port = free_port()
    with serving(programs.web(Path(os.environ["HITL_DATA_DIR"]), port=port), port, "/health/live") as pid:
        yield Web(LOOPBACK, port, pid)


@contextmanager
def serving(program: Program, port: int, path: str) -> Iterator[int]:
    """Run a server until the block ends; yield its process id once `path` answers."""
    process = program.spawn()
    try:
        _wait(process, port, path, program.log)
        yield process.pid
    finally:
        stop(process, ask=program.stop_signal, seconds=program.stop_seconds)


def _wait(process: "subprocess.Popen[bytes]", port: int, path: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        if process.poll() is not None:
            break
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"The server does not answer. The end of its log:\n{tail}")
