"""Pytest plugin: a throw-away PostgreSQL and broker for the run, and databases copied from a migrated
template.

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
    from hitl.runtime.throwaway import start_throwaway

    os.environ.setdefault("HITL_SECRET_KEY", "of the tests")
    if not os.environ.get("DATABASE_URL"):
        folder = Path(tempfile.mkdtemp(prefix="hitl-test-"))
        atexit.register(
            shutil.rmtree, folder, ignore_errors=True
        )  # runs last, and even if pytest cannot start
        environment, servers = start_throwaway(folder)
        for server in servers:
            atexit.register(server.stop)
        os.environ.update(environment)
    return (yield)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy each process's test database from one template that was migrated once: 0.1 s, not 5."""
    from django.conf import settings
    from django.db import connections

    from tests.support.template_database import migrated_template

    name = migrated_template()
    settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = name
    connections["default"].settings_dict["TEST"]["TEMPLATE"] = name
