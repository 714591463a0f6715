"""A whole service to be hurt: `manage.py up` on the stage's database and broker, which the benchmark can
end."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import psutil
from django.conf import settings

from cases.models import Workflow
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.bench.stage import postgres_pid
from hitl.flow.setup.create import set_up_workflow
from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.postgres import Postgres
from hitl.runtime.processes import wait_until
from hitl.runtime.valkey import Valkey
from hitl.shared import clock
from hitl.shared.actor import system

ACTOR = system("bench")
READY_SECONDS = 900  # a busy machine takes minutes for the tables alone
IMAGE_FIELDS = [{"name": "photo", "kind": "image"}]
FIELDS = [{"name": "amount", "kind": "number"}]
LABELS = [{"name": "paid"}, {"name": "lost"}]
FAKE_TIME = ROOT / "hitl" / "runtime" / "fake_time"


@dataclass
class Service:
    """The running service, a key that may do everything, and the servers beneath it."""

    port: int
    process: subprocess.Popen[bytes]
    data: Path
    postgres: Postgres
    valkey: Valkey
    time_file: Path
    key: str = ""
    workflow: Workflow | None = None
    doubtful: set[str] = field(default_factory=set)

    def ask(
        self, method: str, path: str, body: object = None, *, seconds: float = 20, **headers: str
    ) -> tuple[int, bytes]:
        """Send one request on a connection of its own; OSError where there is no answer."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=seconds)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        try:
            connection.request(method, path, data, given)
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as problem:
            raise OSError(str(problem)) from problem
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Tell whether it takes in cases."""
        try:
            return self.ask("GET", "/health/ready", seconds=5)[0] == 200
        except OSError:
            return False

    def processes(self, *words: str) -> list[psutil.Process]:
        """Return those of its processes whose command line holds all of the words."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                found.append(process)
        return found


@contextmanager
def service() -> Iterator[Service]:
    """Start it, make a workflow and a key, end it."""
    folder = Path(os.environ["HITL_DATA_DIR"])
    data = folder / "up"
    time_file = folder / "clock_step"
    time_file.write_text("0")
    environment = {
        **os.environ,
        "HITL_DATA_DIR": str(data),
        "HITL_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "HITL_LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(FAKE_TIME),
        "HITL_CLOCK_STEP": str(time_file),
    }
    port = free_port()
    command = [sys.executable, str(MANAGE), "up", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    running = Service(port, process, data, *servers(folder), time_file)
    try:
        if not wait_until(running.is_ready, seconds=READY_SECONDS, every=0.5):
            raise RuntimeError("the service does not start")
        _set_up(running)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def servers(folder: Path, *, listens: str = LOOPBACK) -> tuple[Postgres, Valkey]:
    """Return hands on the stage's servers: the same folders and ports, so that they can be ended and
    begun."""
    settings = {"max_connections": "200", "listen_addresses": listens}
    postgres, valkey = Postgres(folder, settings=settings), Valkey(folder, durable=False)
    postgres.port = int(os.environ["DATABASE_URL"].rsplit(":", 1)[1].split("/")[0])
    valkey.port = int(os.environ["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])
    return postgres, valkey


def _set_up(running: Service) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]  # as the service was told
    running.workflow = set_up_workflow(
        slug="loans", name="Loans", fields=FIELDS, labels=LABELS, actor=ACTOR, now=clock.now()
    )
    set_up_workflow(
        slug="photos", name="Photos", fields=IMAGE_FIELDS, labels=LABELS, actor=ACTOR, now=clock.now()
    )
    scopes = [Scope.SUBMIT, Scope.READ, Scope.MANAGE]
    _, running.key = create_key(
        name="bench", scopes=scopes, is_for_all_workflows=True, actor=ACTOR, now=clock.now()
    )


def end_postgres(running: Service) -> None:
    """End the database as a machine does that goes away: everything at once."""
    victim = running.postgres.process.pid if running.postgres.process else postgres_pid()
    family = [psutil.Process(victim), *psutil.Process(victim).children(recursive=True)]
    for process in family:
        _kill(process)
    psutil.wait_procs(family, timeout=10)
    if running.postgres.process is not None:
        running.postgres.process.wait()


def end_valkey(running: Service) -> None:
    """End the broker."""
    listening = [
        process
        for process in psutil.process_iter(["name"])
        if process.info["name"] == "valkey-server" and str(running.valkey.port) in " ".join(process.cmdline())
    ]
    for process in listening:
        _kill(process)
    psutil.wait_procs(listening, timeout=10)
    if running.valkey.process is not None:
        running.valkey.process.wait()


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        pass


class Background:
    """Threads that do something until the block ends."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Background":
        return self

    def run(self, call: object, *arguments: object) -> None:
        """Call something in a thread; it watches `is_over`."""
        thread = threading.Thread(target=call, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for thread in self._threads:
            thread.join(30)


def pause(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)
