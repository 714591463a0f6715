"""Statements of our own in `.sql` files, beside the modules that run them (ADR 0056).

    -- name: waiting_for
    -- takes: reviewer int, now timestamptz
    -- Why it is written as it is.
    SELECT ... WHERE t.leased_to_id = %(reviewer)s AND {lets_in}

    -- fragment: lets_in
    ...

`takes` names each parameter and its type, on as many lines as it needs. `{lets_in}` stands for the fragment
of that name, in the same file or given by the module. `python3 manage.py sql waiting_for` prints a statement
as psql takes it. A test lets PostgreSQL plan every one of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from hitl.shared.prepared import Prepared

_BLOCK = re.compile(r"^-- (name|fragment): (\w+)\n", re.MULTILINE)
_TAKES = re.compile(r"^-- takes: (.+)\n", re.MULTILINE)
_COMMENTS = re.compile(r"\A(?:--.*\n)+")
_FRAGMENT = re.compile(r"\{(\w+)\}")
_known: dict[str, "Statement"] = {}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        name: unique in the service.
        text: with parameters as `%(name)s`.
        types: parameter -> its type in PostgreSQL.
        path: the file it stands in.
    """

    name: str
    text: str
    types: Mapping[str, str]
    path: Path

    def prepared(self) -> Prepared:
        """Return it so that each connection plans it once."""
        return Prepared(f"hitl_{self.name}", self.text, self.types)

    def for_psql(self) -> str:
        """Return it as PREPARE, and an EXECUTE to fill in, as psql takes them."""
        given = ", ".join(f"NULL /* {name} {kind} */" for name, kind in self.types.items())
        call = f" ({given})" if given else ""
        return f"{self.prepared().preparing};\n\nEXPLAIN EXECUTE hitl_{self.name}{call};\n"


def statements_beside(module: str, **fragments: str) -> dict[str, Statement]:
    """Read the `.sql` file beside a module, given by its `__file__`; each is read once, as it is imported.

    Raises:
        ValueError: a name stands twice, or a statement and its `takes` name different parameters.
        KeyError: a fragment is missing.
    """
    path = Path(module).with_suffix(".sql")
    _, *parts = _BLOCK.split(path.read_text())
    blocks = list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
    fragments = fragments | {name: _body(text) for kind, name, text in blocks if kind == "fragment"}
    found = {
        name: Statement(name, _filled(_body(text), fragments), _types(text), path)
        for kind, name, text in blocks
        if kind == "name"
    }
    for name, statement in found.items():
        if name in _known and _known[name].path != path:
            raise ValueError(f"{path} and {_known[name].path} both have a statement {name!r}.")
        wanted = set(re.findall(r"%\((\w+)\)s", statement.text))
        if wanted != set(statement.types):
            raise ValueError(f"{path}: {name!r} takes {sorted(statement.types)}, and uses {sorted(wanted)}.")
    _known.update(found)
    return found


def all_statements(root: Path) -> Mapping[str, Statement]:
    """Return every statement below `root`, by its name, importing the modules that read them."""
    for path in sorted(path for app in root.glob("*/apps.py") for path in app.parent.rglob("*.sql")):
        import_module(".".join(path.relative_to(root).with_suffix("").parts))
    return dict(_known)


def _body(block: str) -> str:
    return _COMMENTS.sub("", block).strip()


def _types(block: str) -> dict[str, str]:
    taken = ", ".join(_TAKES.findall(block))
    return dict(re.findall(r"(\w+) ([^,]+)", taken))


def _filled(text: str, fragments: Mapping[str, str]) -> str:
    while _FRAGMENT.search(text):
        text = _FRAGMENT.sub(lambda found: fragments[found[1]], text)
    return text
