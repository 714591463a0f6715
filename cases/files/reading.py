"""How a file is read: which columns are fields of what kind, and which are label, reference and time.

One rule for every door. What was told and a workflow's fields hold; the rest is guessed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.files.checks import check_rows, check_told
from cases.files.collected import MOST_ROWS, Collected, collect
from cases.files.columns import as_name, cell_as, is_of
from cases.files.dates import day_first
from cases.files.guess import FEW, Guess, guess_columns
from cases.files.tables import Table
from cases.files.told import Told
from cases.kinds import KINDS
from science.fields import Kind, Schema


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    Attributes:
        fields: the columns that are fields, as the API takes them.
        labels: what the label column holds, in alphabetical order.
        label, reference, time: the columns that mean this; None where there is none.
        loose: fields whose few cells of another kind count as empty.
        notes: what whoever reads the outcome should know, in sentences.
        columns: all columns of the file.
        n_labelled: how many rows have a label.
    """

    fields: list[dict[str, Any]]
    labels: list[str]
    label: str | None
    reference: str | None
    time: str | None
    day_first: bool
    loose: frozenset[str]
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    n_labelled: int


def look_at(table: Table, told: Told, *, schema: Schema | None = None) -> Reading:
    """Read a file once, and return how it is to be read for a workflow of this schema, or for a new one.

    Raises:
        BadTable: it cannot be read.
        Invalid: it holds no rows, or not the columns that were told, or none of the workflow's fields.
    """
    found = collect(table.rows, read=day_first if told.day_first else None)
    check_rows(found)
    known = {field.name: field.kind for field in schema.fields} if schema else {}
    check_told(found, told, known)
    kinds = dict(told.fields) if told.fields is not None else known
    guess = guess_columns(found, besides=kinds, label=told.label, reference=told.reference, time=told.time)
    fields = _fields(found, kinds) if kinds else guess.fields
    required = {field.name for field in schema.fields if field.required} if schema else set()
    notes, loose = _notes(found, told, guess, is_guessed=not kinds), set()
    for field in fields:
        odd = _few_odd(found.inside[field["name"]], Kind(field["kind"]))
        if odd and field["name"] not in required:
            loose.add(field["name"])
            field["required"] = False
            notes.append(f"{field['name']}: {odd:,} cells that are no {field['kind']} count as empty.")
    labels = Counter(filter(None, map(as_name, found.columns[guess.label]))) if guess.label else Counter()
    return Reading(
        fields=fields,
        labels=sorted(labels),
        label=guess.label,
        reference=guess.reference,
        time=guess.time,
        day_first=told.day_first,
        loose=frozenset(loose),
        notes=tuple(notes),
        columns=tuple(found.columns),
        n_labelled=labels.total(),
    )


def _fields(found: Collected, kinds: Mapping[str, Kind]) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": kind.value, "required": all(as_name(cell) for cell in found.inside[name])}
        for name, kind in kinds.items()
        if name in found.inside
    ]


def _few_odd(cells: Sequence[object], kind: Kind) -> int:
    """Return how many cells are of another kind than the column, 0 where these are not few."""
    if KINDS[kind].is_formed is None:
        return 0
    values = [cell_as(cell, kind) for cell in cells]
    odd = sum(not is_of(value, kind) for value in values)
    return odd if odd <= FEW * sum(value is not None for value in values) else 0


def _notes(found: Collected, told: Told, guess: Guess, *, is_guessed: bool) -> list[str]:
    """Say what was guessed that is easily overlooked, and whether all of the file was seen."""
    notes = []
    if guess.label not in (None, "label", told.label):
        notes.append(f"The labels are those of the column {guess.label}.")
    if is_guessed:
        named = (name for name in (guess.reference, guess.time) if name is not None)
        notes += [f"Not a field, as it names or dates the case: {name}." for name in named]
    if is_guessed and (lists := found.lists & found.inside.keys()):
        notes.append(f"Left out, as no field holds a list: {', '.join(sorted(lists))}.")
    if not found.is_whole:
        notes.append(f"Guessed from the first {MOST_ROWS:,} rows.")
    return notes
