"""Why rows of a file were refused: the reasons with the number of rows, since a list of rows is not read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

from cases.files.histories import sentences
from hitl.shared.errors import Problem
from hitl.shared.words import Words, joined

SHOWN = 10  # reasons
MAX_REASONS = 1_000  # different ones that are counted apart


@dataclass(slots=True)
class Reason:
    """One thing that is wrong with rows: the first of them, and how many there are."""

    line: int
    problem: Problem
    rows: int = 1


@dataclass(slots=True)
class Refusals:
    """What was refused, by reason, in the order in which the reasons came up."""

    rows: int = 0
    _reasons: dict[tuple[str, str], Reason] = field(default_factory=dict)

    def add(self, line: int, problems: Sequence[Problem]) -> None:
        """Count a row that was refused."""
        self.rows += 1
        for problem in problems:
            about = problem["field"], problem["error"]
            if (reason := self._reasons.get(about)) is not None:
                reason.rows += 1
            elif len(self._reasons) < MAX_REASONS:
                self._reasons[about] = Reason(line, problem)

    def reasons(self) -> list[Reason]:
        """Return the most frequent reasons, by the first line that they were met in."""
        often = sorted(self._reasons.values(), key=lambda reason: -reason.rows)[:SHOWN]
        return sorted(often, key=lambda reason: reason.line)

    def sentences(self) -> Iterator[str]:
        """Yield what to mend, a reason at a time."""
        for reason in self.reasons():
            said: list[str] = [*sentences(reason.line, [reason.problem])]
            if more := reason.rows - 1:
                said.append(
                    Words.counted("The same in %(n)s more row.", "The same in %(n)s more rows.", n=more)
                )
            yield joined(said)
        if (left := len(self._reasons) - SHOWN) > 0:
            yield Words.counted("... and %(n)s other reason", "... and %(n)s other reasons", n=left)

    @classmethod
    def of(cls, reasons: Iterable[Reason]) -> Self:
        """Return refusals of which the reasons are known."""
        return cls(_reasons={(each.problem["field"], each.problem["error"]): each for each in reasons})
