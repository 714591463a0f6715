"""What the tables of an empty database depend on: when it changes, a migrated template is made anew."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hitl.runtime.paths import ROOT
from hitl.runtime.postgres import find_binaries

BESIDE_MIGRATIONS = ("hitl/settings.py", "requirements.txt")
"""Which apps there are, and whose tables the packages bring."""

_IMPORTED = re.compile(r"^(?:import|from) ([\w.]+)", re.MULTILINE)


@cache
def digest() -> str:
    """A short name of the server's version and of everything that the migrations are made of."""
    version = subprocess.run([find_binaries() / "postgres", "--version"], capture_output=True, check=True)
    return digest_of(ROOT, version.stdout)


def template_name() -> str:
    """Name of the migrated database inside a server of the tests, which theirs are copied from."""
    return f"hitl_template_{digest()}"


def digest_of(root: Path, server: bytes) -> str:
    """The name for the tree below `root`."""
    state = hashlib.sha256(server)
    for path in sorted(_files(root)):
        state.update(f"\0{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return state.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    """The migrations, the modules of ours that they import, and what stands beside them."""
    migrations = [*root.glob("*/migrations/*.py"), *root.glob("hitl/*/migrations/*.py")]
    yield from migrations
    yield from (path for name in BESIDE_MIGRATIONS if (path := root / name).exists())
    imported = {name for path in migrations for name in _IMPORTED.findall(path.read_text())}
    for name in imported:
        module = root.joinpath(*name.split("."))
        yield from (path for path in (module.with_suffix(".py"), module / "__init__.py") if path.exists())
