"""The processes of the service on one machine, next to database and broker."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from hitl.runtime.front import find_nginx, front
from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.ports import LOOPBACK, ReservedPort, free_port, reserve_first
from hitl.runtime.supervisor import Program
from hitl.runtime.tied import SUPERVISOR
from hitl.schedule import QUEUES, SHORT

WEB_WORKERS = 2
GRANIAN_LOGGING = Path(__file__).with_name("granian_logging.json")


@dataclass(frozen=True, slots=True)
class Webs:
    """What answers requests: web processes, and the front that gives them out, where there is one."""

    webs: list[Program]
    front: Program | None
    reserved: list[ReservedPort]

    @property
    def programs(self) -> list[Program]:
        """All of them."""
        return [*self.webs, *([self.front] if self.front else [])]

    def release(self) -> None:
        """Let others have the ports between front and web processes."""
        for reserved in self.reserved:
            reserved.release()


def webs_behind_front(data: Path, *, at: ReservedPort) -> Webs:
    """Return the front at a port with a web process of one worker each behind it.

    Each has a port of its own, so that the front can give a request to the one that is free. Without nginx
    the web processes share that port themselves; then whoever sends slowly keeps one busy.
    """
    nginx = find_nginx()
    if nginx is None:
        return Webs([web(data, port=at.port)], None, [])
    reserved = [reserve_first(free_port()) for _ in range(2 * WEB_WORKERS)]
    ports = [each.port for each in reserved]
    services, probes = ports[:WEB_WORKERS], ports[WEB_WORKERS:]
    webs = [
        web(data, port=service, workers=1, probes=probe, name=f"web-{number}")
        for number, (service, probe) in enumerate(zip(services, probes, strict=True), start=1)
    ]
    return Webs(webs, front(data, nginx=nginx, at=at, services=services, probes=probes), reserved)


def web(
    data: Path, *, port: int, workers: int = WEB_WORKERS, probes: int | None = None, name: str = "web"
) -> Program:
    """Granian. One thread a worker has the same throughput as four, and a shorter tail (ADR 0025).

    `probes` is where the worker answers probes; then it stands behind our front, whose word on addresses it
    believes.
    """
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        LOOPBACK,
        "--port",
        str(port),
    ]
    command += ["--workers", str(workers), "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
    command += ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    # A SIGTERM that meets workers still coming up can hang it for good without this limit.
    command += ["--workers-kill-timeout", "2", "--log-config", str(GRANIAN_LOGGING)]
    environment = {SUPERVISOR: str(os.getpid())}
    if probes is not None:
        proxies = [each for each in (os.environ.get("HITL_TRUSTED_PROXIES"), f"{LOOPBACK}/32") if each]
        environment |= {"HITL_PROBE_PORT": str(probes), "HITL_TRUSTED_PROXIES": ",".join(proxies)}
    return Program(
        name,
        [*command, "hitl.wsgi:application"],
        data,
        ROOT,
        environment=environment,
        stop_seconds=2.5,  # granian cuts its workers off after two
        port=port,
    )


def workers(data: Path) -> list[Program]:
    """Celery's workers, one for each queue, so that none waits behind another's work."""
    return [worker(data, queue) for queue in QUEUES]


def worker(data: Path, *queues: str) -> Program:
    """Return a worker of some queues, of all unless told.

    Its jobs survive being cut off, so a parent's death ends it at once. Short jobs run in the worker itself;
    training and bulk run in a process of their own, which may be killed for its memory or its time.
    """
    queues = queues or tuple(QUEUES)
    short = set(queues) <= SHORT
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "hitl",
        "worker",
        "--queues",
        ",".join(queues),
    ]
    command += ["--pool", "solo"] if short else ["--concurrency", str(len(queues))]
    command += ["--hostname", f"{'-'.join(queues)}@%h", "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle"]
    name = f"worker-{queues[0]}" if len(queues) == 1 else "worker"
    return Program(
        name,
        command,
        data,
        ROOT,
        environment={SUPERVISOR: str(os.getpid())},
        stop_seconds=2.0,  # of the five that whoever stops the service waits at most
        may_be_cut_off=True,
    )


def beat(data: Path) -> Program:
    """Celery's clock. Its schedule is in the database; the lock of the data directory keeps it single.

    It is ended by SIGKILL: asked politely, its handler writes the schedule and raises in the middle of
    whatever runs, and a SIGTERM that meets its start can be swallowed for good. What is lost is when its jobs
    last ran, and each of them may run once more.
    """
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "hitl",
        "beat",
        "--loglevel",
        "WARNING",
        "--pidfile=",
    ]
    return Program("beat", command, data, ROOT, stop_signal=signal.SIGKILL)


def management_command(name: str, *arguments: str, data: Path) -> Program:
    """Another management command that runs beside them."""
    command = [sys.executable, str(MANAGE), name, *arguments]
    return Program(name, command, data, ROOT, stop_seconds=2.0, may_be_cut_off=True)
