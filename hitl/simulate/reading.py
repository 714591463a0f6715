"""Bring a labelled file into shape: fields, labels, and the rows in the order in which they came in."""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from cases.content import checker_for
from cases.files.columns import as_time, cell_as
from cases.files.guess import SAMPLE, Guess, guess_workflow
from cases.files.tables import BadTable, Row, opened
from cases.kinds import KINDS
from cases.services.schemas import MAX_FIELDS, MAX_LABELS, MAX_NAME, checked_schema
from hitl.shared.errors import Invalid
from hitl.simulate.errors import CannotSimulate
from hitl.simulate.options import Options
from science.fields import Kind, Schema

MIN_ROWS = 20
MAX_ROWS = 1_000_000
_LISTED = 3
_FEW = 0.05  # of the cells
_HIDDEN = (Kind.NUMBER, Kind.DATE)  # kinds that a few odd cells may have made look like texts


@dataclass(frozen=True, slots=True)
class Item:
    """One case with the truth about it; `at` is None where the file names no time."""

    content: Mapping[str, Any]
    label: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class World:
    """A file in shape: everything in it fits the fields and labels.

    Attributes:
        skipped: how many rows were left out because they do not fit.
        reasons: in words, why the first of them do not.
        notes: what a reader of the outcome should know about how the file was read.
    """

    fields: list[dict[str, Any]]
    labels: list[str]
    items: list[Item]
    label_column: str
    skipped: int = 0
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_world(options: Options) -> World:
    """Read the file of a simulation.

    Raises:
        CannotSimulate: it cannot be read as labelled cases; the sentence names the option and the fix.
    """
    rows, unreadable = _rows(options)
    columns = list(dict.fromkeys(name for _, row in rows for name in row))
    for option, name in (("--label", options.label), ("--time", options.time)):
        if name is not None and name not in columns:
            raise CannotSimulate(f'{option}: there is no column "{name}". {_there(columns)}')
    if len(rows) < MIN_ROWS:
        raise _too_few(len(rows), unreadable)
    if options.time and not any(as_time(row.get(options.time)) for _, row in rows):
        raise CannotSimulate(
            f'--time: the column "{options.time}" holds no ISO dates or times. Name another.'
        )
    guess, notes = _guess(rows, columns, options)
    if guess.label_column is None:
        raise CannotSimulate(f"--label: no column looks like a label. Name it. {_there(columns)}")
    fields = _fields(guess, rows, columns, options, notes)
    labels = _labels(guess.label_column, rows)
    world = _shaped(rows, fields, labels, guess.label_column, options, notes)
    reasons = (*unreadable, *world.reasons)[:_LISTED]
    n_skipped = world.skipped + len(unreadable)
    if len(world.items) < MIN_ROWS:
        raise _too_few(len(world.items), reasons)
    return World(fields, labels, world.items, world.label_column, n_skipped, reasons, tuple(notes))


def _too_few(n: int, reasons: Sequence[str]) -> CannotSimulate:
    first = f" The first that does not fit: {reasons[0]}" if reasons else ""
    return CannotSimulate(f"FILE has {n} rows that can be used; a simulation needs {MIN_ROWS}.{first}")


