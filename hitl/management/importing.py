"""What commands that take a file share: options that say how it is read, what a terminal shows of it."""

from argparse import _ActionsContainer
from collections.abc import Mapping
from typing import Any, TextIO

from cases.files.told import Told, parse_fields
from hitl.flow.setup.import_history import Outcome

BAR = 30


def add_file_options(parser: _ActionsContainer) -> None:
    """Let a command be told how its file is read."""
    add = parser.add_argument
    add("--label", metavar="COLUMN", help="the column with the right answers (guessed when left out)")
    add("--reference", metavar="COLUMN", help="the column that names each case (guessed when left out)")
    add("--time", metavar="COLUMN", help="when each case came in (guessed when left out)")
    add("--fields", metavar="NAME:KIND,...", help="the columns that are fields (guessed when left out)")
    add("--day-first", action="store_true", help="dates like 1/2/2026 are days of February")


def told_by(options: Mapping[str, Any]) -> Told:
    """Return what those options say.

    Raises:
        Invalid: `--fields` cannot be read.
    """
    return Told(
        label=options["label"],
        reference=options["reference"],
        time=options["time"],
        fields=parse_fields(options["fields"]) if options["fields"] else None,
        day_first=options["day_first"],
    )


def show_progress(stream: TextIO, done: float, rows: int) -> None:
    """Draw the bar anew, where somebody watches; `done` is the share of the file that was read."""
    if not stream.isatty():
        return
    full = round(BAR * done)
    end = "\n" if done >= 1 else ""
    stream.write(f"\r[{'#' * full}{'.' * (BAR - full)}] {100 * done:3.0f} %  {rows:,} rows{end}")
    stream.flush()


def summary(outcome: Outcome) -> str:
    """Return the numbers, as one sentence."""
    return (
        f"{outcome.taken:,} cases taken in, {outcome.known:,} were there already, "
        f"{outcome.refused:,} refused."
    )
