"""TypeScript's compiler, which only the checks need: where npm is, it is installed once, pinned by hash."""

import json
import shutil
import subprocess
from collections.abc import Mapping

from hitl.runtime.paths import ROOT

TOOLS = ROOT / ".ci"
_HOME = TOOLS / "node_modules" / "typescript"
INSTALL_SECONDS = 300


class NoCompiler(Exception):
    """There is no compiler here, and why."""


def typescript(environment: Mapping[str, str]) -> list[str]:
    """Return the command that runs the compiler, which is installed first where it is not there yet.

    Raises:
        NoCompiler: there is no npm, or the package could not be fetched.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoCompiler("no npm here: NO SCRIPT'S TYPES WERE CHECKED. Install node and npm.")
    if not _is_installed():
        print("Installing TypeScript's compiler", flush=True)
        command = [npm, "ci", "--no-progress"]
        try:
            subprocess.run(command, cwd=TOOLS, env=dict(environment), check=True, timeout=INSTALL_SECONDS)
        except (subprocess.SubprocessError, OSError) as failure:
            raise NoCompiler(f"NO SCRIPT'S TYPES WERE CHECKED: {failure}") from failure
    return [node, str(_HOME / "bin" / "tsc")]


def _is_installed() -> bool:
    wanted = json.loads((TOOLS / "package.json").read_text())["devDependencies"]["typescript"]
    try:
        return bool(json.loads((_HOME / "package.json").read_text())["version"] == wanted)
    except (OSError, ValueError, KeyError):
        return False
