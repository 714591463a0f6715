"""What a terminal shows while a file is taken in, and what it says of it afterwards."""

from collections.abc import Iterator
from typing import TextIO

from hitl.flow.setup.import_history import Outcome

BAR = 30


def show_progress(stream: TextIO, done: float, rows: int) -> None:
    """Draw the bar anew, where somebody watches; `done` is the share of the file that was read."""
    if not stream.isatty():
        return
    full = round(BAR * done)
    end = "\n" if done >= 1 else ""
    stream.write(f"\r[{'#' * full}{'.' * (BAR - full)}] {100 * done:3.0f} %  {rows:,} rows{end}")
    stream.flush()


def refused_lines(outcome: Outcome) -> Iterator[str]:
    """Yield which rows were refused, and why: the first ones by line, the others by their number."""
    for line, problems in outcome.first_refused:
        for problem in problems:
            yield f"line {line}: {problem['field']} {problem['error']}. {problem['fix']}"
    left = outcome.refused - len(outcome.first_refused)
    if left:
        yield f"... and {left:,} more rows that do not fit"


def summary(outcome: Outcome) -> str:
    """Return the numbers, as one sentence."""
    return (
        f"{outcome.taken:,} cases taken in, {outcome.known:,} were there already, "
        f"{outcome.refused:,} refused."
    )
