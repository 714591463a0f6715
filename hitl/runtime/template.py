"""Throw-away servers that are there at once: copied from a cluster that was made and migrated once.

The cluster lies in the data directory under a name that changes with the migrations and with the server's
version, so that an old one is never used. It is never run: only its copies are.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hitl.runtime.errors import CannotStart
from hitl.runtime.locks import held
from hitl.runtime.paths import ROOT
from hitl.runtime.postgres import FOR_TESTS, Postgres
from hitl.runtime.tables import digest

_PASSWORD = "postgres.password"  # noqa: S105 - the name of a file


def start_from_template(folder: Path, *, data: Path) -> Postgres:
    """Start a server in an empty folder, with the service's empty tables; its data nobody will miss.

    `data` is where the template is kept.

    Raises:
        CannotStart: there is no PostgreSQL here, or the tables could not be made.
    """
    templates = data / "template"
    name = digest()
    with held(data / "template.lock"):
        if not (templates / name).exists():
            shutil.rmtree(templates, ignore_errors=True)
            _make(templates / name)
        _copy(templates / name, folder)
    return Postgres(folder, settings=FOR_TESTS).start()


def _make(template: Path) -> None:
    """Make and migrate a cluster; it gets its name when it is whole."""
    unfinished = template.with_suffix(".unfinished")
    unfinished.mkdir(mode=0o700, parents=True)
    server = Postgres(unfinished, settings=FOR_TESTS).start()
    try:
        environment = {
            **os.environ,
            "DATABASE_URL": server.url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "HITL_SECRET_KEY": "of a template, where nothing is ever signed",
            "DJANGO_SETTINGS_MODULE": "hitl.settings",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    finally:
        server.stop()
    if result.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise CannotStart(f"The tables of a throw-away database could not be made:\n{result.stderr.strip()}")
    unfinished.rename(template)


def _copy(template: Path, folder: Path) -> None:
    shutil.copytree(template / "postgres", folder / "postgres")
    shutil.copy2(template / _PASSWORD, folder / _PASSWORD)
    if os.geteuid() == 0:  # a copy belongs to who copies
        owner = (template / "postgres").stat()
        for path in [folder / "postgres", *(folder / "postgres").rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
