"""A PostgreSQL for narrow test runs that stays up between them, so that the next one begins at once.

It lies in `.run/warm`, belongs to a keeper (`warm_keeper`), and ends with it: after ten idle minutes, or when
it is told to. Whoever uses it holds a shared lock, which the kernel lets go however the user ends. Each call
has a database of its own, whose name holds its process id, so calls at the same time do not meet, and what a
killed call left is found and dropped by the next. The broker is not kept: one of its own starts in 0.1 s.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import psycopg2

from hitl.runtime import postgres
from hitl.runtime.errors import CannotStart
from hitl.runtime.locks import FileLock, held
from hitl.runtime.logfiles import tail
from hitl.runtime.paths import ROOT
from hitl.runtime.ports import LOOPBACK
from hitl.runtime.processes import wait_until
from hitl.runtime.valkey import Valkey

WARM = ROOT / ".run" / "warm"
START_SECONDS = 180
STOP_SECONDS = 30
NOTICE_SECONDS = 3


class Home:
    """The folder of one kept server, and the files in it that its keeper and its users speak by."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.users = path / "users.lock"  # shared by calls that use the server; the keeper's when it ends
        self.starting = path / "starting.lock"  # held by the call that starts a keeper
        self.keeper = path / "keeper.lock"  # held by the keeper for its life
        self.state = path / "keeper.json"  # there when the server answers
        self.used = path / "used"  # its time is when a call last began or ended
        self.log = path / "log" / "keeper.log"

    def make(self) -> "Home":
        """Have the folder, closed to others."""
        self.path.parent.parent.mkdir(mode=0o700, exist_ok=True)
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)
        return self

    def is_kept(self) -> bool:
        """Is there a living keeper?"""
        lock = FileLock(self.keeper)
        if lock.acquire():
            lock.release()
            return False
        return True

    def port(self) -> int | None:
        """Where the server listens; None when there is none, or not yet."""
        facts = self._facts()
        return facts["port"] if facts else None

    def ask_to_end(self) -> None:
        """Tell the keeper to end as soon as nobody uses the server."""
        facts = self._facts()
        if facts:
            os.kill(facts["pid"], signal.SIGTERM)

    def _facts(self) -> dict[str, int] | None:
        try:
            facts: dict[str, int] = json.loads(self.state.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return facts if self.is_kept() else None


def home_of(parent: Path = WARM) -> Home:
    """The folder for this server program and these settings: other ones get another server."""
    state = hashlib.sha256(str((postgres.find_binaries(), postgres.FOR_TESTS)).encode())
    sources = [Path(postgres.__file__), Path(__file__), Path(__file__).with_name("warm_keeper.py")]
    for path in [*sources, ROOT / "requirements.txt"]:
        state.update(path.read_bytes())
    return Home(parent / state.hexdigest()[:12])


@contextmanager
def warm_servers(folder: Path, *, home: Home | None = None) -> Iterator[dict[str, str]]:
    """Have the kept PostgreSQL and a broker of one's own inside the block; the environment that points there.

    `folder` is a throw-away one, for what this call alone needs.

    Raises:
        CannotStart: a server cannot be had.
    """
    home = (home or home_of()).make()
    users = FileLock(home.users)
    users.acquire(shared=True, wait=True)  # from here on the keeper does not end by itself
    try:
        home.used.touch()
        with held(home.starting):
            port = home.port() or _start(home)
            server = _Server(home, port)
            server.drop_leftovers()
        database = server.make_database()
        try:
            broker = Valkey(folder, durable=False).start()
            try:
                yield {
                    "DATABASE_URL": server.url(database),
                    "REDIS_URL": broker.url,
                    "HITL_DATA_DIR": str(folder),
                }
            finally:
                broker.stop()
        finally:
            server.drop_databases_of({os.getpid()})
    finally:
        home.used.touch()
        users.release()


def _start(home: Home) -> int:
    """Start a keeper, or take one that was left starting, and wait until its server answers; the port."""
    home.log.parent.mkdir(exist_ok=True)
    keeper: subprocess.Popen[bytes] | None = None

    def is_settled() -> bool:
        nonlocal keeper
        if home.port() is not None:
            return True
        if home.is_kept():  # it is starting
            return False
        if keeper is None:
            keeper = _spawn_keeper(home)
        return keeper.poll() is not None

    wait_until(is_settled, seconds=START_SECONDS, every=0.05)
    port = home.port()
    if port is None:
        raise CannotStart(f"The test database does not start. The end of {home.log}:\n{tail(home.log)}")
    return port


def _spawn_keeper(home: Home) -> subprocess.Popen[bytes]:
    with home.log.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "hitl.runtime.warm_keeper", str(home.path)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C at a test run is not meant for it
        )


class _Server:
    """The kept server, and the databases that calls have in it."""

    def __init__(self, home: Home, port: int) -> None:
        self.port = port
        self.password = (home.path / "postgres.password").read_text().strip()

    def url(self, database: str) -> str:
        """For DATABASE_URL."""
        return f"postgresql://{postgres.ROLE}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def make_database(self) -> str:
        """Make this call's database; its name."""
        name = f"hitl_{os.getpid()}"
        self._execute(f"CREATE DATABASE {name}")
        return name

    def drop_leftovers(self) -> None:
        """Drop the databases of calls that are over, and of an earlier one that had our process id."""
        owners = {int(found[1]) for name in self._names() if (found := _OF_A_CALL.match(name))}
        self.drop_databases_of({pid for pid in owners if pid == os.getpid() or not psutil.pid_exists(pid)})

    def drop_databases_of(self, owners: set[int]) -> None:
        """Drop what the calls with these process ids made, and the copies that their tests made."""
        for name in self._names():
            if (found := _OF_A_CALL.match(name)) and int(found[1]) in owners:
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _names(self) -> list[str]:
        return [name for (name,) in self._execute("SELECT datname FROM pg_database")]

    def _execute(self, statement: str) -> list[tuple[str]]:
        connection = psycopg2.connect(self.url("postgres"), connect_timeout=10)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


_OF_A_CALL = re.compile(r"(?:test_)?hitl_(\d+)(?:_|$)")


def stop_warm(parent: Path = WARM) -> dict[Path, bool]:
    """Ask every keeper to end; for each that ran, whether it has (False: a call still uses its server)."""
    running = [home for path in sorted(parent.glob("*/")) if (home := Home(path)).is_kept()]
    for home in running:
        wait_until(partial(_can_be_asked, home), seconds=START_SECONDS)
        home.ask_to_end()
    return {home.path: _ends(home) for home in running}


def _can_be_asked(home: Home) -> bool:
    return home.port() is not None or not home.is_kept()


def _ends(home: Home) -> bool:
    if wait_until(lambda: not home.is_kept(), seconds=NOTICE_SECONDS):
        return True
    users = FileLock(home.users)
    if users.acquire(shared=True):  # else the keeper has it, and is ending
        users.release()
        return False
    return wait_until(lambda: not home.is_kept(), seconds=STOP_SECONDS)
