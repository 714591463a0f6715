"""What commands that take a file share: options that say how it is read, what a terminal shows of it."""

from argparse import _ActionsContainer
from collections.abc import Mapping
from typing import Any, TextIO

from cases.files.encoding import ENCODINGS
from cases.files.told import Told, parse_fields
from hitl.flow.setup.import_history import Outcome
from hitl.flow.setup.rehearsal import ALLOWED

BAR = 30
BAD_INPUT = 2  # the exit code of a command that was given a file or options that do not fit


def add_file_options(parser: _ActionsContainer) -> None:
    """Let a command be told how its file is read."""
    add = parser.add_argument
    add("--label", metavar="COLUMN", help="the column with the right answers (guessed when left out)")
    add(
        "--reference",
        metavar="COLUMN",
        help="the column that names each case (guessed when left out; - for none)",
    )
    add("--time", metavar="COLUMN", help="when each case came in (guessed when left out; - for none)")
    add("--fields", metavar="NAME:KIND,...", help="the columns that are fields (guessed when left out)")
    add("--entity", metavar="COLUMN", help="what a case belongs to: a customer, a speaker, a document")
    order = parser.add_mutually_exclusive_group()
    order.add_argument(
        "--day-first",
        action="store_const",
        const=True,
        dest="day_first",
        help="dates like 1/2/2026 are days of February",
    )
    order.add_argument(
        "--month-first",
        action="store_const",
        const=False,
        dest="day_first",
        help="dates like 1/2/2026 are days of January",
    )
    add("--encoding", metavar="NAME", help=f"what a text file is written in: {', '.join(ENCODINGS)}, ...")
    add(
        "--allow-refused",
        metavar="SHARE",
        type=_share,
        default=ALLOWED,
        help=f"the share of the rows that may be left out because they do not fit (default: {ALLOWED})",
    )


def told_by(options: Mapping[str, Any]) -> Told:
    """Return what those options say.

    Raises:
        Invalid: `--fields` cannot be read, or `--encoding` is none.
    """
    return Told(
        label=options["label"],
        reference=options["reference"],
        time=options["time"],
        fields=parse_fields(options["fields"]) if options["fields"] else None,
        entity=options["entity"],
        day_first=options["day_first"],
        encoding=options["encoding"],
    )


def _share(text: str) -> float:
    value = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


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
