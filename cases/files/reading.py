"""How a file is read: which columns are fields of what kind, and which are label, reference and time.

One rule for every door. What was told and a workflow's fields hold; the rest is guessed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cases.content import printable
from cases.files.collected import MOST_ROWS, Collected, collect
from cases.files.columns import HAS_FORM, as_name, as_time, cell_as, is_of
from cases.files.dates import day_first
from cases.files.guess import FEW, Guess, guess_columns
from cases.files.tables import Table
from cases.files.told import Told
from cases.services.schemas import MAX_LABELS, MAX_NAME, checked_schema
from hitl.shared.errors import Invalid
from science.fields import Kind, Schema

_SHOWN = 30  # columns of a file that a message lists


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
    _check_rows(found)
    known = {field.name: field.kind for field in schema.fields} if schema else {}
    _check_told(found, told, known)
    guess = guess_columns(found, besides=known, label=told.label, reference=told.reference, time=told.time)
    fields = _fields(found, told, known, guess)
    required = {field.name for field in schema.fields if field.required} if schema else set()
    notes, loose = _notes(found, told, guess, fields if schema is None else []), set()
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


def check_label(reading: Reading) -> str:
    """Return the label column.

    Raises:
        Invalid: none is known, and none looks like one.
    """
    if reading.label is None:
        raise _problem(
            "label", "column is not named, and none looks like one", f"Name it. {_there(reading.columns)}"
        )
    return reading.label


def check_new(reading: Reading) -> list[dict[str, Any]]:
    """Return the labels, as the API takes them, if a workflow can be made of what was read.

    Raises:
        Invalid: it cannot; the problems say why, each with its fix.
    """
    column, n = check_label(reading), len(reading.labels)
    if n < 2:
        there = f'only "{printable(reading.labels[0])}"' if n else "nothing"
        raise _problem(
            "label", f'column "{column}" holds {there}', "Two labels are needed: name another column."
        )
    longest = max(map(len, reading.labels))
    if n > min(MAX_LABELS, max(2, reading.n_labelled / 2)) or longest > MAX_NAME:
        what = (
            f"{n:,} different values" if longest <= MAX_NAME else f"values of more than {MAX_NAME} characters"
        )
        fix = f"Name another column: at most {MAX_LABELS} short labels can be decided between."
        raise _problem("label", f'column "{column}" holds {what}', fix)
    labels = [{"name": label} for label in reading.labels]
    checked_schema(reading.fields, labels)
    return labels


def _problem(field: str, error: str, fix: str) -> Invalid:
    return Invalid([{"field": field, "error": error, "fix": fix}])


def _there(columns: Sequence[str]) -> str:
    more = ", …" if len(columns) > _SHOWN else ""
    return f"Columns of the file: {', '.join(columns[:_SHOWN])}{more}."


def _check_rows(found: Collected) -> None:
    if not found.n_rows:
        trouble = (
            f" The first trouble, in line {found.trouble[0]}: {found.trouble[1]}." if found.trouble else ""
        )
        raise _problem("file", "holds no rows", f"Give one with labelled cases.{trouble}")


def _check_told(found: Collected, told: Told, known: dict[str, Kind]) -> None:
    """Refuse what was told of columns that are not there, or that cannot be what was told."""
    columns, fields = found.columns, told.fields or ()
    there = _there(list(columns))
    roles = [("label", told.label), ("reference", told.reference), ("time", told.time)]
    wanted = [*roles, *(("fields", name) for name, _ in fields)]
    problems = [
        {"field": what, "error": f'column "{printable(name)}" is not in the file', "fix": there}
        for what, name in wanted
        if name is not None and name not in (found.inside if what == "fields" else columns)
    ]
    for name, kind in fields:
        if name == told.label:
            error, fix = f'name "{name}", which is the label', "Leave it out of the fields."
        elif known and known.get(name) is not kind:
            there = ", ".join(f"{name}:{kind}" for name, kind in known.items())
            error, fix = f'name "{name}:{kind}", which the workflow has not', f"It has {there}."
        else:
            continue
        problems.append({"field": "fields", "error": error, "fix": fix})
    if known and not known.keys() & found.inside.keys():
        error = f"of the workflow ({', '.join(sorted(known))}) are not in the file: it has none of them"
        problems.append({"field": "fields", "error": error, "fix": there})
    if told.time in columns and not any(as_time(cell) for cell in columns[str(told.time)]):
        fix = "Name another, or say that its days come first." if not told.day_first else "Name another."
        problems.append(
            {"field": "time", "error": f'column "{told.time}" holds no dates or times', "fix": fix}
        )
    if problems:
        raise Invalid(problems)


def _fields(found: Collected, told: Told, known: dict[str, Kind], guess: Guess) -> list[dict[str, Any]]:
    if not known and told.fields is None:
        return guess.fields
    kinds = dict(told.fields) if told.fields is not None else known
    return [
        {"name": name, "kind": kind.value, "required": all(as_name(cell) for cell in found.inside[name])}
        for name, kind in kinds.items()
        if name in found.inside
    ]


def _few_odd(cells: Sequence[object], kind: Kind) -> int:
    """Return how many cells are of another kind than the column, 0 where these are not few."""
    if kind not in HAS_FORM:
        return 0
    values = [cell_as(cell, kind) for cell in cells]
    odd = sum(not is_of(value, kind) for value in values)
    return odd if odd <= FEW * sum(value is not None for value in values) else 0


def _notes(found: Collected, told: Told, guess: Guess, fields: list[dict[str, Any]]) -> list[str]:
    """Say which columns of a new workflow's file are no fields, and whether all of it was seen."""
    roles = {guess.label, guess.reference, guess.time}
    left_out = set(found.inside) - roles - {field["name"] for field in fields} if fields else set()
    notes = [
        f"Not a field, as it names or dates the case: {name}."
        for name in (guess.reference, guess.time)
        if name
    ]
    if guess.label not in (None, "label", told.label):
        notes.append(f"The labels are those of the column {guess.label}.")
    if left_out:
        notes.append(f"Left out, as no field holds a list: {', '.join(sorted(left_out))}.")
    if not found.is_whole:
        notes.append(f"Guessed from the first {MOST_ROWS:,} rows.")
    return notes
