"""The story of the younger callers, told by the whole service: an alarm, a new model, and the way back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.ports import free_port

MINUTES = 30
SERVERS = ("DATABASE_URL", "REDIS_URL", "HITL_OWNER_DATABASE_URL", "HITL_SECRET_KEY")


@pytest.mark.long
def test_the_world_changes_and_the_service_finds_its_way_back(tmp_path: Path) -> None:
    """Its database, broker and processes are its own, as for whoever starts it."""
    environment = {name: value for name, value in os.environ.items() if name not in SERVERS}
    environment["HITL_DATA_DIR"] = str(tmp_path / "drift")
    command = [sys.executable, str(MANAGE), "demo", "--drift", "younger-calls", "--check"]
    command += ["--speed", "1000000", "--port", str(free_port())]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60 * MINUTES
    )
    assert told.returncode == 0, told.stdout + told.stderr
    before, _, after = told.stdout.partition("callers are younger")
    assert "ALARM" not in before
    for expected in ("ALARM, recording: pitch", "was trained (by ", "is the champion"):
        assert expected in after, told.stdout
