"""What is wrong with a field is one type, `hitl.shared.errors.Problem`, said as one sentence (ADR 0062)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hitl.runtime.paths import ROOT
from hitl.shared.errors import Problem

APPS = ("cases", "models_store", "policy", "reviews", "monitoring", "hitl")
PARTS = set(Problem.__annotations__)


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "fix" in (text := path.read_text()):
                yield from ((path.relative_to(ROOT), node) for node in ast.walk(ast.parse(text)))


def test_nobody_makes_one_by_hand() -> None:
    by_hand = [
        f"{path}:{node.lineno}"
        for path, node in nodes()
        if isinstance(node, ast.Dict)
        and {key.value for key in node.keys if isinstance(key, ast.Constant)} == PARTS
    ]
    assert by_hand == [], "Use hitl.shared.errors.Problem."


def test_what_is_wrong_goes_on_after_the_name_of_the_field() -> None:
    """“reason is missing. Say why.”: no capital in front, no full stop behind."""
    bad = []
    for path, node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
            error = next(each.value for each in node.keywords if each.arg == "error")
            parts = error.values if isinstance(error, ast.JoinedStr) else [error]
            first, last = parts[0], parts[-1]
            starts = str(first.value) if isinstance(first, ast.Constant) else ""
            ends = str(last.value) if isinstance(last, ast.Constant) else ""
            if starts[:1].isupper() or ends.endswith("."):
                bad.append(f"{path}:{node.lineno}")
    assert bad == []
