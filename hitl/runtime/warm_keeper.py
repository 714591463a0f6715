"""The process that a kept test server belongs to: `python -m hitl.runtime.warm_keeper FOLDER`.

It starts PostgreSQL from the migrated template, says where it listens, and ends when nobody has used it for a
while, or when it was told to and nobody uses it any more. Nothing of the server is used again afterwards: the
next keeper begins with a fresh copy, so a hard end breaks nothing. The kernel ends the server with it.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from hitl.runtime.errors import CannotStart
from hitl.runtime.locks import FileLock
from hitl.runtime.postgres import DATABASE, Postgres
from hitl.runtime.private_files import write_private
from hitl.runtime.processes import end_leftovers, has_ended, wait_until
from hitl.runtime.tables import template_name
from hitl.runtime.template import start_from_template
from hitl.runtime.warm import WARM, Home

TEMPLATES = WARM.parent
IDLE_SECONDS = 600.0
LOOK_SECONDS = 0.5
TRY_SECONDS = 2.0


def keep(home: Home, *, idle_seconds: float = IDLE_SECONDS) -> int:
    """Run the server until it is not needed any more; the exit code."""
    ours = FileLock(home.keeper)
    # Those who look whether we live hold it for a moment.
    if not wait_until(ours.acquire, seconds=TRY_SECONDS):
        return 0  # another keeper was quicker
    told_to_end = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        told_to_end.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _clear(home)
    _clear_others(home)
    try:
        server = start_from_template(home.path, data=TEMPLATES)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    try:
        _name_the_template(server)
        write_private(home.state, json.dumps({"pid": os.getpid(), "port": server.port}))
        return _wait(home, server, told_to_end, idle_seconds)
    finally:
        home.state.unlink(missing_ok=True)
        server.stop()
        _clear(home)


def _wait(home: Home, server: Postgres, told_to_end: threading.Event, idle_seconds: float) -> int:
    """Return when the server ended by itself, or, with the users' lock in hand, when it is not needed."""
    users, last_use = FileLock(home.users), time.time()
    while server.process is not None and not has_ended(server.process):
        if users.acquire():
            with suppress(FileNotFoundError):
                last_use = max(last_use, home.used.stat().st_mtime)
            if told_to_end.is_set() or time.time() - last_use > idle_seconds:
                return 0  # the lock is held until this process is gone: who comes now waits for that
            users.release()
        else:
            last_use = time.time()
        if told_to_end.is_set():
            time.sleep(LOOK_SECONDS / 5)
        else:
            told_to_end.wait(LOOK_SECONDS)
    print("PostgreSQL ended by itself; see postgres.log beside this file.", file=sys.stderr)
    return 1


def _name_the_template(server: Postgres) -> None:
    """The copied database is what test databases are copied from."""
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {DATABASE} RENAME TO {template_name()}")
    finally:
        connection.close()


def _clear(home: Home) -> None:
    """Remove the server's files; the locks stay."""
    home.state.unlink(missing_ok=True)
    end_leftovers(home.path)
    shutil.rmtree(home.path / "postgres", ignore_errors=True)
    home.path.joinpath("postgres.password").unlink(missing_ok=True)


def _clear_others(home: Home) -> None:
    """Remove the files of other servers whose keepers were killed: nobody else would."""
    for path in home.path.parent.glob("*/"):
        other, lock = Home(path), FileLock(Home(path).keeper)
        if path != home.path and path.joinpath("postgres").exists() and lock.acquire():
            _clear(other)
            lock.release()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS, help="end after so many seconds unused")
    arguments = parser.parse_args()
    return keep(Home(arguments.folder), idle_seconds=arguments.idle)


if __name__ == "__main__":
    sys.exit(main())
