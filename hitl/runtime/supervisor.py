"""Keep programs running until told to stop; then stop them all, politely first."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol

from hitl.runtime.orphans import Orphans
from hitl.runtime.processes import has_ended, signal_group, spawn, wait_until

POLL_SECONDS = 0.05
STEADY_SECONDS = 60.0
"""Who ran this long before ending is started again at once."""
LONGEST_PAUSE_SECONDS = 30.0
ECHO_SECONDS = 0.5


class Managed(Protocol):
    """A program that can be started again: ours, or an embedded server."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def stop_signal(self) -> int: ...
    @property
    def stop_seconds(self) -> float: ...
    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process and return it."""
        ...


@dataclass
class Program:
    """A command line to keep running, with its log, and how it is asked to stop."""

    name: str
    command: list[str]
    data: Path
    cwd: Path
    environment: dict[str, str] = field(default_factory=dict)
    sockets: Sequence[int] = ()  # of ours, which it may use under the same numbers
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGKILL  # nobody is left to escalate when the parent is gone
    stop_seconds: float = 8.0
    process: subprocess.Popen[bytes] | None = None
    port: int | None = None  # where it listens, if it does
    may_be_cut_off: bool = False  # what it was doing is taken up again: nobody needs to be told
    orphans: Orphans | None = None  # where its children can go on without it

    @property
    def log(self) -> Path:
        return self.data / "log" / f"{self.name}.log"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process and return it."""
        self.process = spawn(
            self.command,
            data=self.data,
            log=self.log,
            cwd=self.cwd,
            death_signal=self.death_signal,
            environment=self.environment,
            sockets=self.sockets,
        )
        return self.process


@dataclass
class _Patience:
    """When a program that ended may start again: 0.5 s, 1, 2 ... 30; forgiven after a steady minute."""

    started: float = 0.0
    failures: int = 0
    due: float | None = None

    def after_end(self, now: float) -> float:
        self.failures = 0 if now - self.started > STEADY_SECONDS else self.failures + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** min(self.failures - 1, 10)) if self.failures else 0.0
        self.due = now + pause
        return pause


class Supervisor:
    """Starts `programs`, restarts them and the `servers` that others started, stops `programs` at the end.

    Use it from the main thread: children end with the thread that started them.
    """

    def __init__(
        self,
        programs: Sequence[Managed],
        *,
        servers: Sequence[Managed] = (),
        say: Callable[[str], None] = print,
    ) -> None:
        self.programs = list(programs)
        self.servers = list(servers)
        self.say = say
        self.exit_code: int | None = None
        self.hurry = False
        self._asked = 0.0
        self._patience = {
            child.name: _Patience(started=time.monotonic()) for child in [*self.servers, *self.programs]
        }

    def request_stop(self, exit_code: int = 0) -> None:
        """End `run` soon, from any thread; the first exit code counts.

        A second request means "at once", unless it is the echo of the first (`timeout` signals twice).
        """
        now = time.monotonic()
        if self.exit_code is None:
            self.exit_code, self._asked = exit_code, now
        elif now - self._asked > ECHO_SECONDS:
            self.hurry = True

    def failures_of(self, program: Managed) -> int:
        """How often in a row it ended soon after its start."""
        return self._patience[program.name].failures

    def handle_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal stop everything."""

        def stop(number: int, frame: FrameType | None) -> None:
            self.request_stop(0)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)

    def start(self) -> None:
        """Start every program."""
        for program in self.programs:
            self._start(program)

    def add(self, program: Managed) -> None:
        """Start one more program and keep it running as well."""
        self.programs.append(program)
        self._patience[program.name] = _Patience()
        self._start(program)

    def run(self) -> int:
        """Watch until a stop is requested; stop the programs; the exit code that was asked for."""
        try:
            while self.exit_code is None:
                self.look()
                time.sleep(POLL_SECONDS)
        finally:
            self.stop()
        return self.exit_code or 0

    def look(self) -> None:
        """Notice who ended, and start again whose pause is over."""
        for child in [*self.servers, *self.programs]:
            patience, now = self._patience[child.name], time.monotonic()
            orphans: Orphans | None = getattr(child, "orphans", None)
            if patience.due is not None:
                if now >= patience.due:
                    self._start(child)
            elif child.process is not None and _has_ended(child.process, orphans):
                pause = patience.after_end(now)
                again = f"in {pause:g} s" if pause else "now"
                how = _how(child.process.returncode)
                self.say(f"{child.name} ended ({how}); starting it again {again}. Log: {child.log}")
            elif orphans and child.process is not None:
                orphans.relieve(child.process)

    def stop(self) -> None:
        """Ask all programs at once, wait for each, kill what does not listen."""
        alive = [(p, p.process) for p in self.programs if p.process and not has_ended(p.process)]
        for program, process in alive:
            process.send_signal(program.stop_signal)
        asked = time.monotonic()
        for program, process in alive:
            left = program.stop_seconds - (time.monotonic() - asked)
            wait_until(partial(self._is_over, process), seconds=left)
            if not has_ended(process):
                if not getattr(program, "may_be_cut_off", False):
                    self.say(f"{program.name} did not stop in time and was killed.")
                signal_group(process.pid, signal.SIGKILL)
                process.wait()
        for program in self.programs:
            if orphans := getattr(program, "orphans", None):
                orphans.end()

    def _is_over(self, process: subprocess.Popen[bytes]) -> bool:
        return has_ended(process) or self.hurry

    def _start(self, child: Managed) -> None:
        patience = self._patience[child.name]
        patience.started, patience.due = time.monotonic(), None
        try:
            child.spawn()
        except OSError as problem:
            pause = patience.after_end(time.monotonic())
            self.say(f"{child.name} cannot start ({problem}); trying again in {pause:g} s.")


def _has_ended(process: subprocess.Popen[bytes], orphans: Orphans | None) -> bool:
    """Tell whether it has ended; its children end with it, unless they can go on."""
    if orphans is None:
        return has_ended(process)
    if process.poll() is None:
        return False
    orphans.adopt(process)
    return True


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit {returncode}"
