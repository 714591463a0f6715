"""Deciding whether packages must be set up, before any package is there."""

import subprocess
import sys
from pathlib import Path

import pytest

from hitl.runtime import bootstrap, environment, installers

LOCK = """\
# a comment
async-timeout==5.0.1 ; python_full_version < '3.11.3' \\
    --hash=sha256:aa
Django==5.2.19 \\
    --hash=sha256:bb
    # via -r requirements.in
psycopg2_binary[extra]==2.9.13 \\
    --hash=sha256:cc
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(LOCK)
    return path


def installed(folder: Path, **packages: str) -> list[str]:
    for name, version in packages.items():
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return [str(folder)]


def test_only_packages_that_every_platform_needs_are_asked_for(lock: Path) -> None:
    assert environment.requirements(lock) == {"django": "5.2.19", "psycopg2-binary": "2.9.13"}


def test_an_environment_with_the_locked_versions_satisfies_whatever_the_spelling(
    lock: Path, tmp_path: Path
) -> None:
    search = installed(tmp_path / "site", django="5.2.19", psycopg2_binary="2.9.13")
    assert environment.is_satisfied(lock, search)


@pytest.mark.parametrize(
    "packages", [{"django": "5.2.19"}, {"django": "5.2.18", "psycopg2_binary": "2.9.13"}, {}]
)
def test_a_missing_or_older_package_does_not_satisfy(
    lock: Path, tmp_path: Path, packages: dict[str, str]
) -> None:
    assert not environment.is_satisfied(lock, installed(tmp_path / "site", **packages))


def test_a_stamp_holds_for_one_lock_file_only(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    python = environment.python_of(environment.VENV)
    python.parent.mkdir(parents=True)
    python.touch()
    assert not environment.is_stamped(lock)
    environment.stamp_of(lock).write_text(environment.digest(lock))
    assert environment.is_stamped(lock)
    lock.write_text(LOCK + "six==1.17.0\n")
    assert not environment.is_stamped(lock)


def test_a_python_that_is_too_old_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=r"needs Python 99\.0 or newer; this is 3\."):
        bootstrap.ensure(["manage.py", "up"])


def test_without_pip_venv_and_uv_the_message_names_the_package_to_install(
    lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installers.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(installers.shutil, "which", lambda name: None)
    monkeypatch.setattr(installers, "WORK", tmp_path / "setup")
    monkeypatch.setattr(installers, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(installers, "VENV", tmp_path / ".venv")
    (tmp_path / ".run").mkdir()
    with pytest.raises(installers.CannotInstall, match="apt install python3-venv"):
        installers.set_up(lock)


def test_the_setup_imports_nothing_but_the_standard_library() -> None:
    modules = "hitl.runtime.bootstrap, hitl.runtime.installers, hitl.runtime.launch"
    code = f"import sys; sys.path.insert(0, {str(environment.ROOT)!r}); import {modules}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


@pytest.mark.parametrize(
    "file", ["manage.py", "hitl/__init__.py", "hitl/runtime/bootstrap.py", "hitl/runtime/environment.py"]
)
def test_an_older_python_can_read_far_enough_to_say_it_is_too_old(file: str) -> None:
    import ast

    ast.parse((environment.ROOT / file).read_text(), feature_version=(3, 7))


@pytest.mark.parametrize(
    ("command", "wanted"),
    [("test", "requirements-dev.txt"), ("lint", "requirements-dev.txt"), ("up", "requirements.txt")],
)
def test_who_works_on_the_project_gets_the_packages_for_it(
    command: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def is_there(lock: Path, *_: object) -> bool:
        asked.append(lock.name)
        return True

    monkeypatch.setattr(bootstrap, "is_stamped", is_there)
    monkeypatch.setattr(bootstrap, "is_satisfied", is_there)
    bootstrap.ensure(["manage.py", command])
    assert asked == [wanted]
