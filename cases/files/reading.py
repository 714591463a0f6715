"""How a file is read: which columns are fields of what kind, and which are label, reference and time.

One rule for every door (ADR 0042). What was told and a workflow's fields hold; then what is known of the tool
that wrote the file; the rest is guessed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.files.checks import check_rows, check_told
from cases.files.collected import MAX_ROWS, Collected, collect
from cases.files.columns import as_name, cell_as, is_nameless, is_of
from cases.files.guess import Guess, guess_columns
from cases.files.held import Held, held
from cases.files.labels import label_in, label_names
from cases.files.named_files import are_in, kind_of_files
from cases.files.styles import FEW, PLAIN, Prepare, Style, style_of, time_style_of
from cases.files.tables import Table
from cases.files.told import Told
from cases.kinds import KINDS
from cases.names import seen
from hitl.shared.words import Words
from science.fields import Kind, Schema


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    Attributes:
        fields: the columns that are fields, as the API takes them.
        labels: what the label column holds, in alphabetical order.
        counts: how many rows have each of them.
        known_labels: the labels that a cell may name: those of the workflow, else of the file.
        label, reference, time, entity: the columns that mean this; None where there is none.
        case_id: the column that names the case in an export of this service.
        prepare: by column, what is done to a cell before it is read.
        loose: fields whose few cells of another kind count as empty.
        notes: what whoever reads the outcome should know, in sentences.
        columns: all columns of the file; `left_out`: those that mean nothing here, with why.
        held: what the columns hold that are fields.
        n_rows: how many rows could be read.
    """

    fields: list[dict[str, Any]]
    labels: list[str]
    counts: Mapping[str, int]
    known_labels: tuple[str, ...]
    label: str | None
    reference: str | None
    time: str | None
    entity: str | None
    case_id: str | None
    prepare: Mapping[str, Prepare]
    loose: frozenset[str]
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    left_out: Mapping[str, str]
    held: Mapping[str, Held]
    n_rows: int

    @property
    def n_labelled(self) -> int:
        """How many rows have a label."""
        return sum(self.counts.values())


def look_at(table: Table, told: Told, *, schema: Schema | None = None, folder: Path | None = None) -> Reading:
    """Read a file once, and return how it is to be read for a workflow of this schema, or for a new one.

    `folder` is that of the files which cells of image and audio fields name.

    Raises:
        BadTable: it cannot be read.
        Invalid: it holds no rows, or not the columns that were told, or none of the workflow's fields.
    """
    found = collect(table.rows)
    check_rows(found)
    known = {field.name: field.kind for field in schema.fields} if schema else {}
    check_told(found, told, known)
    kinds = dict(told.fields) if told.fields is not None else known
    styles = _prepared(found, kinds, told)
    export = table.export()
    guess = guess_columns(
        found,
        besides=kinds,
        label=told.label or _there(found, export.label if export else None),
        reference=told.reference or _there(found, export.reference if export else None),
        time=told.time or _there(found, export.time if export else None),
    )
    named = {} if kinds else _named_files(found, guess, folder)
    fields = _fields(found, kinds) if kinds else [f | named.get(f["name"], {}) for f in guess.fields]
    fields = [field for field in fields if field["name"] != told.entity or told.fields is not None]
    required = {field.name for field in schema.fields if field.required} if schema else set()
    notes: list[str] = [export.said] if export else []
    notes += _notes(found, told, guess, is_guessed=not kinds)
    notes += [Words("%(name)s: its cells name files, which are taken in.", name=seen(name)) for name in named]
    notes += table.remarks
    notes += [
        Words("%(name)s: %(note)s.", name=seen(name), note=style.note)
        for name, style in styles.items()
        if style.note and (name in {field["name"] for field in fields} or name == guess.time)
    ]
    loose = set()
    for field in fields:
        odd = _few_odd(found.inside[field["name"]], Kind(field["kind"]))
        if odd and field["name"] not in required:
            loose.add(field["name"])
            field["required"] = False
            notes.append(
                Words.counted(
                    "%(name)s: %(n)s cell that is no %(kind)s counts as empty.",
                    "%(name)s: %(n)s cells that are no %(kind)s count as empty.",
                    odd,
                    name=seen(field["name"]),
                    kind=field["kind"],
                )
            )
    case_id = _there(found, export.case_id if export else None)
    meant = {guess.label, guess.reference, guess.time, told.entity, case_id}
    known_labels = tuple(schema.labels) if schema else ()
    counts = _label_counts(found.columns[guess.label] if guess.label else (), known_labels)
    return Reading(
        fields=fields,
        labels=sorted(counts),
        counts=counts,
        known_labels=known_labels or tuple(sorted(counts)),
        label=guess.label,
        reference=guess.reference,
        time=guess.time,
        entity=told.entity,
        case_id=case_id,
        prepare={name: style.prepare for name, style in styles.items() if style.prepare},
        loose=frozenset(loose),
        notes=tuple(map(seen, notes)),  # those that everybody can see stay `Words`
        columns=tuple(found.columns),
        left_out={
            name: _why_left_out(name, found, is_told=bool(kinds))
            for name in found.columns
            if name not in {*(field["name"] for field in fields), *meant}
        },
        held={field["name"]: held(found.inside[field["name"]]) for field in fields},
        n_rows=found.n_rows,
    )


