"""Have the packages of the lock file, then go on in the Python that has them. Standard library only.

`ensure` returns at once where the packages are importable (a container, an environment of your own). Else it
makes `.venv` beside `manage.py`, once, and starts `manage.py` again inside it. Several at the same time wait
for one; one that was interrupted is taken up again, since the stamp that says "done" is written last.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)


def ensure(argv: list[str]) -> None:
    """Return when the packages are importable; else set them up and start again with them.

    Exits with one clear sentence when they cannot be had.
    """
    if sys.version_info < OLDEST:
        sys.exit(
            "hitl needs Python %d.%d or newer; this is %s (%s)."
            % (*OLDEST, sys.version.split()[0], sys.executable)
        )
    if os.name != "posix":
        sys.exit("hitl runs on Linux and macOS. On Windows, use it inside WSL.")
    lock = ROOT / ("requirements-dev.txt" if argv[1:2] == ["test"] else "requirements.txt")
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    if is_stamped(lock) if inside else is_satisfied(lock, sys.path):
        return
    if not is_stamped(lock):
        from hitl.runtime.installers import CannotInstall, set_up

        try:
            set_up(lock)
        except CannotInstall as problem:
            sys.exit(str(problem))
        except KeyboardInterrupt:
            sys.exit("\nInterrupted. The next start takes it up again.")
    os.execv(python_of(VENV), [str(python_of(VENV)), *argv])


def python_of(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "bin" / "python"


def stamp_of(lock: Path) -> Path:
    """The file that says that `.venv` holds this lock file."""
    return VENV / f".{lock.name}.done"


def digest(lock: Path) -> str:
    """What a stamp holds: it changes with the lock file and with the Python version."""
    return hashlib.sha256(lock.read_bytes()).hexdigest() + " %d.%d" % sys.version_info[:2]


def is_stamped(lock: Path) -> bool:
    """Was `.venv` completed for exactly this lock file and Python?"""
    try:
        return stamp_of(lock).read_text() == digest(lock) and python_of(VENV).exists()
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
