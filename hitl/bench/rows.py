"""What a benchmark says: one row per thing measured, beside the bar it must meet."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `low` and `high` bound what the repetitions gave. Smaller is better unless it says else.

    bar: what it must meet; aim: what it should reach; None where there is none (floors and peers).
    """

    name: str
    unit: str
    measured: float | None
    low: float | None = None
    high: float | None = None
    bar: float | None = None
    aim: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """True or false against the bar; None where there is no bar or nothing was measured."""
        if self.bar is None or self.measured is None:
            return None
        return self.measured >= self.bar if self.more_is_better else self.measured <= self.bar

    @property
    def reaches_aim(self) -> bool | None:
        """As `met`, for the aim."""
        if self.aim is None or self.measured is None:
            return None
        return self.measured >= self.aim if self.more_is_better else self.measured <= self.aim

    def as_json(self) -> dict[str, Any]:
        """Return the row as the JSON file has it."""
        return {**asdict(self), "met": self.met}


def from_runs(name: str, unit: str, runs: Sequence[float], **facts: Any) -> Row:
    """Return the row of repeated measurements: the median, between the smallest and the largest."""
    return Row(name, unit, median(runs), min(runs), max(runs), **facts)


def absent(name: str, install: str) -> Row:
    """Return the row of a peer that is not installed, with the command that installs it."""
    return Row(name, "", None, note=f"not installed: {install}")
