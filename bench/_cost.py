"""What a piece of work costs: CPU of the application and of PostgreSQL, and time on the clock."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from hitl.bench.processes import cpu_seconds
from hitl.bench.rows import Row, from_runs
from hitl.bench.stage import postgres_pid


@dataclass(frozen=True, slots=True)
class Cost:
    """What one unit of work costs, in milliseconds."""

    app: float
    database: float
    wall: float

    @property
    def cpu(self) -> float:
        """Application and database together."""
        return self.app + self.database


def cost(
    call: Callable[[], object], times: int, *, units: int = 1, app: Sequence[int] | int | None = None
) -> Cost:
    """Call something several times and return the cost of one of its `units`.

    CPU is what the operating system charged the processes `app` (None: this one) with their children, and the
    database server with all its helpers: other work on the machine does not count.
    """
    before, database, clock = _cpu(app), cpu_seconds([postgres_pid()]), time.perf_counter()
    for _ in range(times):
        call()
    seconds = (_cpu(app) - before, cpu_seconds([postgres_pid()]) - database, time.perf_counter() - clock)
    return Cost(*(value / times / units * 1000 for value in seconds))


def _cpu(pids: Sequence[int] | int | None) -> float:
    if pids is None or pids == os.getpid():
        return time.process_time()
    return cpu_seconds([pids] if isinstance(pids, int) else pids)


def cost_rows(name: str, runs: Sequence[Cost]) -> list[Row]:
    """Return the rows of repeated runs: together, and what of it is whose."""
    return [
        from_runs(name, "ms CPU", [run.cpu for run in runs]),
        Row("  of it the application", "ms CPU", median(run.app for run in runs)),
        Row("  of it PostgreSQL", "ms CPU", median(run.database for run in runs)),
    ]