def _there(found: Collected, column: str | None) -> str | None:
    return column if column in found.columns else None


def _prepared(found: Collected, kinds: Mapping[str, Kind], told: Told) -> dict[str, Style]:
    """Bring the cells of each column into the form in which they are read; return how each is written."""
    styles: dict[str, Style] = {}
    for columns in (found.inside, found.outside):
        for name, cells in columns.items():
            if name == told.label or name in styles:
                continue
            if name == told.time:
                style = time_style_of(cells, day_first=told.day_first)
            else:
                style = style_of(cells, kind=kinds.get(name), day_first=told.day_first)
            if style is PLAIN:
                continue
            styles[name] = style
            if style.prepare:
                columns[name] = [style.prepare(cell) for cell in cells]
    return styles


def _label_counts(cells: Sequence[object], known: Sequence[str]) -> dict[str, int]:
    names = Counter(
        label_in(cell, known) if known else as_name(cell)
        for cell in cells
        if cell is not None and not isinstance(cell, list | dict)
    )
    del names[""]
    means = {name: name for name in names} if known else label_names(names)
    counts: Counter[str] = Counter()
    for name, n in names.items():
        counts[means[name]] += n
    return dict(sorted(counts.items()))


def _fields(found: Collected, kinds: Mapping[str, Kind]) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": kind.value, "required": all(as_name(cell) for cell in found.inside[name])}
        for name, kind in kinds.items()
        if name in found.inside
    ]


def _named_files(found: Collected, guess: Guess, folder: Path | None) -> dict[str, dict[str, str]]:
    """Return which fields hold images or recordings, as their cells name files that are there."""
    if folder is None:
        return {}
    kinds = {field["name"]: kind_of_files(found.inside[field["name"]]) for field in guess.fields}
    return {
        name: {"kind": kind.value}
        for name, kind in kinds.items()
        if kind and are_in(folder, found.inside[name])
    }


def _few_odd(cells: Sequence[object], kind: Kind) -> int:
    """Return how many cells are of another kind than the column, 0 where these are not few."""
    if KINDS[kind].is_formed is None:
        return 0
    values = [cell_as(cell, kind) for cell in cells]
    odd = sum(not is_of(value, kind) for value in values)
    return odd if odd <= FEW * sum(value is not None for value in values) else 0


def _why_left_out(name: str, found: Collected, *, is_told: bool) -> str:
    if name not in found.inside:
        return Words("beside the content of a case")
    if name in found.lists:
        return Words("a list or an object, which no field holds")
    return Words("not among the fields") if is_told else Words("a column without a name")


def _notes(found: Collected, told: Told, guess: Guess, *, is_guessed: bool) -> list[str]:
    """Say what was guessed that is easily overlooked, and whether all of the file was seen."""
    notes: list[str] = []
    if guess.label not in (None, "label", told.label):
        notes.append(Words("The labels are those of the column %(name)s.", name=seen(str(guess.label))))
    if is_guessed:
        named = (name for name in (guess.reference, guess.time, told.entity) if name is not None)
        notes += [
            Words("Not a field, as it names or dates the case: %(name)s.", name=seen(name)) for name in named
        ]
    lists = (found.lists & found.inside.keys()) - {guess.label}
    if is_guessed and lists:
        names = ", ".join(map(seen, sorted(lists)))
        notes.append(Words("Left out, as no field holds a list or an object: %(names)s.", names=names))
    if is_guessed and any(map(is_nameless, found.inside)):
        notes.append(Words("Left out: a column without a name."))
    if not found.is_whole:
        notes.append(Words("Guessed from the first %(n)s rows.", n=min(found.n_rows, MAX_ROWS)))
    return notes
