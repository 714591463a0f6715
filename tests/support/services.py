"""Pytest plugin: a throw-away PostgreSQL and broker for the run, and which tests are too long for every run.

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know `--long`, as `manage.py test --long` passes it on."""
    parser.addoption("--long", action="store_true", help="also run the tests marked `long`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests marked `long` out, unless they are asked for; the end of the run counts them."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
