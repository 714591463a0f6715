"""A whole service whose data nobody will miss, for the time of a benchmark: database, broker and web server.

The database is durable as in production (fsync and synchronous commit on): what is measured is what is paid.
"""

import http.client
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hitl.runtime import programs
from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.ports import LOOPBACK, free_port, reserve_first
from hitl.runtime.postgres import Postgres
from hitl.runtime.processes import run_tied, stop
from hitl.runtime.supervisor import Program
from hitl.runtime.valkey import Valkey

ON_STAGE = "HITL_BENCH_POSTGRES_PID"
READY_SECONDS = 60
HEALTH = "/health/live"


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
                    "HITL_SECRET_KEY": "of a benchmark, of which nothing is kept",
                    "HITL_LOG_LEVEL": "WARNING",
                    ON_STAGE: str(postgres.process.pid if postgres.process else 0),
                }
                command = [sys.executable, str(MANAGE), "bench", *arguments]
                return run_tied(command, cwd=ROOT, environment=environment)
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
    """A web server on the stage: the front's address, and the processes of all of it."""

    host: str
    port: int
    pids: tuple[int, ...]


@contextmanager
def web() -> Iterator[Web]:
    """Run the product's web processes as they run in production: behind the front, one worker each."""
    reserved = reserve_first(free_port())
    webs = programs.webs_behind_front(Path(os.environ["HITL_DATA_DIR"]), at=reserved)
    with ExitStack() as running:
        running.callback(reserved.release)
        running.callback(webs.release)
        pids = [running.enter_context(started(program)) for program in webs.programs]
        for program in webs.webs:
            _wait(program, program.port or reserved.port, HEALTH)
        _wait(webs.programs[-1], reserved.port, HEALTH)
        yield Web(LOOPBACK, reserved.port, tuple(pids))


@contextmanager
def serving(program: Program, port: int, path: str, seconds: float = READY_SECONDS) -> Iterator[int]:
    """Run a server until the block ends; yield its process id once `path` answers."""
    with started(program) as pid:
        _wait(program, port, path, seconds)
        yield pid


@contextmanager
def started(program: Program) -> Iterator[int]:
    """Run a program until the block ends; yield its process id."""
    process = program.spawn()
    try:
        yield process.pid
    finally:
        stop(process, ask=program.stop_signal, seconds=program.stop_seconds)


def _wait(program: Program, port: int, path: str, seconds: float = READY_SECONDS) -> None:
    log = program.log
    end = time.monotonic() + seconds
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
        if program.process is None or program.process.poll() is not None:
            break
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"The server does not answer. The end of its log:\n{tail}")
