"""What `manage.py test` runs, and what it says when something cannot be run."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from hitl.runtime import verification
from hitl.runtime.junit import SLOWEST
from hitl.runtime.typescript import TOOLS, typescript
from hitl.runtime.verification import Outcome, Run

REPORT = """<testsuites><testsuite tests="10" failures="2" errors="1" skipped="1">
<testcase classname="tests.unit.test_a" name="test_quick" time="0.001"/>
<testcase classname="tests.unit.test_a" name="test_slow[{run}]" time="{run}.5"/>
<testcase classname="tests.unit.test_a" name="test_docker" time="0.0">
  <skipped type="pytest.skip" message="no docker
here">…</skipped>
</testcase>
</testsuite></testsuites>"""


class Recorded(Run):
    """A run whose checks are written down, not run."""

    def _check(self, name: str, command: list[str]) -> None:
        self.outcomes.append(Outcome(name, name != "types", 1.5, " ".join(command)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setattr(verification, "typescript", lambda _: ["node", "tsc"])
    return Recorded({})


def test_one_failed_check_does_not_keep_the_others_from_running(
    run: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "find_browser", lambda: "/usr/bin/chromium")
    run.everything(tmp_path, fast=False)
    assert not run.held
    names = [outcome.name for outcome in run.outcomes]
    assert names == [
        "lint",
        "format",
        "templates",
        "imports",
        "types",
        "scripts",
        "migrations",
        "tests",
        "browser",
    ]


def test_the_short_checks_are_those_of_the_whole_run(run: Recorded) -> None:
    run.lint()
    run.types()
    names = [outcome.name for outcome in run.outcomes]
    assert names == ["lint", "format", "templates", "imports", "types", "scripts"]


def test_what_is_put_right_is_what_is_checked(run: Recorded) -> None:
    fixing = Recorded({})
    fixing.fix()
    run.lint()
    checked = {outcome.name: outcome.note.replace(" --check", "") for outcome in run.outcomes}
    assert [outcome.name for outcome in fixing.outcomes] == ["mend", "format", "templates", "lint"]
    mended, *others = fixing.outcomes
    assert mended.note.replace(" --fix-only", "") == checked["lint"]
    assert all(outcome.note == checked[outcome.name] for outcome in others)


@pytest.mark.parametrize(("ci", "held"), [("true", False), ("", None)])
def test_without_a_browser_ci_fails_and_a_person_is_told(
    run: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, held: bool | None
) -> None:
    monkeypatch.setattr(verification, "find_browser", lambda: None)
    monkeypatch.setenv("CI", ci)
    run.everything(tmp_path, fast=False)
    assert run.outcomes[-1].held is held
    assert "NO PAGE WAS TESTED" in run.summary()


@pytest.mark.parametrize(("ci", "held"), [("true", False), ("", None)])
def test_without_npm_ci_fails_and_a_person_is_told(
    run: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, held: bool | None
) -> None:
    monkeypatch.setattr(verification, "typescript", typescript)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(verification, "find_browser", lambda: "chromium")
    monkeypatch.setenv("CI", ci)
    run.everything(tmp_path, fast=False)
    assert {outcome.name: outcome.held for outcome in run.outcomes}["scripts"] is held
    assert "NO SCRIPT'S TYPES WERE CHECKED" in run.summary()


def test_the_compiler_is_pinned_by_hash_and_no_host_is_named() -> None:
    lock = json.loads((TOOLS / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_arguments_narrow_the_run_to_pytest_with_them(run: Recorded, tmp_path: Path) -> None:
    run.pytest("tests", tmp_path, ["tests/unit", "-k", "cutoff"])
    assert run.held
    assert [outcome.name for outcome in run.outcomes] == ["tests"]
    assert run.outcomes[0].note.endswith("tests/unit -k cutoff")


@pytest.fixture
def reported(run: Recorded, tmp_path: Path) -> list[str]:
    """The summary of a dozen pytest runs, one of which died."""
    for number in range(12):
        tmp_path.joinpath(f"run{number}.xml").write_text(REPORT.format(run=number))
    for number in range(13):
        run.pytest(f"run{number}", tmp_path, [])
    run.outcomes.append(Outcome("tests", True))
    return run.summary().splitlines()


def test_the_summary_ends_with_the_tests_of_all_runs_together(reported: list[str]) -> None:
    assert reported[-1] == "72 passed, 36 failed, 12 skipped"


def test_the_summary_names_the_slowest_tests_of_all_runs(reported: list[str]) -> None:
    slow = [line for line in reported if line.startswith("slow ")]
    assert len(slow) == SLOWEST
    assert slow[0].endswith("11.5 s  tests.unit.test_a::test_slow[11]")
    assert slow[-1].endswith(" 2.5 s  tests.unit.test_a::test_slow[2]")


def test_the_summary_says_why_a_test_was_skipped(reported: list[str]) -> None:
    assert [line for line in reported if line.startswith("skipped ")] == [
        "skipped     tests.unit.test_a::test_docker: no docker here"
    ]


def test_a_check_without_tests_counts_none(run: Recorded) -> None:
    run.lint()
    assert "passed" not in run.summary()


@pytest.mark.parametrize(
    ("narrowed_to", "ci", "kept"),
    [(["tests/unit"], "", True), (["tests/unit"], "true", False), ([], "", False)],
)
def test_only_a_persons_narrow_run_uses_the_kept_server(
    narrowed_to: list[str], ci: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def servers(which: str) -> Callable[[Path], AbstractContextManager[dict[str, str]]]:
        return lambda folder: nullcontext(taken.append(which) or {})

    monkeypatch.setattr(verification, "Run", Recorded)
    monkeypatch.setattr(verification, "typescript", lambda _: ["node", "tsc"])
    monkeypatch.setattr(verification, "find_browser", lambda: "chromium")
    monkeypatch.setattr(verification, "warm_servers", servers("kept"))
    monkeypatch.setattr(verification, "_own_servers", servers("own"))
    monkeypatch.setenv("CI", ci)
    verification.run_tests(fast=True, narrowed_to=narrowed_to)
    assert taken == ["kept" if kept else "own"]
