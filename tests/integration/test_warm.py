"""The PostgreSQL that narrow test runs keep: shared, never in each other's way, gone when it is not used."""

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from hitl.runtime.locks import FileLock
from hitl.runtime.paths import ROOT
from hitl.runtime.processes import is_alive, wait_until
from hitl.runtime.tables import template_name
from hitl.runtime.warm import Home, stop_warm

A_CALL = """
import json, os, sys, tempfile
from pathlib import Path
from hitl.runtime.warm import Home, warm_servers
with tempfile.TemporaryDirectory() as folder:
    with warm_servers(Path(folder), home=Home(Path(sys.argv[1]))) as environment:
        print(json.dumps(environment), flush=True)
        sys.stdin.readline()
"""


class Call:
    """A run that uses the kept server until it is told to end."""

    def __init__(self, home: Home) -> None:
        command = [sys.executable, "-c", A_CALL, str(home.path)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self.environment: dict[str, str] = json.loads(self.process.stdout.readline())
        self.url = self.environment["DATABASE_URL"]

    def names(self) -> set[str]:
        """The databases that it sees."""
        connection = psycopg2.connect(self.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database")
                return {name for (name,) in cursor.fetchall()}
        finally:
            connection.close()

    def make(self, name: str) -> None:
        """Make a database beside its own, as a test process does."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
        finally:
            connection.close()

    @property
    def database(self) -> str:
        return self.url.rsplit("/", 1)[1]

    def end(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    yield Home(tmp_path / "warm" / "one").make()
    stop_warm(tmp_path / "warm")


def keeper_of(home: Home) -> psutil.Process:
    return psutil.Process(json.loads(home.state.read_text())["pid"])


def test_the_second_call_finds_the_server_of_the_first(home: Home) -> None:
    first = Call(home)
    port = home.port()
    assert template_name() in first.names()
    first.end()
    second = Call(home)
    assert home.port() == port
    assert first.database not in second.names()
    second.end()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.state.stat().st_mode) == 0o600


def test_two_calls_at_once_do_not_meet(home: Home) -> None:
    first, second = Call(home), Call(home)
    first.make(f"test_{first.database}_gw0")
    second.make(f"test_{second.database}_gw0")
    assert first.environment["REDIS_URL"] != second.environment["REDIS_URL"]
    first.end()
    assert {name for name in second.names() if "hitl_" in name and "template" not in name} == {
        second.database,
        f"test_{second.database}_gw0",
    }
    second.end()


def test_what_a_killed_call_left_is_gone_with_the_next(home: Home) -> None:
    killed = Call(home)
    killed.make(f"test_{killed.database}")
    killed.kill()
    following = Call(home)
    assert not {name for name in following.names() if killed.database in name}
    following.end()


def test_after_a_killed_keeper_there_is_a_new_server(home: Home) -> None:
    Call(home).end()
    killed = keeper_of(home)
    servers = killed.children(recursive=True)
    killed.kill()
    assert wait_until(lambda: not any(map(is_alive, [killed, *servers])), seconds=30)
    following = Call(home)
    assert template_name() in following.names()
    following.end()


def test_it_is_told_to_end_and_ends_when_the_last_call_has(home: Home) -> None:
    using = Call(home)
    assert stop_warm(home.path.parent) == {home.path: False}
    assert using.database in using.names()
    keeper = keeper_of(home)
    servers = keeper.children(recursive=True)
    using.end()
    assert wait_until(lambda: not any(map(is_alive, [keeper, *servers])), seconds=30)
    assert not (home.path / "postgres").exists()
    assert stop_warm(home.path.parent) == {}


def test_an_unused_one_ends_at_once_when_told(home: Home) -> None:
    Call(home).end()
    assert stop_warm(home.path.parent) == {home.path: True}
    assert not home.is_kept()


def test_it_ends_by_itself_when_nobody_has_used_it_for_a_while(home: Home) -> None:
    command = [sys.executable, "-m", "hitl.runtime.warm_keeper", str(home.path), "--idle", "1"]
    users = FileLock(home.users)  # as a call holds it: from before the keeper looks for the first time
    assert users.acquire(shared=True)
    with subprocess.Popen(command, cwd=ROOT) as keeper:
        try:
            assert wait_until(lambda: home.port() is not None, seconds=120)
            with pytest.raises(subprocess.TimeoutExpired):
                keeper.wait(timeout=2.5)
            users.release()
            assert keeper.wait(timeout=60) == 0
        finally:
            keeper.send_signal(signal.SIGTERM)
    assert not (home.path / "postgres").exists()
