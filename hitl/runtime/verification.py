"""Run every check of the project, one after the other, and say at the end what held and how long it took."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.throwaway import start_throwaway
from hitl.runtime.typescript import TOOLS, NoCompiler, typescript

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_TESTS_COLLECTED = 5


@dataclass
class Outcome:
    """One check: its name, whether it held (None: skipped), seconds, a note."""

    name: str
    held: bool | None
    seconds: float = 0.0
    note: str = ""


@dataclass
class Counts:
    """Tests of all pytest runs together, from their JUnit files."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, report: Path) -> None:
        """Add one run; a run that ended early left no file."""
        if not report.exists():
            return
        for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 - we wrote it ourselves
            total, bad, skipped = (
                int(suite.get("tests", 0)),
                int(suite.get("failures", 0)) + int(suite.get("errors", 0)),
                int(suite.get("skipped", 0)),
            )
            self.passed += total - bad - skipped
            self.failed += bad
            self.skipped += skipped


@dataclass
class Run:
    """All checks of one call."""

    fast: bool
    narrowed_to: Sequence[str]
    folder: Path
    environment: dict[str, str]
    outcomes: list[Outcome] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)

    def everything(self) -> bool:
        """Run the checks in order, all of them even when one fails; whether every one held."""
        if self.narrowed_to:
            self._pytest("tests", [*self.narrowed_to])
        else:
            self._static_checks()
            self._tests()
        return all(outcome.held is not False for outcome in self.outcomes)

    def _static_checks(self) -> None:
        module = [sys.executable, "-m"]
        self._check("lint", [*module, "ruff", "check", "."])
        self._check("format", [*module, "ruff", "format", "--check", "."])
        self._check("types", [*module, "mypy"])
        self._scripts()
        self._check("imports", [str(Path(sys.executable).with_name("lint-imports"))])
        self._check("migrations", [sys.executable, str(MANAGE), "makemigrations", "--check", "--dry-run"])

    def _scripts(self) -> None:
        """Check the pages' scripts by the types in their comments."""
        try:
            compiler = typescript(self.environment)
        except NoCompiler as missing:
            self.outcomes.append(Outcome("scripts", False if in_ci() else None, note=str(missing)))
        else:
            self._check("scripts", [*compiler, "--project", str(TOOLS / "tsconfig.json")])

    def _tests(self) -> None:
        folders = [
            name
            for name in ("unit", "architecture", "integration", "api")
            if (ROOT / "tests" / name).is_dir()
        ]
        if not self.fast and (ROOT / "tests" / "simulation").is_dir():
            folders.append("simulation")
        processes = max(2, min(os.cpu_count() or 2, 8))
        self._pytest("tests", [f"--numprocesses={processes}", *(f"tests/{name}" for name in folders)])
        if self.fast:
            self.outcomes.append(Outcome("browser", None, note="left out by --fast (simulations too)"))
        elif find_browser():
            self._pytest("browser", ["--numprocesses=2", "tests/browser"])
        else:
            note = "no Chromium or Chrome here: NO PAGE WAS TESTED. Install chromium, or set CHROMIUM."
            self.outcomes.append(Outcome("browser", False if in_ci() else None, note=note))

    def _pytest(self, name: str, arguments: list[str]) -> None:
        report = self.folder / f"{name}.xml"
        self._check(name, [sys.executable, "-m", "pytest", f"--junit-xml={report}", *arguments])
        self.counts.add(report)

    def _check(self, name: str, command: list[str]) -> None:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=self.environment).returncode
        note = "no test was found" if code == NO_TESTS_COLLECTED and "pytest" in command else ""
        self.outcomes.append(
            Outcome(name, code == 0, time.monotonic() - started, note or (f"exit {code}" if code else ""))
        )

    def summary(self) -> str:
        """One line per check, then the tests counted together."""
        words = {True: "ok", False: "FAILED", None: "SKIPPED"}
        lines = [
            f"{o.name:<12}{words[o.held]:<9}{o.seconds:6.1f} s  {o.note}".rstrip() for o in self.outcomes
        ]
        total = sum(outcome.seconds for outcome in self.outcomes)
        counts = f"{self.counts.passed} passed, {self.counts.failed} failed, {self.counts.skipped} skipped"
        return "\n".join(["", "== summary", *lines, f"{'all':<21}{total:6.1f} s", counts])


def in_ci() -> bool:
    """Whether nobody is there to read what was skipped."""
    return os.environ.get("CI", "").lower() == "true"


def find_browser() -> str | None:
    """The Chromium of CHROMIUM or of the system."""
    chosen = os.environ.get("CHROMIUM")
    return shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, BROWSERS)), None)


def run_checks(*, fast: bool, narrowed_to: Sequence[str] = ()) -> int:
    """Run everything (or only pytest with these arguments) against servers of its own; the exit code."""
    with tempfile.TemporaryDirectory(prefix="hitl-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings, servers = start_throwaway(folder)
        environment = {**os.environ, **settings, "HITL_SECRET_KEY": "of the tests", "PYTHONUNBUFFERED": "1"}
        run = Run(fast=fast, narrowed_to=narrowed_to, folder=folder, environment=environment)
        try:
            held = run.everything()
        finally:
            for server in servers:
                server.stop()
        print(run.summary(), flush=True)
    return 0 if held else 1
