"""Keeping programs up, and bringing them down."""

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hitl.runtime.processes import MARK, is_alive, leftovers, wait_until
from hitl.runtime.supervisor import Program, Supervisor, _Patience

SLEEPER = "import time; time.sleep(120)"
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the child inherits this
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
print("armed", flush=True)
time.sleep(120)
"""


@pytest.fixture
def supervisors() -> Iterator[list[Supervisor]]:
    made: list[Supervisor] = []
    yield made
    for supervisor in made:
        for program in supervisor.programs:
            if program.process:
                program.process.kill()
                program.process.wait()


def program(data: Path, code: str, *, name: str = "p", stop_seconds: float = 5.0) -> Program:
    return Program(name, [sys.executable, "-c", code], data, data, stop_seconds=stop_seconds)


def test_a_program_that_ends_is_started_again_after_a_pause(
    tmp_path: Path, supervisors: list[Supervisor]
) -> None:
    said: list[str] = []
    child = program(tmp_path, SLEEPER)
    supervisor = Supervisor([child], say=said.append)
    supervisors.append(supervisor)
    supervisor.start()
    first = child.process
    first.kill()
    assert wait_until(lambda: supervisor.look() or child.process is not first, seconds=20)
    assert child.process.poll() is None
    assert said == [f"p ended (SIGKILL); starting it again in 0.5 s. Log: {child.log}"]


def test_pauses_double_up_to_half_a_minute_and_a_steady_run_forgives() -> None:
    patience = _Patience(started=0.0)
    assert [patience.after_end(1.0) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert patience.after_end(100.0) == 0.0


def test_a_program_that_cannot_start_does_not_end_the_others(
    tmp_path: Path, supervisors: list[Supervisor]
) -> None:
    said: list[str] = []
    missing = Program("missing", [sys.executable, "-c", ""], tmp_path, tmp_path / "no such folder")
    good = program(tmp_path, SLEEPER, name="good")
    supervisor = Supervisor([missing, good], say=said.append)
    supervisors.append(supervisor)
    supervisor.start()
    assert good.process.poll() is None
    assert said[0].startswith("missing cannot start")


def test_what_ignores_the_polite_signal_is_killed_with_its_children(
    tmp_path: Path, supervisors: list[Supervisor]
) -> None:
    said: list[str] = []
    child = program(tmp_path, STUBBORN, stop_seconds=0.3)
    supervisor = Supervisor([child], say=said.append)
    supervisors.append(supervisor)
    supervisor.start()
    assert wait_until(lambda: child.log.exists() and "armed" in child.log.read_text(), seconds=20)
    family = [psutil.Process(child.process.pid), *psutil.Process(child.process.pid).children()]
    assert len(family) == 2
    supervisor.stop()
    assert wait_until(lambda: not any(map(is_alive, family)), seconds=10)
    assert said == ["p did not stop in time and was killed."]


def test_a_crash_takes_the_rest_of_its_process_group_along(
    tmp_path: Path, supervisors: list[Supervisor]
) -> None:
    child = program(tmp_path, STUBBORN)
    supervisor = Supervisor([child], say=lambda line: None)
    supervisors.append(supervisor)
    supervisor.start()
    assert wait_until(lambda: child.log.exists() and "armed" in child.log.read_text(), seconds=20)
    orphan = psutil.Process(child.process.pid).children()[0]
    child.process.kill()
    assert wait_until(lambda: supervisor.look() or not is_alive(orphan), seconds=10)


def test_the_first_exit_code_asked_for_counts(tmp_path: Path, supervisors: list[Supervisor]) -> None:
    child = program(tmp_path, SLEEPER)
    supervisor = Supervisor([child], say=lambda line: None)
    supervisors.append(supervisor)
    supervisor.start()
    for code in (3, 0):
        threading.Thread(target=supervisor.request_stop, args=(code,)).start()
        assert wait_until(lambda: supervisor.exit_code is not None, seconds=10)
    assert supervisor.run() == 3
    assert child.process.returncode == -signal.SIGTERM


def test_a_second_request_skips_the_waiting_but_an_echo_of_the_first_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("hitl.runtime.supervisor.time.monotonic", lambda: now[0])
    supervisor = Supervisor([])
    supervisor.request_stop()
    supervisor.request_stop()
    assert not supervisor.hurry
    now[0] += 1
    supervisor.request_stop()
    assert supervisor.hurry


def test_leftovers_are_found_by_the_data_directory_they_belong_to(
    tmp_path: Path, supervisors: list[Supervisor]
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    children = [program(folder, SLEEPER, name=folder.name) for folder in (ours, theirs)]
    for folder in (ours, theirs):
        folder.mkdir()
    supervisor = Supervisor(children, say=lambda line: None)
    supervisors.append(supervisor)
    supervisor.start()
    assert wait_until(lambda: [p.pid for p in leftovers(ours)] == [children[0].process.pid], seconds=10)
    assert psutil.Process(children[1].process.pid).environ()[MARK] == str(theirs)
