"""The checks of the project: all of them (`test`), or some that answer in seconds (`lint`, `types`, `fix`).

They run one after the other, all even when one fails; the summary says what held and how long it took.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hitl.runtime.junit import Tests
from hitl.runtime.paths import MANAGE, ROOT
from hitl.runtime.processes import run_tied
from hitl.runtime.throwaway import start_throwaway
from hitl.runtime.typescript import TOOLS, NoCompiler, typescript
from hitl.runtime.warm import warm_servers

BROWSERS = (
    "chromium-headless-shell",  # without the parts of a window: quicker, and all that tests need
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
NO_TESTS_COLLECTED = 5
SHORT = ("unit", "architecture", "integration", "api")
"""The folders of tests that answer soon."""

TESTS = ("tests", "browser")
"""The checks that are runs of pytest."""

_MODULE = [sys.executable, "-m"]
_RULES = [*_MODULE, "ruff", "check", "."]


@dataclass
class Outcome:
    """One check: its name, whether it held (None: skipped), seconds, a note."""

    name: str
    held: bool | None
    seconds: float = 0.0
    note: str = ""


@dataclass
class Run:
    """The checks of one call, in the environment that they need."""

    environment: Mapping[str, str]
    long: bool = False  # also the tests that are marked so
    outcomes: list[Outcome] = field(default_factory=list)
    tests: Tests = field(default_factory=Tests)

    @property
    def held(self) -> bool:
        """Did everything hold that was checked?"""
        return all(outcome.held is not False for outcome in self.outcomes)

    def everything(self, folder: Path, *, fast: bool) -> None:
        """Every check; `fast` leaves out the browser and the simulations. Reports go to `folder`."""
        self.lint()
        self.types()
        self._check("migrations", [sys.executable, str(MANAGE), "makemigrations", "--check", "--dry-run"])
        self._all_tests(folder, fast=fast)

    def lint(self) -> None:
        """Rules, format and import contracts."""
        self._check("lint", _RULES)
        self._check("format", [*_MODULE, "ruff", "format", "--check", "."])
        self._templates("--check")
        self._check("imports", [_program("lint-imports")])

    def types(self) -> None:
        """Types of the code and of the pages' scripts."""
        self._check("types", [*_MODULE, "mypy"])
        self._scripts()

    def fix(self) -> None:
        """Change what can be put right without a person, and say what of the rules is left for one."""
        self._check("mend", [*_MODULE, "ruff", "check", "--fix-only", "."])
        self._check("format", [*_MODULE, "ruff", "format", "."])
        self._templates()
        self._check("lint", _RULES)

    def _templates(self, *options: str) -> None:
        self._check("templates", [_program("djangofmt"), *options, "."])

    def _scripts(self) -> None:
        """Check the pages' scripts by the types in their comments."""
        try:
            compiler = typescript(self.environment)
        except NoCompiler as missing:
            self.outcomes.append(Outcome("scripts", False if in_ci() else None, note=str(missing)))
        else:
            self._check("scripts", [*compiler, "--project", str(TOOLS / "tsconfig.json")])

    def _all_tests(self, folder: Path, *, fast: bool) -> None:
        # Simulations are long, and so come before the short ones: at the end no process waits for another.
        wanted = ("simulation", *SHORT) if not fast else SHORT
        folders = [name for name in wanted if (ROOT / "tests" / name).is_dir()]
        processes = max(2, min(os.cpu_count() or 2, 8))
        self.pytest("tests", folder, [f"--numprocesses={processes}", *(f"tests/{name}" for name in folders)])
        if fast:
            self.outcomes.append(Outcome("browser", None, note="left out by --fast (simulations too)"))
        elif find_browser():
            # One test at a time for each process: they are long and uneven.
            share = [f"--numprocesses={processes}", "--maxschedchunk=1"]
            self.pytest("browser", folder, [*share, "tests/browser"])
        else:
            note = "no Chromium or Chrome here: NO PAGE WAS TESTED. Install chromium, or set CHROMIUM."
            self.outcomes.append(Outcome("browser", False if in_ci() else None, note=note))

    def pytest(self, name: str, folder: Path, arguments: Sequence[str]) -> None:
        """Run pytest with these arguments, and count its tests."""
        report = folder / f"{name}.xml"
        self._check(name, [*_MODULE, "pytest", f"--junit-xml={report}", *["--long"] * self.long, *arguments])
        self.tests.add(report)

    def _check(self, name: str, command: list[str]) -> None:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        code = run_tied(command, cwd=ROOT, environment=self.environment)
        note = "no test was found" if code == NO_TESTS_COLLECTED and "pytest" in command else ""
        self.outcomes.append(
            Outcome(name, code == 0, time.monotonic() - started, note or (f"exit {code}" if code else ""))
        )

    def summary(self) -> str:
        """One line per check, then the slowest and the skipped tests, and last how all of them ended."""
        words = {True: "ok", False: "FAILED", None: "SKIPPED"}
        lines = [
            f"{o.name:<12}{words[o.held]:<9}{o.seconds:6.1f} s  {o.note}".rstrip() for o in self.outcomes
        ]
        total = sum(outcome.seconds for outcome in self.outcomes)
        lines = ["", "== summary", *lines, f"{'all':<21}{total:6.1f} s"]
        return "\n".join(lines + [*self.tests.details(), str(self.tests)] * self._has_tests)

    @property
    def _has_tests(self) -> bool:
        return any(outcome.name in TESTS for outcome in self.outcomes)


def _program(name: str) -> str:
    """A program that a package put beside this Python."""
    return str(Path(sys.executable).with_name(name))


def in_ci() -> bool:
    """Whether nobody is there to read what was skipped."""
    return os.environ.get("CI", "").lower() == "true"


def find_browser() -> str | None:
    """The Chromium of CHROMIUM or of the system."""
    chosen = os.environ.get("CHROMIUM")
    return shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, BROWSERS)), None)


def run_checks(names: Sequence[str]) -> int:
    """Run what needs no server, `lint`, `types` or `fix`; the exit code."""
    run = Run(os.environ)
    for name in names:
        getattr(run, name)()
    print(run.summary(), flush=True)
    return 0 if run.held else 1


def run_tests(*, fast: bool, long: bool = False, narrowed_to: Sequence[str] = ()) -> int:
    """Run every check, or only pytest with these arguments; the exit code. `long`: also tests of minutes.

    Every check has servers of its own, which end with it. A narrow run takes those that are kept warm, unless
    nobody is there who would run a second one.
    """
    with tempfile.TemporaryDirectory(prefix="hitl-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with warm_servers(folder) if narrowed_to and not in_ci() else _own_servers(folder) as servers:
            run = Run(
                {
                    **os.environ,
                    **servers,
                    "HITL_SECRET_KEY": "of the tests, which sign nothing that is kept",
                    "PYTHONUNBUFFERED": "1",
                },
                long=long,
            )
            if narrowed_to:
                run.pytest("tests", folder, narrowed_to)
            else:
                run.everything(folder, fast=fast)
        print(run.summary(), flush=True)
    return 0 if run.held else 1


@contextmanager
def _own_servers(folder: Path) -> Iterator[dict[str, str]]:
    environment, servers = start_throwaway(folder)
    try:
        yield environment
    finally:
        for server in servers:
            server.stop()
