"""What a benchmark says: one row per thing measured, beside the bar it must meet.

A time says as much about the machine as about the service, and machines differ by a factor of four within a
day. So a bar is never held against a time: it is held against how many times a floor the thing costs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

TIMES = frozenset({"h", "min", "s", "ms", "us", "µs", "ns"})


def is_time(unit: str) -> bool:
    """Tell whether a unit is one of time, on the clock or of CPU."""
    return unit.split(" ", maxsplit=1)[0] in TIMES


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `low` and `high` bound what the repetitions gave. Smaller is better unless it says else.

    bar: what it must meet; aim: what it should reach; None where there is none (times, floors and peers).

    Raises:
        ValueError: a time has a bar or an aim.
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

    def __post_init__(self) -> None:
        if is_time(self.unit) and (self.bar is not None or self.aim is not None):
            raise ValueError(f"{self.name}: a time has no bar; hold its ratio to a floor against one.")

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


def ratio(name: str, runs: Sequence[float], floors: Sequence[float], **facts: Any) -> Row:
    """Return how many times its floor something costs: the median of the pairs, between their extremes.

    The n-th run and the n-th floor were measured one after the other, so that both met the same machine.

    Raises:
        ValueError: there is not a floor for each run, or a floor cost nothing: too little to measure.
    """
    if len(runs) != len(floors):
        raise ValueError(f"{name}: {len(runs)} runs beside {len(floors)} floors.")
    if min(floors) <= 0:
        raise ValueError(f"{name}: a floor of nothing; repeat it more often.")
    return from_runs(name, "x", [run / floor for run, floor in zip(runs, floors, strict=True)], **facts)


def absent(name: str) -> Row:
    """Return the row of a peer that is not installed, with the command that installs it."""
    return Row(name, "", None, note="not installed: python3 manage.py bench --peers")
