"""Whoever ends a command while it is still being read is told nothing of its code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hitl.runtime.paths import MANAGE

INTERRUPTED = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
"""


@pytest.mark.parametrize(
    "name", ["hitl.runtime.bootstrap", "hitl.runtime.main", "hitl.runtime.services", "django.core.management"]
)
def test_ctrl_c_while_a_command_is_read_ends_it_without_a_traceback(name: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED.format(name=name))
    ended = subprocess.run(
        [sys.executable, str(MANAGE), "sql"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "HITL_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert ended.returncode == 130
    assert "Traceback" not in ended.stderr
