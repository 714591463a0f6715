"""Where things are on this machine."""

import os
from pathlib import Path

from hitl.runtime.errors import CannotStart

ROOT = Path(__file__).resolve().parent.parent.parent
MANAGE = ROOT / "manage.py"


def data_directory() -> Path:
    """Where the local mode keeps things: HITL_DATA_DIR, else `.run` beside `manage.py`; made if missing."""
    path = Path(os.environ.get("HITL_DATA_DIR") or ROOT / ".run").expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = path.resolve()
        if os.access(path, os.W_OK | os.X_OK) and path.stat().st_uid == os.geteuid():
            return path
        reason = "it belongs to another user" if path.stat().st_uid != os.geteuid() else "it is not writable"
    except OSError as problem:
        reason = problem.strerror or str(problem)
    raise CannotStart(
        f"Cannot keep data in {path}: {reason}. Set HITL_DATA_DIR to a folder of yours, or run as its owner."
    )
