"""Have the packages of the lock file, then go on in the Python that has them. Standard library only.

`ensure` returns at once where the packages are importable (a container, an environment of your own). Else it
makes `.venv` beside `manage.py`, once, and starts `manage.py` again inside it. Several at the same time wait
for one; one that was interrupted is taken up again, since the stamp that says "done" is written last
(ADR 0002).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hitl.runtime.environment import ROOT, VENV, is_satisfied, is_stamped, python_of

OLDEST = (3, 11)
CHECKS = ("test", "lint", "types", "fix")
"""Commands of who works on the project: they need the development's packages as well."""


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
    lock = ROOT / ("requirements-dev.txt" if argv[1:2] and argv[1] in CHECKS else "requirements.txt")
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
