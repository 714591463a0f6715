"""One owner for a data directory, joined by others, and nothing left behind however it ends."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hitl.runtime.paths import ROOT
from hitl.runtime.processes import is_alive, wait_until

SET_BY_THE_COMMAND = ("DATABASE_URL", "REDIS_URL", "HITL_SECRET_KEY", "HITL_DATA_DIR")

_PREPARED = "local.owned and local.owned.announce(is_prepared=True)"


class Command:
    """A process that enters `services`, says so, and waits for a line on its input."""

    def __init__(
        self, data: Path, *, serving: bool, first: str = _PREPARED, then: str = "", **environment: str
    ) -> None:
        code = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from hitl.runtime.errors import CannotStart
        from hitl.runtime import services as local
        try:
            with local.services("the command", serving={serving}):
                {first}
                print(*map(os.environ.get, ["DATABASE_URL", "REDIS_URL", "HITL_SECRET_KEY"]), flush=True)
                {then or "sys.stdin.readline()"}
        except CannotStart as problem:
            sys.exit(str(problem))
        """
        kept = {name: value for name, value in os.environ.items() if name not in SET_BY_THE_COMMAND}
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={**kept, "HITL_DATA_DIR": str(data), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> list[str]:
        """Wait until it is inside; the addresses and the key it was given."""
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return line.split()

    def servers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate("\n", timeout=60)
        return self.process.returncode, errors


@pytest.fixture
def commands() -> Iterator[list[Command]]:
    started: list[Command] = []
    yield started
    for command in started:
        command.process.kill()
        with command.process:  # closes its pipes
            pass


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_second_command_joins_the_servers_of_the_first(data: Path, commands: list[Command]) -> None:
    first = Command(data, serving=True)
    commands.append(first)
    given = first.ready()
    second = Command(data, serving=False)
    commands.append(second)
    assert second.ready() == given
    assert not second.servers()
    assert second.end() == (0, "")
    assert first.end() == (0, "")


def test_a_second_command_waits_until_the_service_has_prepared_its_database(
    data: Path, commands: list[Command]
) -> None:
    service = Command(
        data, serving=True, first="", then=f"sys.stdin.readline(); {_PREPARED}; sys.stdin.read()"
    )
    commands.append(service)
    given = service.ready()
    second = Command(data, serving=False)
    commands.append(second)
    assert second.process.stderr.readline() == "Waiting until `the command` has prepared the database.\n"
    service.process.stdin.write("\n")
    service.process.stdin.flush()
    assert second.ready() == given
    assert second.end() == (0, "")
    assert service.end() == (0, "")


def test_the_owner_of_a_short_command_lets_those_who_joined_finish(
    data: Path, commands: list[Command]
) -> None:
    owner = Command(data, serving=False)
    commands.append(owner)
    owner.ready()
    servers = owner.servers()
    guest = Command(data, serving=False)
    commands.append(guest)
    guest.ready()
    owner.process.stdin.write("\n")
    owner.process.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        owner.process.wait(0.5)
    assert all(map(is_alive, servers))
    assert guest.end() == (0, "")
    assert owner.end() == (0, "")
    assert not any(map(is_alive, servers))


def test_a_second_service_on_the_same_data_says_which_process_runs_and_leaves_it_alone(
    data: Path, commands: list[Command]
) -> None:
    first = Command(data, serving=True)
    commands.append(first)
    first.ready()
    second = Command(data, serving=True)
    commands.append(second)
    code, errors = second.end()
    assert code == 1
    assert f"`the command` is already running (process {first.process.pid}). Stop it first" in errors
    assert first.end() == (0, "")


def test_two_first_commands_at_once_share_one_server(data: Path, commands: list[Command]) -> None:
    for _ in range(3):
        commands.append(Command(data, serving=False))
    given = [command.ready() for command in commands]
    assert given[0] == given[1] == given[2]
    for command in commands:
        command.process.stdin.close()
    assert [command.process.wait(60) for command in commands] == [0, 0, 0]


def test_a_killed_command_leaves_no_process_and_the_next_one_starts(
    data: Path, commands: list[Command]
) -> None:
    first = Command(data, serving=True)
    commands.append(first)
    key = first.ready()[2]
    servers = first.servers()
    assert {"postgres", "valkey-server"} <= {server.name() for server in servers}
    first.process.kill()
    first.process.wait()
    assert wait_until(lambda: not any(map(is_alive, servers)), seconds=20)
    second = Command(data, serving=True)
    commands.append(second)
    assert second.ready()[2] == key
    assert second.end() == (0, "")


def test_servers_that_outlived_their_command_are_ended_by_the_next(
    data: Path, commands: list[Command]
) -> None:
    # Where the kernel ties no life to another's (macOS), this is what cleans up: here the tie is cut by hand.
    code = "import ctypes; ctypes.CDLL(None).prctl(1, 0); import time; time.sleep(120)"
    mark = {**os.environ, "HITL_RUNTIME_OWNER": str(data.resolve())}
    outlived = subprocess.Popen([sys.executable, "-c", code], env=mark)
    try:
        command = Command(data, serving=False)
        commands.append(command)
        command.ready()
        assert outlived.wait(10) == -signal.SIGTERM
        assert command.end() == (0, "")
    finally:
        outlived.kill()
        outlived.wait()


def test_secrets_are_for_their_owner_alone(data: Path, commands: list[Command]) -> None:
    command = Command(data, serving=False)
    commands.append(command)
    command.ready()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("secret_key", "postgres.password", "valkey.password", "running.json"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    assert command.end() == (0, "")
    assert not (data / "running.json").exists()


def test_with_both_addresses_given_nothing_is_started_and_no_key_invented(
    data: Path, commands: list[Command]
) -> None:
    addresses = {
        "DATABASE_URL": "postgresql://db/hitl",
        "REDIS_URL": "redis://broker/0",
        "HITL_SECRET_KEY": "of-a-test-which-signs-nothing-kept",
    }
    command = Command(data, serving=False, **addresses)
    commands.append(command)
    assert command.ready() == list(addresses.values())
    assert not command.servers()
    assert command.end() == (0, "")
    assert not data.exists()


def test_an_error_inside_still_stops_the_servers(data: Path, commands: list[Command]) -> None:
    command = Command(data, serving=False, then="raise RuntimeError('on purpose')")
    commands.append(command)
    command.ready()
    _, errors = command.process.communicate(timeout=60)
    assert "on purpose" in errors
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(data) in " ".join(p.info["cmdline"] or [])]
