"""Install what benchmarks compare with, in environments of their own: `python3 manage.py bench --peers`.

Peers are no dependencies: they are measured, never imported. Each group has a lock file with hashes in
`bench/`, and an interpreter below `.run/peers` that runs the scripts `bench/_peer_*.py`. A script is sent a
question a line and answers it with a line, both of them JSON (`bench/_peer_answers.py`).
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from hitl.runtime.environment import is_stamped, python_of
from hitl.runtime.installers import BASE_PYTHON
from hitl.runtime.paths import ROOT

FOLDER = ROOT / ".run" / "peers"


class Group(StrEnum):
    """Who shares an environment, named as their lock file is. The groups want versions that conflict."""

    GENERAL = "peers"
    EVIDENCE = "peers-evidence"
    DRIFT = "peers-drift"
    ALIBI = "peers-alibi"
    LABEL_STUDIO = "peers-label-studio"
    S3 = "peers-s3"
    MLSERVER = "peers-mlserver"
    MLFLOW = "peers-mlflow"

    @property
    def lock(self) -> Path:
        """The file of versions and hashes."""
        return ROOT / "bench" / f"{self.value}.txt"

    @property
    def environment(self) -> Path:
        """The folder of the virtual environment."""
        return FOLDER / self.value


def install() -> list[str]:
    """Install every group; return the names of those that could not be, each said on stderr.

    The interpreter that made `.venv` does it, by the same ways: `.venv` itself has neither pip nor uv.
    """
    failed = []
    for group in Group:
        command = [BASE_PYTHON, "-m", "hitl.runtime.installers", str(group.lock), str(group.environment)]
        if subprocess.run(command, cwd=ROOT).returncode != 0:
            failed.append(group.value)
    return failed


def interpreter(group: Group) -> Path | None:
    """Return the Python that has these peers as the lock file names them; None where they are absent."""
    return python_of(group.environment) if is_stamped(group.lock, group.environment) else None


class Peer:
    """A script in a peer's interpreter, with `science` on its path but nothing else of ours imported."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **question: Any) -> Any:
        """Send a question, return the answer.

        Raises:
            RuntimeError: the script ended instead of answering; it said why on stderr.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the peer has no pipes")
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"the peer ended with {self._process.wait()}; see above")
        return json.loads(line)


@contextmanager
def peer(group: Group, script: str) -> Iterator[Peer | None]:
    """Run `bench/{script}.py` in the peers' interpreter until the block ends; None where they are absent."""
    python = interpreter(group)
    if python is None:
        yield None
        return
    environment = {**clean_environment(), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [str(python), "-W", "ignore", "-m", f"bench.{script}"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Peer(process)
    finally:
        if process.stdin:
            process.stdin.close()  # it ends when there is nothing more to read
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what would lead a peer to our packages."""
    ours = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in ours}
