"""A migrated database to copy test databases from: made by the first process that asks, the others wait."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from hitl.runtime.paths import ROOT
from hitl.runtime.tables import template_name

LOCK = 0x6869746C  # an advisory lock's number: any, but always this one


def migrated_template() -> str:
    """Name of the template; it changes with the migrations and models, so that an old one is never used."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = template_name()
    connection = psycopg2.connect(urlunsplit(url._replace(path="/postgres")))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                unfinished = f"{name}_unfinished"
                cursor.execute(f"DROP DATABASE IF EXISTS {unfinished}")
                cursor.execute(f"CREATE DATABASE {unfinished}")
                _migrate(urlunsplit(url._replace(path=f"/{unfinished}")))
                cursor.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
    finally:
        connection.close()
    return name


def _migrate(url: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "hitl.settings",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise RuntimeError(f"The migrations fail:\n{result.stderr}")
