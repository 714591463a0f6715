"""Fill `.venv` from a hash-locked file: with uv, which takes seconds, else with pip, which works everywhere.

uv is the one on the PATH, else one that pip fetches (locked by hash as well). Whatever goes wrong with it (a
proxy, certificates, no such wheel), the next way is tried. Standard library only.

`python -m hitl.runtime.installers LOCK FOLDER` fills an environment elsewhere (`bench --peers`).
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hitl.runtime.environment import (
    ROOT,
    VENV,
    digest,
    is_satisfied,
    is_stamped,
    python_of,
    requirements,
    stamp_of,
)

BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable
WORK = ROOT / ".run" / "setup"
UV_LOCK = ROOT / "requirements-uv.txt"


class CannotInstall(Exception):
    """The packages cannot be installed. The message says what was tried and what to do."""


class _Failed(Exception):
    """One way did not work."""


def set_up(lock: Path, venv: Path | None = None) -> None:
    """Make an environment (`.venv`, unless another is named) hold the packages of the lock file.

    Raises:
        CannotInstall: no way worked; the environment is unfinished and the next call tries again.
    """
    venv = venv or VENV
    try:
        WORK.mkdir(parents=True, exist_ok=True)
        ROOT.joinpath(".run").chmod(0o700)
    except OSError as problem:
        raise CannotInstall(
            f"Cannot write below {ROOT}: {problem.strerror}. Run this as the owner of that folder."
        ) from None
    with _alone():
        if is_stamped(lock, venv):
            return
        if not _holds_already(lock, venv):
            _install(lock, venv)
        stamp_of(lock, venv).write_text(digest(lock))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Wait for others who set up the same folder."""
    with (WORK / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another command that sets up packages", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _site_packages(venv: Path) -> Path:
    return venv / "lib" / ("python%d.%d" % sys.version_info[:2]) / "site-packages"


def _holds_already(lock: Path, venv: Path) -> bool:
    """It was filled by other means, or for a larger lock file."""
    return _runs(python_of(venv)) and is_satisfied(lock, [str(_site_packages(venv))])


def _runs(python: Path) -> bool:
    try:
        version = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
    except OSError:
        return False
    return version.stdout.split() == [str(part) for part in sys.version_info[:2]]


def _install(lock: Path, venv: Path) -> None:
    has_pip = importlib.util.find_spec("pip") is not None
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    on_path = shutil.which("uv")
    ways: list[tuple[str, Callable[[], None]]] = []
    if on_path:
        ways.append(("uv", lambda: _with_uv(str(on_path), lock, venv)))
    if has_pip:
        ways.append(("uv from its own wheel", lambda: _with_uv(_fetched_uv(), lock, venv)))
    if has_pip or has_ensurepip:
        ways.append(("pip", lambda: _with_pip(lock, venv, own_pip=not has_pip)))
    if not ways:
        raise CannotInstall(
            f"{BASE_PYTHON} has neither pip nor venv, and there is no uv. Install one of them, for example:\n"
            "    apt install python3-venv      (Debian, Ubuntu)\n"
            "    dnf install python3-pip       (Fedora, RHEL)"
        )
    for stamp in venv.glob(".*.done"):
        stamp.unlink()
    said = f"Setting up {venv.name} with {len(requirements(lock))} packages (once)"
    print(said, file=sys.stderr, flush=True)
    failures = []
    for name, way in ways:
        try:
            way()
            return
        except _Failed as problem:
            failures.append(f"{name}: {problem}")
            if len(failures) < len(ways):
                print(
                    f"  {name} did not work here, trying {ways[len(failures)][0]}",
                    file=sys.stderr,
                    flush=True,
                )
    raise CannotInstall(
        "The packages cannot be installed.\n" + "\n".join(failures) + f"\nAll output: {WORK / 'log'}"
    )


def _fetched_uv() -> str:
    uv = WORK / "uv" / "bin" / "uv"
    if not uv.exists():
        shutil.rmtree(WORK / "uv", ignore_errors=True)
        command = [
            BASE_PYTHON,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        _run("fetching uv", [*command, "--target", str(WORK / "uv"), "-r", str(UV_LOCK)])
    return str(uv)


def _with_uv(uv: str, lock: Path, venv: Path) -> None:
    environment = {
        "UV_SYSTEM_CERTS": "1",  # a company's proxy has its certificate there
        "UV_NATIVE_TLS": "1",  # the same in older versions
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_HTTP_RETRIES": "1",  # pip is next: do not insist
        **_index_of_pip(),
    }
    if not _runs(python_of(venv)):
        make = [uv, "venv", "--python", BASE_PYTHON, "--clear", str(venv)]
        _run(f"making {venv.name}", make, environment)
    command = [uv, "pip", "sync", "--require-hashes", "--python", str(python_of(venv)), str(lock)]
    _run("installing with uv", command, environment)


def _index_of_pip() -> dict[str, str]:
    """uv does not read pip's settings: pass on a mirror that somebody set there."""
    if os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        return {}
    for name in ("global.index-url", "install.index-url"):
        command = [BASE_PYTHON, "-m", "pip", "config", "get", name]
        answer = subprocess.run(command, capture_output=True, text=True)
        if answer.returncode == 0 and answer.stdout.strip():
            return {"UV_DEFAULT_INDEX": answer.stdout.strip()}
    return {}


def _with_pip(lock: Path, venv: Path, *, own_pip: bool) -> None:
    """`own_pip`: this Python has no pip, but can put one into the environment it makes."""
    if not _runs(python_of(venv)) or own_pip:
        make = [BASE_PYTHON, "-m", "venv", "--clear", *([] if own_pip else ["--without-pip"]), str(venv)]
        _run(f"making {venv.name}", make)
    inside = [str(python_of(venv)), "-m", "pip"]
    outside = [BASE_PYTHON, "-m", "pip", "--python", str(python_of(venv))]
    command = [
        *(inside if own_pip else outside),
        "install",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    _run("installing with pip, about a minute", [*command, "-r", str(lock)])


def _run(what: str, command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run one step with its output in a log; on a terminal show how long it takes."""
    log = WORK / "log"
    started = time.monotonic()
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
            )
        except OSError as problem:
            raise _Failed(f"{command[0]}: {problem.strerror}") from None
        try:
            while process.poll() is None:
                time.sleep(0.1)
                _progress(f"  {what} {time.monotonic() - started:4.0f} s", done=False)
        except BaseException:
            process.kill()
            process.wait()
            raise
    _progress(f"  {what} {time.monotonic() - started:4.1f} s", done=True)
    if process.returncode != 0:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise _Failed(f"{what} failed: " + " / ".join(line.strip() for line in lines[-3:]))


def _progress(line: str, *, done: bool) -> None:
    if sys.stderr.isatty():
        print("\r" + line, end="\n" if done else "", file=sys.stderr, flush=True)
    elif done:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        set_up(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).absolute())
    except CannotInstall as problem:
        sys.exit(str(problem))
