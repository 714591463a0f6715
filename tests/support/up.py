"""`manage.py up` or `demo` as a person runs it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from hitl.runtime.paths import MANAGE

GIVEN_BY_THE_RUN = ("DATABASE_URL", "REDIS_URL", "HITL_SECRET_KEY")


class Up:
    """One `manage.py up`, or `demo`, on a data directory, its output read line by line."""

    def __init__(self, data: Path, *words: str, command: str = "up") -> None:
        environment = {name: value for name, value in os.environ.items() if name not in GIVEN_BY_THE_RUN}
        self.data = data
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(MANAGE), command, *words],
            env={**environment, "HITL_DATA_DIR": str(data)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, pattern: str) -> str:
        """Read until a line matches; its first group."""
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found[1]
        pytest.fail(f"`up` ended without {pattern!r}:\n{''.join(self.lines)}")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> str:
        """Wait for its end; the rest of what it said."""
        rest, _ = self.process.communicate(timeout=60)
        return rest


@contextmanager
def running_up(data: Path) -> Iterator[Up]:
    """`manage.py up` on this data directory for as long as the block runs."""
    running = Up(data)
    with running.process:
        try:
            yield running
        finally:
            running.process.kill()
