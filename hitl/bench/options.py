"""What a user may say about a benchmark beyond its name."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Benchmarks that take them offer `run_with(options)`; the others see `quick` alone.

    Attributes:
        quick: fewer repetitions.
        only: parts to run, as the benchmark names them; empty means all.
        runs: repetitions, where the benchmark's own number is not wanted.
        minutes: how long it may take, about; repetitions are doubled while that allows.
        data: folder of data sets that are not part of the project.
        cache: folder where long runs are kept, so that they can be broken off and go on.
    """

    quick: bool
    only: tuple[str, ...] = ()
    runs: int | None = None
    minutes: float | None = None
    data: Path | None = None
    cache: Path | None = None
