"""Import a labelled history from a file: chunk by chunk, each row named that does not fit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from cases.content import Problem
from cases.files.histories import labelled, sentences
from cases.files.proposal import check_label
from cases.files.reading import Reading
from cases.files.tables import Table
from cases.services.imports import Labelled, import_labelled
from hitl.shared.actor import Actor

CHUNK = 1_000
LISTED = 20  # refused rows that are told one by one

NotedRow = tuple[int, list[Problem]]
_Row = tuple[int, Labelled | list[Problem]]


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows: each was taken in, was there already, or was refused."""

    taken: int = 0
    known: int = 0
    refused: int = 0
    first_refused: list[NotedRow] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.taken + self.known + self.refused

    def refusals(self) -> Iterator[str]:
        """Yield which rows were refused, and why: the first ones by line, the others by their number."""
        for line, problems in self.first_refused:
            yield from sentences(line, problems)
        if left := self.refused - len(self.first_refused):
            yield f"... and {left:,} more rows that do not fit"


def import_history(
    *,
    workflow_id: UUID,
    table: Table,
    reading: Reading,
    actor: Actor,
    now: datetime,
    attest: bool = False,
    media: Path | None = None,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> Outcome:
    """Import the rows of a file with their labels; rows that are already here are left alone.

    Each chunk is a transaction of its own: after an interruption the same file is imported again, and goes on
    where it stopped. `media` is the folder that cells of image and audio fields name files in. `progress` is
    called with the share of the file that was read and the rows so far.

    Raises:
        Invalid: it is not known which column is the label; nothing is taken in.
        cases.files.tables.BadTable: the file is damaged; the rows before the damage were taken in.
    """
    check_label(reading)
    outcome = Outcome(notes=reading.notes)
    for chunk in _chunks(labelled(table.rows, reading, folder=media)):
        items = [(line, item) for line, item in chunk if isinstance(item, Labelled)]
        result = import_labelled(
            workflow_id=workflow_id, items=[item for _, item in items], actor=actor, now=now, attest=attest
        )
        refused = [(line, problems) for line, problems in chunk if not isinstance(problems, Labelled)]
        refused += [(items[place][0], problems) for place, problems in result.refused]
        outcome.taken += result.taken
        outcome.known += result.known
        outcome.refused += len(refused)
        outcome.first_refused += sorted(refused, key=lambda row: row[0])[
            : LISTED - len(outcome.first_refused)
        ]
        progress(table.done(), outcome.rows)
    return outcome


def _chunks(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
