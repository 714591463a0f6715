"""The processes of the service on one machine, next to database and broker."""

import os
import signal
import sys
from pathlib import Path

from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.ports import LOOPBACK
from hitl.runtime.supervisor import Program
from hitl.runtime.tied import SUPERVISOR

WEB_WORKERS = 2
JOB_PROCESSES = 2


def web(data: Path, *, port: int) -> Program:
    """Granian. One thread a worker has the same throughput as four, and a shorter tail."""
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
    command += ["--workers", str(WEB_WORKERS), "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
    command += ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    # A SIGTERM that meets workers still coming up can hang it for good without this limit.
    command += ["--workers-kill-timeout", "3"]
    return Program(
        "web",
        [*command, "hitl.wsgi:application"],
        data,
        ROOT,
        environment={SUPERVISOR: str(os.getpid())},
    )


def worker(data: Path) -> Program:
    """Celery's worker. Its jobs survive being cut off, so a parent's death ends it at once (SIGQUIT)."""
    command = [sys.executable, "-m", "celery", "--app", "hitl", "worker", "--concurrency", str(JOB_PROCESSES)]
    command += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    return Program("worker", command, data, ROOT, death_signal=signal.SIGQUIT)


def beat(data: Path) -> Program:
    """Celery's clock. Its schedule is in the database; the lock of the data directory keeps it single.

    It is ended by SIGKILL: asked politely, its handler writes the schedule and raises in the middle of
    whatever runs, and a SIGTERM that meets its start can be swallowed for good. What is lost is when its jobs
    last ran, and each of them may run once more.
    """
    command = [sys.executable, "-m", "celery", "--app", "hitl", "beat", "--loglevel", "WARNING", "--pidfile="]
    return Program("beat", command, data, ROOT, stop_signal=signal.SIGKILL)


def management_command(name: str, *arguments: str, data: Path) -> Program:
    """Another management command that runs beside them."""
    return Program(name, [sys.executable, str(MANAGE), name, *arguments], data, ROOT)
