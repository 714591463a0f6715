"""Benchmarks are run by hand and rarely: what they need must be there all the same."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import bench
from hitl.bench import report
from hitl.bench.rows import is_time

PROGRAMS = {
    "_bare",
    "_peer_fastapi",
}  # run by themselves: with settings of their own, or by another interpreter
PEERS = {"fastapi", "label_studio", "lime", "mapie", "pydantic", "river", "shap", "uvicorn"}
RUN_BY_PEERS = {"_guarantee_peers_script", "_oracles_script", "_peer_fastapi"}
FILES = sorted([*Path(bench.__path__[0]).glob("*.py"), *Path(report.__file__).parent.glob("*.py")])
MODULES = sorted(path.stem for path in Path(bench.__path__[0]).glob("*.py") if path.stem not in PROGRAMS)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported(name: str) -> None:
    import_module(f"bench.{name}")


def test_every_module_that_is_no_helper_is_listed() -> None:
    assert set(report.names()) == {name for name in MODULES if not name.startswith("_")}


def imported(tree: ast.AST) -> Iterator[str]:
    """The package of every import, those inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_peers_are_imported_by_their_own_interpreter_alone(path: Path) -> None:
    found = PEERS & set(imported(ast.parse(path.read_text())))
    assert not found or path.stem in RUN_BY_PEERS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_row_of_a_time_is_given_a_bar_or_an_aim(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            said = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if any(isinstance(word, str) and is_time(word) for word in said):
                held = {word.arg for word in node.keywords} & {"bar", "aim"}
                assert not held, f"line {node.lineno}: a time has no bar; use `ratio`"
