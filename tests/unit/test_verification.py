"""What `manage.py test` runs, and what it says when something cannot be run."""

import json
from pathlib import Path

import pytest

from hitl.runtime import verification
from hitl.runtime.typescript import TOOLS, typescript
from hitl.runtime.verification import Counts, Outcome, Run

REPORT = '<testsuites><testsuite tests="10" failures="2" errors="1" skipped="3"/></testsuites>'


class Recorded(Run):
    """A run whose checks are written down, not run."""

    def _check(self, name: str, command: list[str]) -> None:
        self.outcomes.append(Outcome(name, name != "types", 1.5, " ".join(command)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setattr(verification, "typescript", lambda _: ["node", "tsc"])
    return Recorded(fast=False, narrowed_to=(), folder=tmp_path, environment={})


def test_one_failed_check_does_not_keep_the_others_from_running(
    run: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "find_browser", lambda: "/usr/bin/chromium")
    assert not run.everything()
    names = [outcome.name for outcome in run.outcomes]
    assert names == ["lint", "format", "types", "scripts", "imports", "migrations", "tests", "browser"]


@pytest.mark.parametrize(("ci", "held"), [("true", False), ("", None)])
def test_without_a_browser_ci_fails_and_a_person_is_told(
    run: Recorded, monkeypatch: pytest.MonkeyPatch, ci: str, held: bool | None
) -> None:
    monkeypatch.setattr(verification, "find_browser", lambda: None)
    monkeypatch.setenv("CI", ci)
    run.everything()
    assert run.outcomes[-1].held is held
    assert "NO PAGE WAS TESTED" in run.summary()


@pytest.mark.parametrize(("ci", "held"), [("true", False), ("", None)])
def test_without_npm_ci_fails_and_a_person_is_told(
    run: Recorded, monkeypatch: pytest.MonkeyPatch, ci: str, held: bool | None
) -> None:
    monkeypatch.setattr(verification, "typescript", typescript)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(verification, "find_browser", lambda: "chromium")
    monkeypatch.setenv("CI", ci)
    run.everything()
    assert {outcome.name: outcome.held for outcome in run.outcomes}["scripts"] is held
    assert "NO SCRIPT'S TYPES WERE CHECKED" in run.summary()


def test_the_compiler_is_pinned_by_hash_and_no_host_is_named() -> None:
    lock = json.loads((TOOLS / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_arguments_narrow_the_run_to_pytest_with_them(run: Recorded) -> None:
    run.narrowed_to = ["tests/unit", "-k", "cutoff"]
    assert run.everything()
    assert [outcome.name for outcome in run.outcomes] == ["tests"]
    assert run.outcomes[0].note.endswith("tests/unit -k cutoff")


def test_the_summary_ends_with_the_tests_of_all_runs_together(run: Recorded, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    for path in (report, report, tmp_path / "of a run that died.xml"):
        run.counts.add(path)
    assert run.counts == Counts(passed=8, failed=6, skipped=6)
    assert run.summary().splitlines()[-1] == "8 passed, 6 failed, 6 skipped"
