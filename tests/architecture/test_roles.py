"""Groups of roles are written out once, beside the roles."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from hitl.accounts.types import REVIEWING, SUPERVISING, WATCHING, Role

GROUPS = {frozenset(group) for group in (REVIEWING, SUPERVISING, WATCHING)}
APPS = ("cases", "models_store", "policy", "reviews", "monitoring", "hitl")
GIVES_ROLES = ("hitl/accounts/types.py", "hitl/demo/", "hitl/simulate/")  # the groups, and people made up


def _roles(node: ast.AST) -> Iterator[frozenset[str]]:
    """Yield the roles that are written out next to each other anywhere in a file."""
    for inner in ast.walk(node):
        parts = inner.args if isinstance(inner, ast.Call) else getattr(inner, "elts", [])
        names = [part.attr for part in parts if isinstance(part, ast.Attribute) and _is_role(part.value)]
        if len(names) > 1:
            yield frozenset(Role[name].value for name in names)


def _is_role(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "Role"


def test_no_group_of_roles_is_written_out_where_it_has_a_name():
    root = Path(settings.BASE_DIR)
    sources = {path: path.read_text() for app in APPS for path in (root / app).rglob("*.py")}
    found = {
        str(path.relative_to(root))
        for path, text in sources.items()
        if "Role." in text and any(roles in GROUPS for roles in _roles(ast.parse(text)))
    }
    assert {path for path in found if not path.startswith(GIVES_ROLES)} == set()
    assert "hitl/accounts/types.py" in found  # so the search does find them
