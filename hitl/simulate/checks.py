"""What must hold of a file and the options before a world is played."""

from hitl.simulate.errors import CannotSimulate
from hitl.simulate.options import Options
from hitl.simulate.reading import World


def starts_with(options: Options, n_rows: int) -> int:
    """Return how many rows are history.

    Raises:
        CannotSimulate: that leaves no case.
    """
    if options.start is None:
        return min(2_000, n_rows // 5)
    if options.start >= n_rows:
        raise CannotSimulate(
            f"--start {options.start:,} leaves no case: FILE has {n_rows:,} usable rows. Give fewer."
        )
    return options.start


def check_drift(options: Options, n_cases: int, n_history: int) -> None:
    """Refuse a drift that cannot be put into this file.

    Raises:
        CannotSimulate: its case is not in the stream, or it needs a model that is not there.
    """
    drift = options.drift
    if drift is None:
        return
    if not 1 <= drift.case <= n_cases:
        raise CannotSimulate(
            f"--drift {drift.kind}@{drift.case}: cases are counted from 1 after the history, here to"
            f" {n_cases:,}. Name one of them."
        )
    if drift.kind != "prior" and n_history == 0:
        raise CannotSimulate(f"--drift {drift.kind} needs a first model. Give a history with --start.")


def check(world: World, options: Options) -> int:
    """Return how many rows are history, if the options fit the world.

    Raises:
        CannotSimulate: they do not.
    """
    n_history = starts_with(options, len(world.items))
    check_drift(options, len(world.items) - n_history, n_history)
    return n_history
