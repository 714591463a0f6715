"""Start, look at and end processes. A zombie counts as dead: nobody may ever reap it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from hitl.runtime.logfiles import rotate
from hitl.runtime.privileges import OURSELVES, Identity

MARK = "HITL_RUNTIME_OWNER"
"""Environment variable of every process started here: the data directory it belongs to."""


def spawn(
    program: list[str],
    *,
    data: Path,
    log: Path,
    identity: Identity = OURSELVES,
    death_signal: int = signal.SIGTERM,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
    sockets: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own that ends when this process does, given some sockets.

    Call it from the main thread: the kernel ties the child to the thread that started it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    rotate(log)
    with log.open("ab") as output:
        return subprocess.Popen(
            identity.command(program, death_signal=death_signal),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd or "/",
            env={**os.environ, **(environment or {}), MARK: str(data)},
            process_group=0,
            pass_fds=sockets,
        )


def run_tied(
    command: list[str], *, environment: Mapping[str, str], cwd: Path | None = None, seconds: float = 10
) -> int:
    """Run another command of ours to its end and return its exit code.

    It gets our terminal and its Ctrl-C, and is told to end when we are, or when we are killed.
    """
    program = shutil.which(command[0]) or command[0]
    tied = OURSELVES.command([program, *command[1:]], death_signal=signal.SIGTERM)
    process = subprocess.Popen(tied, cwd=cwd, env=environment)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_alive(process: psutil.Process) -> bool:
    """Running, and neither a zombie nor another process with a recycled id."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def signal_group(group: int, number: int) -> None:
    """Signal a whole process group; it may be gone already."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Poll until the condition holds; say whether it did in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Has it ended? Then what is left of its group ends too (before its number can belong to others)."""
    if process.returncode is None and process.poll() is not None:
        signal_group(process.pid, signal.SIGKILL)
    return process.returncode is not None


def stop(process: subprocess.Popen[bytes], *, ask: int = signal.SIGTERM, seconds: float = 10) -> bool:
    """Ask the process to end, wait, then kill its group. True when it ended by itself."""
    if has_ended(process):
        return True
    process.send_signal(ask)
    if wait_until(lambda: has_ended(process), seconds=seconds):
        return True
    signal_group(process.pid, signal.SIGKILL)
    process.wait()
    return False


def leftovers(
    data: Path, daemons: Iterable[str] = ("postgres", "valkey-server", "redis-server", "nginx")
) -> list[psutil.Process]:
    """Processes of this data directory that outlived the command that started them.

    Only whoever holds the directory's lock may ask: then no rightful owner is alive. Our programs carry the
    mark in their environment; the daemons overwrite theirs with a title, but work inside the data directory.
    """
    found = []
    ancestors = {os.getpid(), *(p.pid for p in psutil.Process().parents())}
    for process in psutil.process_iter():
        if process.pid in ancestors:
            continue
        try:
            is_daemon = process.name() in daemons and data in Path(process.cwd()).parents
            if (is_daemon or process.environ().get(MARK) == str(data)) and is_alive(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or somebody else's
    return found


def end_leftovers(data: Path, *, seconds: float = 10) -> int:
    """End what a killed command left behind (databases cleanly, SIGINT); how many there were."""
    found = leftovers(data)
    for process in found:
        try:
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
        except psutil.NoSuchProcess:
            continue
    wait_until(lambda: not any(map(is_alive, found)), seconds=seconds)
    for process in found:
        try:
            if is_alive(process):
                process.kill()
        except psutil.NoSuchProcess:
            continue
    return len(found)