def _there(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
    return f"Columns of the file: {shown}."


def _rows(options: Options) -> tuple[list[Row], list[str]]:
    """Return the readable rows, flat, and what is wrong with the others."""
    rows: list[Row] = []
    unreadable: list[str] = []
    try:
        with opened(options.file) as table:
            for line, row in table.rows:
                if "(row)" in row:
                    unreadable.append(f"line {line}: {row['(row)']}")
                elif len(rows) == MAX_ROWS:
                    raise CannotSimulate(f"FILE has more than {MAX_ROWS:,} rows. Give a part of it.")
                else:
                    rows.append((line, _flat(row)))
    except BadTable as bad:
        raise CannotSimulate(f"FILE cannot be read. {bad.message}") from None
    if not rows:
        first = f" The first trouble: {unreadable[0]}." if unreadable else ""
        raise CannotSimulate(f"FILE {options.file} holds no rows.{first} Give a file with labelled cases.")
    return rows, unreadable


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Cases as the API writes them have their content apart from label and reference."""
    content = row.get("content")
    return (
        {**content, **{k: v for k, v in row.items() if k != "content"}} if isinstance(content, dict) else row
    )


def _guess(rows: Sequence[Row], columns: Sequence[str], options: Options) -> tuple[Guess, list[str]]:
    """Guess from rows spread over the whole file: its end may look different from its beginning."""
    step = max(1, -(-len(rows) // SAMPLE))
    sample = [row for _, row in rows[::step]]
    lists = sorted({name for row in sample for name, cell in row.items() if isinstance(cell, list | dict)})
    plain = [{k: v for k, v in row.items() if k not in lists} for row in sample]
    guess = guess_workflow(plain, label=options.label, time=options.time)
    notes = (
        [f"Left out, as no field holds a list: {', '.join(lists)}."] if lists and not options.fields else []
    )
    return guess, notes


def _fields(
    guess: Guess, rows: Sequence[Row], columns: Sequence[str], options: Options, notes: list[str]
) -> list[dict[str, Any]]:
    """Return the fields; none is required, because files have gaps."""
    if options.fields is not None:
        unknown = [name for name, _ in options.fields if name not in columns]
        if unknown:
            raise CannotSimulate(f'--fields: there is no column "{unknown[0]}". {_there(columns)}')
        if guess.label_column in dict(options.fields):
            raise CannotSimulate(
                f'--fields: "{guess.label_column}" is the label. Leave it out of the fields.'
            )
        found = [{"name": name, "kind": kind, "required": False} for name, kind in options.fields]
    else:
        found = [field | {"required": False, "kind": _kind_of(field, rows, notes)} for field in guess.fields]
        left_out = [name for name in (guess.reference_column, guess.time_column) if name]
        if left_out:
            notes.append(f"Not a field, as it names or dates the case: {', '.join(left_out)}.")
    if not found or len(found) > MAX_FIELDS:
        raise CannotSimulate(
            f"--fields: {len(found)} columns would be fields; a workflow takes 1 to {MAX_FIELDS}. Name them."
        )
    try:
        checked_schema(found, [{"name": "a"}, {"name": "b"}])
    except Invalid as invalid:
        problem = invalid.facts["errors"][0]
        raise CannotSimulate(f"--fields: {problem['field']} {problem['error']}. {problem['fix']}") from None
    return found


def _kind_of(field: Mapping[str, Any], rows: Sequence[Row], notes: list[str]) -> str:
    """Return the guessed kind if nearly every cell of the file is of it; else a category or a text.

    The few cells that are not count as empty, and a note says so.
    """
    kind, name = Kind(field["kind"]), field["name"]
    cells = [row.get(name) for _, row in rows]
    if kind.is_media:
        return kind.value
    for wanted in (kind,) if KINDS[kind].is_formed else _HIDDEN:
        values = [cell_as(cell, wanted) for cell in cells]
        odd = sum(not _is_of(wanted, value) for value in values)
        if odd <= _FEW * sum(value is not None for value in values) < len(values):
            if odd:
                notes.append(f"{name}: {odd:,} cells that are no {wanted.value} count as empty.")
            return wanted.value
    longest = max(len(str(cell)) if cell is not None else 0 for cell in cells)
    is_text = kind is Kind.TEXT or longest > MAX_NAME
    return (Kind.TEXT if is_text else Kind.CATEGORY).value


def _is_of(kind: Kind, value: object) -> bool:
    """Tell whether a value is empty or has the form of its kind, if that has one."""
    is_formed = KINDS[kind].is_formed
    return value is None or is_formed is None or is_formed(value)


def _labels(column: str, rows: Sequence[Row]) -> list[str]:
    counts = Counter(label for label in (_label(row.get(column)) for _, row in rows) if label)
    if len(counts) < 2:
        there = f'only "{next(iter(counts))}"' if counts else "nothing"
        raise CannotSimulate(
            f'--label: the column "{column}" holds {there}; deciding needs two labels. Name another column.'
        )
    too_long = next((label for label in counts if len(label) > MAX_NAME), None)
    if len(counts) > min(MAX_LABELS, counts.total() / 2) or too_long is not None:
        what = (
            f"{len(counts):,} different values"
            if too_long is None
            else f"values of {len(too_long)} characters"
        )
        raise CannotSimulate(
            f'--label: the column "{column}" holds {what}; at most {MAX_LABELS} short labels can be decided'
            " between. Name another column."
        )
    return sorted(counts)


def _label(cell: object) -> str:
    return str(cell_as(cell, Kind.CATEGORY) or "").strip()


def _shaped(
    rows: Sequence[Row],
    fields: list[dict[str, Any]],
    labels: list[str],
    column: str,
    options: Options,
    notes: list[str],
) -> World:
    checked = checked_schema(fields, [{"name": label} for label in labels])
    schema = Schema.from_json({"fields": checked.fields, "labels": labels})
    checker, kinds = checker_for(schema), {field.name: field.kind for field in schema.fields}
    items: list[Item] = []
    skipped: list[str] = []
    for line, row in rows:
        content = {name: _cell(row.get(name), kind, options.file.parent) for name, kind in kinds.items()}
        if options.fields is None:
            content = {name: value if _is_of(kinds[name], value) else None for name, value in content.items()}
        label = _label(row.get(column))
        at = as_time(row.get(options.time)) if options.time else None
        media = {name for name, value in content.items() if isinstance(value, bytes)}
        _, problems = checker.check({name: None if name in media else v for name, v in content.items()})
        if problems:
            field = problems[0]["field"].removeprefix("content.")
            skipped.append(f"line {line}: {field} {problems[0]['error']}. {problems[0]['fix']}")
        elif not label:
            skipped.append(f"line {line}: it has no label.")
        elif options.time and at is None:
            skipped.append(f'line {line}: "{str(row.get(options.time))[:40]}" is no time.')
        else:
            items.append(Item(content, label, at))
    if options.shuffle:
        random.Random(f"order of {options.seed}").shuffle(items)  # noqa: S311 - nobody is to be kept out
    elif options.time is None and _is_sorted(items):
        notes.append("The file is sorted by label: its world changes on the way. --shuffle mixes it.")
    if options.time:
        items.sort(key=lambda item: item.at)  # type: ignore[arg-type,return-value]  # each has one here
    return World(fields, labels, items, column, len(skipped), tuple(skipped[:_LISTED]), tuple(notes))


def _is_sorted(items: Sequence[Item]) -> bool:
    """Tell whether equal labels lie together: fewer changes from row to row than chance would ever give."""
    changes = sum(a.label != b.label for a, b in pairwise(items))
    counts = Counter(item.label for item in items)
    expected = len(items) * (1 - sum((count / len(items)) ** 2 for count in counts.values()))
    return expected > 20 and changes < expected / 5


def _cell(value: object, kind: Kind, folder: Path) -> object:
    """Return the cell as its field takes it; media as bytes, which a text names in the folder of the file."""
    if kind.is_media:
        path = (folder / str(value)).resolve()
        is_ours = isinstance(value, str) and path.is_relative_to(folder.resolve()) and path.is_file()
        return path.read_bytes() if is_ours else value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return cell_as(value, kind)
