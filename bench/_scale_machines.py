"""What runs on the machines of `bench scale`: database, broker and store in the middle, web and worker hosts
around them."""

import http.client
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.core.files.storage import storages
from django.db import OperationalError, connection
from django.test import override_settings
from redis import Redis

from bench._faults_service import servers
from bench._scale_net import MIDDLE, NETWORK, Host
from hitl.bench.stage import postgres_pid
from hitl.runtime import programs
from hitl.runtime.front import find_nginx
from hitl.runtime.front_config import Front
from hitl.runtime.paths import ROOT
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.processes import is_alive, stop, wait_until
from hitl.runtime.supervisor import Program
from hitl.shared.store_address import file_stores

BUCKET = "hitl-bench"
STORE = f"s3://{BUCKET}/scale"
WEB_PORT, SERVICE_PORT, PROBE_PORT = 8000, 8001, 8002
READY_SECONDS = 240


@contextmanager
def in_the_middle(python: Path) -> Iterator[dict[str, str]]:
    """Let all machines reach database and broker, and run the store; yield what the service is told of them.

    The stage's servers listen on loopback alone: the database is begun again, the broker is told.
    """
    folder = Path(os.environ["HITL_DATA_DIR"])
    postgres, valkey = servers(folder, listens=f"{LOOPBACK},{MIDDLE}")
    with (postgres.cluster / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {NETWORK}.0/24 scram-sha-256\n")
    connection.close()
    before = psutil.Process(postgres_pid())
    before.send_signal(signal.SIGINT)
    wait_until(lambda: not is_alive(before), seconds=30)
    postgres.spawn()
    if not wait_until(_database_answers, seconds=60, every=0.2):
        raise RuntimeError("the database does not start again")
    with Redis.from_url(valkey.url) as broker:
        broker.config_set("bind", f"{LOOPBACK} {MIDDLE}")
    port = free_port()
    keys = {
        "HITL_OBJECT_STORE": STORE,
        "AWS_ENDPOINT_URL_S3": f"http://{MIDDLE}:{port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [str(python), "-m", "moto.server", "-H", MIDDLE, "-p", str(port)]
    store = Program("store", command, folder, folder, environment={"PYTHONPATH": ""})
    os.environ.update(keys)  # this process asks the store as well
    process = store.spawn()
    try:
        with override_settings(STORAGES={**settings.STORAGES, **file_stores(STORE, folder)}):
            _wait(lambda: _answers(MIDDLE, port, "/"), store.log)
            shelf: Any = storages["artifacts"]
            shelf.bucket.create()
            shelf.connection.BucketVersioning(BUCKET).enable()
            yield {
                **keys,
                "DATABASE_URL": os.environ["DATABASE_URL"].replace(LOOPBACK, MIDDLE),
                "REDIS_URL": os.environ["REDIS_URL"].replace(LOOPBACK, MIDDLE),
            }
    finally:
        stop(process, seconds=5)
        connection.close()
        postgres.stop()


@dataclass
class Machine:
    """A host with what runs on it."""

    host: Host
    data: Path
    told: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def run(self, program: Program) -> None:
        """Start a program there."""
        own = {"HITL_DATA_DIR": str(self.data), "HITL_ALLOWED_HOSTS": f"{self.host.address},localhost"}
        there = replace(program, environment={**self.told, **program.environment, **own})
        self.processes[program.name] = self.host.runs(there).spawn()

    def starts(self, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        """Start a command there and return its process."""
        self.run(Program(name, command, self.data, ROOT))
        return self.processes.pop(name)

    def family(self, name: str) -> list[psutil.Process]:
        """Return the processes of a program."""
        root = psutil.Process(self.processes[name].pid)
        return [root, *root.children(recursive=True)]

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Let a program stand still while the block runs."""
        family = self.family(name)
        for one in family:
            one.suspend()
        try:
            yield
        finally:
            for one in family:
                one.resume()

    def logs(self) -> str:
        """Return the ends of what its programs said."""
        files = sorted((self.data / "log").glob("*.log"))
        return "\n".join(f"{one.name}: {one.read_text(errors='replace')[-1500:]}" for one in files)

    def kill(self) -> None:
        """End everything at once, as where the power fails."""
        family = [one for name in self.processes for one in self.family(name)]
        for one in family:
            one.kill()
        psutil.wait_procs(family, timeout=10)
        for process in self.processes.values():
            process.wait()
        self.processes.clear()


@contextmanager
def machine(host: Host, told: dict[str, str]) -> Iterator[Machine]:
    """Yield a machine on which nothing runs yet; switch it off at the end."""
    there = Machine(host, Path(os.environ["HITL_DATA_DIR"]) / host.name, told)
    try:
        yield there
    finally:
        there.kill()


@contextmanager
def web_host(host: Host, told: dict[str, str]) -> Iterator[Machine]:
    """Run one web process behind a front, as every web machine has them."""
    nginx = find_nginx()
    if nginx is None:
        raise RuntimeError("there is no nginx for the fronts")
    with machine(host, told) as there:
        home = there.data / "front"
        home.mkdir(parents=True)
        text = Front(
            listen=f"{host.address}:{WEB_PORT}",
            services=[f"{LOOPBACK}:{SERVICE_PORT}"],
            probes=[f"{LOOPBACK}:{PROBE_PORT}"],
            home=str(home),
            is_root=True,
        ).text()
        (home / "nginx.conf").write_text(text)
        command = [str(nginx), "-p", str(home), "-e", "stderr", "-c", str(home / "nginx.conf")]
        web = programs.web(there.data, port=SERVICE_PORT, workers=1, probes=PROBE_PORT)
        there.run(web)
        there.run(Program("front", command, there.data, home))
        _wait(lambda: is_ready(host), web.log)
        yield there


@contextmanager
def worker_host(host: Host, told: dict[str, str], *, has_beat: bool) -> Iterator[Machine]:
    """Run workers of all queues, and perhaps the service's one beat."""
    with machine(host, told) as there:
        there.run(programs.worker(there.data, "safety", "webhooks"))
        there.run(replace(programs.worker(there.data, "training", "bulk"), name="worker-long"))
        if has_beat:
            there.run(programs.beat(there.data))
        yield there


def is_ready(host: Host) -> bool:
    """Tell whether a web host takes requests."""
    return _answers(host.address, WEB_PORT, "/health/ready")


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True


def _answers(address: str, port: int, path: str) -> bool:
    wire = http.client.HTTPConnection(address, port, timeout=5)
    try:
        wire.request("GET", path)
        return wire.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        wire.close()


def _wait(is_so: Callable[[], bool], log: Path) -> None:
    if not wait_until(is_so, seconds=READY_SECONDS, every=0.2):
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"It does not answer after {READY_SECONDS} s. The end of its log:\n{tail}")
