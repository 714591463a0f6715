"""What the service imports when it runs is in its lock file: what only tests bring is not in production."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from hitl.runtime.paths import ROOT

# What each process begins with: web, worker with its transport and result store, beat, commands.
BEGIN = """
import django
django.setup()
import hitl.wsgi, hitl.celery, hitl.urls
import kombu.transport.redis, celery.backends.redis, celery.worker.worker, celery.beat, celery.bin.worker
from django.core.management import get_commands, load_command_class
for name, app in get_commands().items():
    if str(app).startswith("hitl"):
        load_command_class(app, name)
from science.pipelines import train
from science.explain import explain
"""

BLOCK = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"not in requirements.txt: {{name}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def locked() -> set[str]:
    """Return the names of the distributions that production installs."""
    text = (ROOT / "requirements.txt").read_text()
    return {name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def only_for_tests() -> set[str]:
    """Return the modules that nothing in the lock file brings."""
    known = locked()
    return {
        module
        for module, distributions in packages_distributions().items()
        if not any(one.lower().replace("_", "-").replace(".", "-") in known for one in distributions)
    }


def test_every_process_begins_with_what_the_lock_file_installs() -> None:
    absent = only_for_tests()
    assert {"pytest", "playwright"} <= absent
    code = BLOCK.format(absent=sorted(absent)) + BEGIN
    environment = {
        "DJANGO_SETTINGS_MODULE": "hitl.settings",
        "DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "HITL_SECRET_KEY": "of a test, which signs nothing that is kept",
        "PYTHONPATH": str(ROOT),
        "PATH": str(Path(sys.executable).parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
