"""Run a command again beside a database of its own, which is thrown away."""

import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from hitl.runtime.paths import MANAGE, data_directory
from hitl.runtime.processes import run_tied
from hitl.runtime.template import start_from_template

ON_STAGE = "HITL_SIMULATION"
"""Set in the process that has a database of its own."""


def is_on_stage() -> bool:
    """Tell whether this process has a database of its own."""
    return ON_STAGE in os.environ


def run_on_stage(*arguments: str, draws: str) -> int:
    """Run this command again, with these arguments more, on an empty database; return its exit code.

    Args:
        draws: what names the random draws: they come back where it does.
    """
    data = data_directory()
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryDirectory(prefix="hitl-simulation-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = start_from_template(folder, data=data)
        try:
            environment = {
                **os.environ,
                "DATABASE_URL": server.url,
                "REDIS_URL": "redis://127.0.0.1:1/0",  # no bell is rung
                "HITL_DATA_DIR": str(folder),
                "HITL_SECRET_KEY": f"of {draws}, nothing is kept".ljust(32),
                "HITL_LOG_LEVEL": "ERROR",
                ON_STAGE: "1",
            }
            return run_tied([sys.executable, str(MANAGE), *sys.argv[1:], *arguments], environment=environment)
        finally:
            server.stop()


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)  # unwinds, so that the server is stopped
