"""What the tests of all pytest runs came to together, read from their JUnit files."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

SLOWEST = 10
WORTH_A_LINE_SECONDS = 0.1
LONGEST_NAME = 150


@dataclass
class Tests:
    """How many passed, failed and were skipped; how long each took; why each skipped one was."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    skips: dict[str, str] = field(default_factory=dict)

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
            for case in suite.iter("testcase"):
                self._add_one(case)

    def _add_one(self, case: ElementTree.Element) -> None:
        name = f"{case.get('classname', '')}::{case.get('name', '')}".removeprefix("::")
        self.seconds[name] = self.seconds.get(name, 0.0) + float(case.get("time", 0))
        skip = case.find("skipped")
        if skip is not None:
            self.skips[name] = " ".join(skip.get("message", "no reason given").split())

    def details(self) -> list[str]:
        """The slowest tests and every skip, in lines; nothing of a run without tests."""
        slow = [each for each in self.seconds.items() if each[1] >= WORTH_A_LINE_SECONDS]
        slowest = sorted(slow, key=lambda each: -each[1])[:SLOWEST]
        lines = [f"{'slow':<21}{seconds:6.1f} s  {name[:LONGEST_NAME]}" for name, seconds in slowest]
        return lines + [
            f"{'skipped':<12}{name[:LONGEST_NAME]}: {reason}" for name, reason in sorted(self.skips.items())
        ]

    def __str__(self) -> str:
        """The plain line that tells how the tests ended."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
