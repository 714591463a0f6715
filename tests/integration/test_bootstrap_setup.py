"""The first start, in a miniature of the project whose one package is a wheel made here: no network."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from hitl.runtime import environment

BASE_PYTHON = sys._base_executable
MAIN = """
import importlib.metadata, sys
def main(argv):
    print("runs with tiny", importlib.metadata.version("tiny"), "in", sys.prefix)
    return 0
"""


def make_wheel(folder: Path, version: str) -> str:
    """Write the wheel of an empty package; its hash as a lock file names it."""
    folder.mkdir(exist_ok=True)
    info = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


class Project:
    """A folder with our `manage.py` and bootstrap, and a lock file of one package."""

    def __init__(self, root: Path) -> None:
        self.root = root
        runtime = root / "hitl" / "runtime"
        runtime.mkdir(parents=True)
        for name in ("manage.py", "hitl/__init__.py", "hitl/runtime/__init__.py"):
            shutil.copy(environment.ROOT / name, root / name)
        for name in ("bootstrap.py", "environment.py", "installers.py"):
            shutil.copy(environment.ROOT / "hitl" / "runtime" / name, runtime / name)
        (runtime / "main.py").write_text(MAIN)
        (root / "requirements-uv.txt").write_text("--no-index\nuv==0.0.1 --hash=sha256:" + "0" * 64 + "\n")
        self.programs = root / "programs"
        self.programs.mkdir()
        self.lock("1.0")

    def lock(self, version: str, digest: str | None = None) -> None:
        digest = make_wheel(self.root / "wheels", version) if digest is None else digest
        lines = ["--no-index", f"--find-links {self.root / 'wheels'}", f"tiny=={version} \\"]
        (self.root / "requirements.txt").write_text("\n".join(lines) + f"\n    --hash=sha256:{digest}\n")

    def fake_uv(self, script: str) -> None:
        uv = self.programs / "uv"
        uv.write_text(f"#!/bin/sh\n{script}\n")
        uv.chmod(0o755)

    def start(self) -> "subprocess.Popen[str]":
        """Start `manage.py` with next to no environment."""
        return subprocess.Popen(
            [BASE_PYTHON, str(self.root / "manage.py"), "up"],
            env={"HOME": str(self.root), "PATH": f"{self.programs}:/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def run(self) -> "subprocess.CompletedProcess[str]":
        process = self.start()
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_when_uv_fails_pip_sets_up_by_itself_and_the_next_start_is_silent(project: Project) -> None:
    project.fake_uv("echo 'error: invalid peer certificate' >&2; exit 2")
    first = project.run()
    assert first.returncode == 0, first.stderr
    assert "runs with tiny 1.0 in " + str(project.root / ".venv") in first.stdout
    assert "uv did not work here" in first.stderr
    second = project.run()
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == first.stdout


def test_a_changed_lock_file_is_installed_by_the_next_start(project: Project) -> None:
    assert project.run().returncode == 0
    project.lock("1.1")
    assert "runs with tiny 1.1" in project.run().stdout


def test_a_package_with_another_hash_is_refused_and_nothing_is_called_done(project: Project) -> None:
    project.lock("1.0", digest="0" * 64)
    result = project.run()
    assert result.returncode == 1
    assert "The packages cannot be installed." in result.stderr
    assert "Traceback" not in result.stderr
    assert not list((project.root / ".venv").glob(".*.done"))


def test_two_first_starts_at_once_both_work(project: Project) -> None:
    processes = [project.start(), project.start()]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "runs with tiny 1.0" in out


def test_a_setup_that_was_killed_halfway_is_taken_up_again(project: Project) -> None:
    begun = project.root / "begun"
    half = "mkdir -p .venv/bin && echo junk > .venv/bin/python"
    project.fake_uv(f"cd {project.root} && {half} && touch {begun} && exec sleep 60")
    process = project.start()
    end = time.monotonic() + 60
    while not begun.exists() and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert begun.exists()
    (project.programs / "uv").unlink()
    result = project.run()
    assert result.returncode == 0, result.stderr
    assert "runs with tiny 1.0" in result.stdout
