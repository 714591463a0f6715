"""PostgreSQL refuses to run as root; this finds a way to start it for somebody who is."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hitl.runtime.errors import CannotStart

LAUNCHER = str(Path(__file__).with_name("launch.py"))
NOBODY = 65534


@dataclass(frozen=True)
class Identity:
    """As whom a program runs: words before the launcher, words for it, and the owner its files need."""

    before: tuple[str, ...] = ()
    demote: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def command(self, program: list[str], *, death_signal: int) -> list[str]:
        """The command line that starts `program` tied to this process's life."""
        python = [sys.executable, "-I", "-S", LAUNCHER]
        tie = ["--parent", str(os.getpid()), "--death", str(int(death_signal))]
        return [*self.before, *python, *tie, *self.demote, "--", *program]


OURSELVES = Identity()


def _works(identity: Identity) -> bool:
    """Does it start a program at all, and can that program work where only root may?"""
    with tempfile.TemporaryDirectory() as private:
        script = 'cd "$0" && [ -w . ] && [ "$(id -u)" != 0 ]'
        try:
            probe = identity.command(["/bin/sh", "-c", script, private], death_signal=signal.SIGKILL)
            return subprocess.run(probe, capture_output=True, cwd="/", timeout=20).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


@cache
def not_root() -> Identity:
    """An identity that is not root: ourselves, else `nobody` with one capability, else a user namespace."""
    if os.geteuid() != 0:
        return OURSELVES
    try:
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
    except KeyError:
        uid, gid = NOBODY, NOBODY
    demoted = Identity(demote=("--demote", f"{uid}:{gid}"), owner=(uid, gid))
    if sys.platform == "linux" and _works(demoted):
        return demoted
    unshare = shutil.which("unshare")
    if unshare:
        mapped = Identity(before=(unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"))
        if _works(mapped):
            return mapped
    raise CannotStart(
        "PostgreSQL does not run as root, and this system lets root neither drop its rights nor open a user "
        "namespace. Run the command as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours."
    )
