"""`up` and `demo` are ended while they start, prepare and serve: nothing lives on, and no code is shown."""

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from hitl.runtime.processes import leftovers, wait_until
from tests.support.up import Up

pytestmark = pytest.mark.long  # each of them starts a whole service


def has(name: str) -> Callable[[Up], None]:
    """Wait until a process runs whose command line holds a word."""

    def is_there(running: Up) -> bool:
        assert running.process.poll() is None, "it ended before it could be ended"
        return any(name in " ".join(words_of(process)) for process in running.family())

    return lambda running: _true(wait_until(lambda: is_there(running), seconds=300, every=0.05))


def said(pattern: str) -> Callable[[Up], None]:
    """Wait until it has said something."""
    return lambda running: _true(running.wait_for(f"({pattern})"))


def _true(value: object) -> None:
    assert value


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


PHASES = {
    "its broker starts": has("valkey-server"),
    "its database starts": has("postgres"),
    "its tables are made": said("^Preparing"),
    "its web processes are read": has("granian"),
    "it is ready": said("^Ready at"),
    "its workers are read": has("celery"),
    "its clock is read": has("beat"),
}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("command", ["up", "demo"])
def test_whenever_it_is_ended_it_leaves_nothing(
    tmp_path: Path, command: str, phase: str, how: signal.Signals
) -> None:
    running = Up(tmp_path / "data", command=command)
    with running.process:
        try:
            PHASES[phase](running)
            running.process.send_signal(how)
            rest = running.end()
        finally:
            running.process.kill()
    assert wait_until(lambda: not leftovers(running.data), seconds=30, every=0.1), leftovers(running.data)
    if how is not signal.SIGKILL:
        assert running.process.returncode in (0, 128 + how)
        assert "Traceback" not in "".join(running.lines) + rest
        assert not (running.data / "running.json").exists()
        assert not (running.data / "postgres" / "postmaster.pid").exists()
