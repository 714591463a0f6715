"""What a web process holds in memory: several of them run on each machine."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("sklearn", "scipy.stats", "scipy.optimize", "pandas", "pyarrow", "joblib")  # 36 MB and more each


def test_a_web_process_scores_and_shows_pages_without_the_packages_of_training() -> None:
    script = (
        "import sys\n"
        "import hitl.wsgi\n"
        "import hitl.urls, hitl.flow.doors.api.urls, models_store.serving\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "HITL_SECRET_KEY": "of a test, which signs nothing that is kept",
    }
    command = [sys.executable, "-W", "ignore", "-c", script]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []
