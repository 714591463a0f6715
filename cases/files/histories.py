"""Turn the rows of a file into labelled cases, or say why a row is none."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from cases.content import printable
from cases.files.collected import parts
from cases.files.columns import as_name, as_time, cell_as, is_of
from cases.files.errors import Unreadable
from cases.files.labels import label_in
from cases.files.named_files import file_in
from cases.files.reading import Reading
from cases.files.tables import Row
from cases.files.told import NONE
from cases.kinds.date import iso_date
from cases.services.labelled import Labelled
from hitl.shared.errors import Problem, in_a_sentence
from hitl.shared.words import Words
from science.fields import Kind

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)  # what lies before is a default of some tool
_SHA256 = re.compile(r"[0-9a-f]{64}")
TIME_FIX = Words('Write it like "2026-11-23" or "2026-11-23T05:19:00Z".')


def labelled(
    rows: Iterable[Row], reading: Reading, *, folder: Path | None = None, now: datetime | None = None
) -> Iterator[tuple[int, Labelled | list[Problem]]]:
    """Yield each row's line with its case, or with what is wrong with it.

    Whether content, label and reference fit a workflow is for `cases.services.labelled.checked` to say.
    `folder` is that of the files which cells of image and audio fields name; without one these stay names.
    `now`: no case can have come in after it.
    """
    kinds = {field["name"]: Kind(field["kind"]) for field in reading.fields}
    read = {name: partial(_value, name, kind, reading, folder) for name, kind in kinds.items()}
    files = [name for name, kind in kinds.items() if kind.is_media]
    latest = None if now is None else now + timedelta(days=1)  # clocks and zones differ
    for line, row in rows:
        if isinstance(row, Unreadable):
            yield line, [Problem(field="(row)", error=row.reason, fix="Mend the row.")]
        else:
            yield line, _case(row, read, files, reading, folder, latest)


def sentences(line: int, problems: Iterable[Problem]) -> Iterator[Words]:
    """Yield what is wrong with a row, as every door says it."""
    for problem in problems:
        yield Words("line %(line)s: %(problem)s", line=str(line), problem=in_a_sentence(problem))


def _case(
    row: Mapping[str, Any],
    read: Mapping[str, Callable[[object], object]],
    files: Sequence[str],
    reading: Reading,
    folder: Path | None,
    latest: datetime | None,
) -> Labelled | list[Problem]:
    inside, outside = parts(row)

    def cell(name: str | None) -> object:
        if name is None:
            return None
        found, prepare = outside.get(name, inside.get(name)), reading.prepare.get(name)
        return prepare(found) if prepare else found

    label, time = cell(reading.label), cell(reading.time)
    if isinstance(label, list | dict):
        error = (
            Words("is a list of %(n)s", n=str(len(label)))
            if isinstance(label, list)
            else Words("is an object")
        )
        return [Problem(field="label", error=error, fix="Give each case one label.")]
    at = as_time(time)
    if reading.time and (problem := _time_problem(time, at, latest)):
        return [problem]
    content = {name: value(inside.get(name)) for name, value in read.items()}
    named = ((name, content[name]) for name in files)
    if absent := [_not_there(name, file, folder) for name, file in named if isinstance(file, str)]:
        return absent
    return Labelled(
        content=content,
        label=label_in(label, reading.known_labels),
        reference=as_name(cell(reading.reference)) or None,
        at=at,
        case_id=_uuid(cell(reading.case_id)),
        entity=as_name(cell(reading.entity)) or None,
    )


def _time_problem(cell: object, at: datetime | None, latest: datetime | None) -> Problem | None:
    if at is not None and at >= EARLIEST and (latest is None or at <= latest):
        return None
    name = as_name(cell)
    value, iso = printable(name), iso_date(name)
    if at is None and iso is None:
        error = Words('is "%(value)s"', value=value) if name else Words("is missing")
        return Problem(field="time", error=error, fix=TIME_FIX)
    # `at` is None where UTC falls out of the calendar, at either end
    is_early = at < EARLIEST if at is not None else str(iso) < str(EARLIEST.year)
    error = (
        Words('is "%(value)s", which is before computers kept time', value=value)
        if is_early
        else Words('is "%(value)s", which is still to come', value=value)
    )
    fix = Words('Mend it, or name another column for the time, or none with "%(none)s".', none=NONE)
    return Problem(field="time", error=error, fix=fix)


def _uuid(cell: object) -> UUID | None:
    try:
        return UUID(cell) if isinstance(cell, str) else None
    except ValueError:
        return None


def _value(name: str, kind: Kind, reading: Reading, folder: Path | None, cell: object) -> object:
    if isinstance(cell, str) and kind.is_media:
        if reading.case_id is not None and _SHA256.fullmatch(cell):
            return {"asset": cell}
        return _bytes(cell, folder) if cell.strip() else None
    prepare = reading.prepare.get(name)
    value = cell_as(prepare(cell) if prepare else cell, kind)
    return None if name in reading.loose and not is_of(value, kind) else value


def _bytes(name: str, folder: Path | None) -> bytes | str:
    """Return what the file holds; where there is none, its name."""
    path = None if folder is None else file_in(folder, name)
    try:
        return name if path is None else path.read_bytes()
    except OSError:
        return name


def _not_there(name: str, cell: str, folder: Path | None) -> Problem:
    if folder is None:
        error = Words("names a file")
        fix = Words("Files come with a table by command: manage.py import_cases --media FOLDER.")
    else:
        error = Words("names a file that cannot be read in %(folder)s", folder=folder)
        fix = Words(
            'Put "%(file)s" there. import_cases takes another folder by --media.', file=printable(cell)
        )
    return Problem(field=f"content.{name}", error=error, fix=fix)
