"""Find out what an import of a file would do, before anything is written (ADR 0052)."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import UUID

from cases.files.histories import labelled
from cases.files.proposal import check_new
from cases.files.reading import Reading, look_at
from cases.files.refusals import Refusals
from cases.files.tables import Table, opened
from cases.files.told import NOTHING, Told
from cases.models import Workflow
from cases.selectors import schema_in_force
from cases.services.kept_files import stored_file
from cases.services.known_rows import sorted_out
from cases.services.labelled import Imported, Labelled
from cases.services.media import inspect_file
from cases.services.row_names import RowNames
from hitl.flow.setup.import_history import Outcome, chunks
from hitl.shared.errors import HitlError
from hitl.shared.ids import new_id
from hitl.shared.words import Words, joined
from science.fields import Kind, Schema

ALLOWED = 0.02  # share of the rows that may be refused unasked
_MANY = 10_000  # refused rows after which a file that has hardly others is given up


class TooManyRefused(HitlError):
    """Too many rows do not fit. Nothing was taken in."""

    code, status = "too_many_refused", 422


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read several times.

    Attributes:
        open: opens it for one reading.
        name: what it is called.
        told: what is known of its columns.
        folder: where the files lie that cells of images and recordings name; None: nowhere.
    """

    open: Callable[[], AbstractContextManager[Table]]
    name: str
    told: Told = NOTHING
    folder: Path | None = None

    @classmethod
    def of_open_file(cls, table: Callable[[], Table], name: str, told: Told) -> Self:
        """Return a file that is open already, and is read from its beginning each time."""
        return cls(lambda: nullcontext(table()), name, told)


def at_path(path: Path, told: Told = NOTHING, *, folder: Path | None = None) -> Source:
    """Return a file on this machine."""
    return Source(
        lambda: opened(path, encoding=told.encoding),
        path.name,
        told,
        path.parent if folder is None else folder,
    )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a file is read, and what would become of its rows."""

    reading: Reading
    outcome: Outcome

    @property
    def doubt(self) -> str:
        """Say why the rows that would be taken in are no longer the sample that was drawn; "" if they are."""
        if self.outcome.refused:
            return Words.counted(
                "%(n)s of its rows does not fit", "%(n)s of its rows do not fit", self.outcome.refused
            )
        if self.outcome.unattested:
            return Words.counted(
                "%(n)s of its rows is here already, without being attested",
                "%(n)s of its rows are here already, without being attested",
                self.outcome.unattested,
            )
        return ""


def rehearse(
    source: Source,
    *,
    workflow: Workflow | None,
    now: datetime,
    all_new: bool = False,
    salt: UUID | None = None,
    allow: float = ALLOWED,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> Rehearsal:
    """Read a file to its end, for a workflow or for a new one, and write nothing.

    Raises:
        BadTable: it cannot be read.
        Invalid: no workflow can be made of it, or it does not fit the one that is there.
        TooManyRefused: a larger share of the rows than `allow` does not fit.
    """
    version = schema_in_force(workflow) if workflow else None
    with source.open() as table:
        schema = version.schema if version else None
        reading = look_at(table, source.told, schema=schema, folder=source.folder)
    if schema is None:
        labels = [label["name"] for label in check_new(reading)]
        schema = Schema.from_json({"fields": reading.fields, "labels": labels})
    outcome = Outcome(notes=reading.notes)
    names = RowNames(salt=(salt or new_id()) if all_new else None)

    def bring(items: list[Labelled]) -> Imported:
        return sorted_out(
            items, schema=schema, version=version, asset=_asset, names=names, all_new=all_new, now=now
        )[1]

    with source.open() as table:
        for chunk in chunks(labelled(table.rows, reading, folder=source.folder, now=now)):
            outcome.add(chunk, bring)
            progress(table.done(), outcome.rows)
            if outcome.refused > max(_MANY, allow * outcome.rows) and outcome.refused > outcome.rows / 2:
                break
    check_refused(outcome.refused, outcome.rows, outcome.reasons, allow=allow)
    return Rehearsal(reading, outcome)


def check_refused(refused: int, rows: int, reasons: Refusals, *, allow: float) -> None:
    """Refuse a file of which too many rows do not fit.

    Raises:
        TooManyRefused: the message has the reasons, a line each.
    """
    if refused <= allow * rows:
        return
    share = refused / rows
    mend = Words("Mend the file: there is nothing else in it.")
    if share < 1:
        mend = Words(
            "Mend the file, or say that it may go on without them (--allow-refused %(share)s).",
            share=f"{min(1.0, (int(share * 100) + 1) / 100):g}",
        )
    raise TooManyRefused(
        joined(
            [
                Words(
                    "%(refused)s of %(rows)s rows (%(share)s) do not fit, and at most %(allowed)s may be left"
                    " out unasked. Nothing was taken in.",
                    refused=refused,
                    rows=rows,
                    share=f"{share:.1%}",
                    allowed=f"{allow:.0%}",
                ),
                *reasons.sentences(),
                mend,
            ],
            "\n",
        ),
        share=share,
    )


def _asset(file: bytes | str, kind: Kind) -> str:
    """Return the name of an image or a recording, which is stored only when its case is."""
    return (
        stored_file(file, kind=kind).sha256 if isinstance(file, str) else inspect_file(file, kind=kind).sha256
    )


__all__ = ["ALLOWED", "Rehearsal", "Source", "TooManyRefused", "at_path", "rehearse"]
