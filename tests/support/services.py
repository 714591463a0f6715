"""Pytest plugin: a throw-away PostgreSQL and broker for the run.

`manage.py test` hands its own servers over by the environment; a bare `pytest` starts some here.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Before pytest-django reads the settings: have the environment they need."""
    os.environ.setdefault("HITL_SECRET_KEY", "of the tests, which sign nothing that is kept")
    if not os.environ.get("DATABASE_URL"):
        from hitl.runtime.throwaway import start_throwaway

        folder = Path(tempfile.mkdtemp(prefix="hitl-test-"))
        atexit.register(
            shutil.rmtree, folder, ignore_errors=True
        )  # runs last, and even if pytest cannot start
        environment, servers = start_throwaway(folder)
        for server in servers:
            atexit.register(server.stop)
        os.environ.update(environment)
    return (yield)
