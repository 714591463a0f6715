"""The project's own environment, `.venv`: whether it, or another one, holds the packages of a lock file.

Standard library only.
"""

from __future__ import annotations

import hashlib
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"


def python_of(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "bin" / "python"


def stamp_of(lock: Path, venv: Path | None = None) -> Path:
    """The file that says that an environment (`.venv`, unless another is named) holds this lock file."""
    return (venv or VENV) / f".{lock.name}.done"


def digest(lock: Path) -> str:
    """What a stamp holds: it changes with the lock file and with the Python version."""
    return hashlib.sha256(lock.read_bytes()).hexdigest() + " %d.%d" % sys.version_info[:2]


def is_stamped(lock: Path, venv: Path | None = None) -> bool:
    """Was the environment completed for exactly this lock file and Python?"""
    try:
        return stamp_of(lock, venv).read_text() == digest(lock) and python_of(venv or VENV).exists()
    except OSError:
        return False


def requirements(lock: Path) -> dict[str, str]:
    """Name and version of each package that every platform needs (those with a marker are left out)."""
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)( *;)?", lock.read_text(), flags=re.MULTILINE
    )
    return {_normal(name): version for name, version, marker in pinned if not marker}


def is_satisfied(lock: Path, search: list[str]) -> bool:
    """Are all packages of the lock file on this search path, in the versions it names?"""
    present: dict[str, str] = {}
    for distribution in distributions(path=search):
        name = distribution.metadata["Name"]
        if name:
            present.setdefault(_normal(name), distribution.version)
    return all(present.get(name) == version for name, version in requirements(lock).items())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
