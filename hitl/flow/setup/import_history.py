"""Import a labelled history from a file: chunk by chunk, each row named that does not fit."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from cases.content import Problem
from cases.files.columns import as_time, cell_as
from cases.files.guess import SAMPLE, Guess, guess_workflow
from cases.files.tables import Row, Table
from cases.models import SchemaVersion, Workflow
from cases.services.imports import Labelled, import_labelled
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from science.fields import Kind, Schema

CHUNK = 1_000
LISTED = 20  # refused rows that are told one by one

NotedRow = tuple[int, list[Problem]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a file mean something; all others are fields."""

    label: str
    reference: str | None = None
    time: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows."""

    taken: int = 0
    known: int = 0
    refused: int = 0
    first_refused: list[NotedRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.taken + self.known + self.refused


def import_history(
    *,
    workflow_id: UUID,
    table: Table,
    columns: Columns,
    actor: Actor,
    now: datetime,
    attest: bool = False,
    media: Path | None = None,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> Outcome:
    """Take in the rows of a file with their labels; what was taken in before is left alone.

    Each chunk is a transaction of its own: after an interruption the same file is imported again, and goes on
    where it stopped. `media` is the folder that cells of image and audio fields name files in. `progress` is
    called with the share of the file that was read and the rows so far.

    Raises:
        Invalid: the file has no such column, or lacks every field of the workflow; nothing is taken in.
        cases.files.tables.BadTable: the file is damaged; the rows before the damage were taken in.
    """
    schema = SchemaVersion.objects.get(workflow_id=workflow_id, number=_current(workflow_id)).schema
    outcome = Outcome()
    for chunk in _chunks(_checked_first(table.rows, columns, schema)):
        items, lines = [], []
        for line, row in chunk:
            trouble = row.get("(row)")
            if trouble is not None:
                _refuse(outcome, line, [{"field": "(row)", "error": str(trouble), "fix": "Mend the row."}])
                continue
            items.append(_labelled(row, columns, schema, media))
            lines.append(line)
        result = import_labelled(workflow_id=workflow_id, items=items, actor=actor, now=now, attest=attest)
        outcome.taken += result.taken
        outcome.known += result.known
        for place, problems in result.refused:
            _refuse(outcome, lines[place], problems)
        progress(table.done(), outcome.rows)
    return outcome


def guess_table(table: Table, *, besides: Iterable[str] = (), **named: str | None) -> Guess:
    """Return what the first rows of a file suggest, apart from the columns that are known as fields.

    Cases as the API writes them (content apart from label and reference) are understood as well.
    """
    rows = [row for _, row in islice(table.rows, SAMPLE) if "(row)" not in row]
    flat = [{**row.pop("content"), **row} if _is_nested(row) else row for row in rows]
    known = set(besides)
    apart = [{name: cell for name, cell in row.items() if name not in known} for row in flat]
    return guess_workflow(apart, **named)


def _current(workflow_id: UUID) -> int:
    return Workflow.objects.values_list("schema_version", flat=True).get(pk=workflow_id)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _checked_first(rows: Iterator[Row], columns: Columns, schema: Schema) -> Iterator[Row]:
    """Look at the first readable row: a file without the columns is refused before anything is taken in."""
    is_checked = False
    for line, row in rows:
        if not is_checked and "(row)" not in row:
            _check_columns(row, columns, schema)
            is_checked = True
        yield line, row


def _check_columns(row: Mapping[str, Any], columns: Columns, schema: Schema) -> None:
    there = f"Columns of the file: {', '.join(map(str, row))}."
    problems = [
        {"field": what, "error": f'the file has no column "{name}"', "fix": there}
        for what, name in (("label", columns.label), ("reference", columns.reference), ("time", columns.time))
        if name is not None and name not in row
    ]
    fields = {each.name for each in schema.fields}
    if not _is_nested(row) and not fields & set(row):
        error = f"the file has none of the workflow's fields ({', '.join(sorted(fields))})"
        problems.append({"field": "fields", "error": error, "fix": there})
    if problems:
        raise Invalid(problems)


def _is_nested(row: Mapping[str, Any]) -> bool:
    """Tell whether the row is a case as the API writes it: content apart from label and reference."""
    return isinstance(row.get("content"), dict)


def _labelled(row: Mapping[str, Any], columns: Columns, schema: Schema, media: Path | None) -> Labelled:
    cells = row["content"] if _is_nested(row) else row
    kinds = {each.name: each.kind for each in schema.fields}
    apart = {columns.label, columns.reference, columns.time}
    content = {
        name: _value(value, kinds[name], media) if name in kinds else value
        for name, value in cells.items()
        if name in kinds or (_is_nested(row) and name not in apart)
    }
    reference = row.get(columns.reference) if columns.reference else None
    label = row.get(columns.label)
    return Labelled(
        content=content,
        label=str(cell_as(label, Kind.CATEGORY) or ""),
        reference=None if reference in (None, "") else str(reference).strip(),
        at=as_time(row.get(columns.time)) if columns.time else None,
    )


def _value(value: object, kind: Kind, media: Path | None) -> object:
    if kind.is_media and isinstance(value, str) and media is not None:
        return _file(media, value)
    return cell_as(value, kind)


def _file(folder: Path, name: str) -> object:
    """Return the bytes of a file in the folder; where there is none, its name, which fits no field."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return name
    return path.read_bytes()


def _refuse(outcome: Outcome, line: int, problems: list[Problem]) -> None:
    outcome.refused += 1
    if len(outcome.first_refused) < LISTED:
        outcome.first_refused.append((line, problems))
