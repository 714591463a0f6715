"""Import a labelled history from a file: chunk by chunk, what does not fit counted by its reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from cases.files.histories import labelled
from cases.files.proposal import check_label
from cases.files.reading import Reading
from cases.files.refusals import Refusals
from cases.files.tables import Table
from cases.services.imports import attest_whole, import_labelled
from cases.services.labelled import Imported, Labelled
from cases.services.row_names import RowNames
from hitl.shared.actor import Actor
from hitl.shared.errors import Problem
from hitl.shared.ids import new_id

CHUNK = 1_000

_Row = tuple[int, Labelled | list[Problem]]


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows: each was taken in, was there already, or was refused.

    Attributes:
        unattested: how many of those that were there already have no attested label.
        label: the column that the labels come from.
        notes: what whoever reads this should know, in sentences.
        is_attested: the rows that were taken in may prove something.
        cases: of the rows, those that were here among them.
    """

    taken: int = 0
    known: int = 0
    refused: int = 0
    unattested: int = 0
    reasons: Refusals = field(default_factory=Refusals)
    notes: tuple[str, ...] = ()
    label: str | None = None
    is_attested: bool = False
    cases: list[UUID] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.taken + self.known + self.refused

    def refusals(self) -> Iterator[str]:
        """Yield which rows were refused, and why, a reason at a time."""
        return self.reasons.sentences()

    def add(self, chunk: list[_Row], bring: Callable[[list[Labelled]], Imported]) -> None:
        """Bring a part of the file somewhere, and count what becomes of it."""
        items = [(line, item) for line, item in chunk if isinstance(item, Labelled)]
        result = bring([item for _, item in items])
        refused = [(line, problems) for line, problems in chunk if not isinstance(problems, Labelled)]
        refused += [(items[place][0], problems) for place, problems in result.refused]
        for line, problems in sorted(refused, key=lambda row: row[0]):
            self.reasons.add(line, problems)
        self.taken += result.taken
        self.known += result.known
        self.unattested += result.unattested
        self.cases += result.cases
        self.refused += len(refused)


def import_history(
    *,
    workflow_id: UUID,
    table: Table,
    reading: Reading,
    actor: Actor,
    now: datetime,
    attest: bool = False,
    all_new: bool = False,
    salt: UUID | None = None,
    media: Path | None = None,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> Outcome:
    """Import the rows of a file with their labels; rows that are already here are left alone.

    Each chunk is a transaction of its own: after an interruption the same file is imported again, and goes on
    where it stopped. What is attested counts as a sample once the file is through. `media` is the folder that
    cells of image and audio fields name files in. With `all_new` each row is a new case; the same `salt`
    names them the same again. `progress` is called with the share of the file that was read and the rows so
    far. Doors look at the whole file first (`hitl.flow.setup.take_in`): whether a sample may be attested is
    known only then.

    Raises:
        Invalid: it is not known which column is the label; nothing is taken in.
        cases.files.tables.BadTable: the file is damaged; the rows before the damage were taken in.
    """
    check_label(reading)
    outcome = Outcome(notes=reading.notes, label=reading.label, is_attested=attest)
    names = RowNames(salt=(salt or new_id()) if all_new else None)

    def bring(items: list[Labelled]) -> Imported:
        return import_labelled(
            workflow_id=workflow_id,
            items=items,
            actor=actor,
            now=now,
            attest=attest,
            is_part=True,
            names=names,
            all_new=all_new,
        )

    for chunk in chunks(labelled(table.rows, reading, folder=media, now=now)):
        outcome.add(chunk, bring)
        progress(table.done(), outcome.rows)
    if attest:
        attest_whole(workflow_id=workflow_id, case_ids=outcome.cases, actor=actor, now=now)
    return outcome


def chunks(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Yield the rows a part at a time."""
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
