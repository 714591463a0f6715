"""Benchmarks are run by hand and rarely: what they need must be there all the same."""

from importlib import import_module
from pathlib import Path

import pytest

import bench
from hitl.bench import report

PROGRAMS = {"_bare"}  # run by themselves, with settings of their own
MODULES = sorted(path.stem for path in Path(bench.__path__[0]).glob("*.py") if path.stem not in PROGRAMS)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported(name: str) -> None:
    import_module(f"bench.{name}")


def test_every_module_that_is_no_helper_is_listed() -> None:
    assert set(report.names()) == {name for name in MODULES if not name.startswith("_")}
