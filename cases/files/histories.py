"""The rows of a file as labelled cases, and in words why one is none."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cases.content import Problem, printable
from cases.files.collected import parts
from cases.files.columns import as_name, as_time, cell_as, is_of
from cases.files.dates import day_first
from cases.files.reading import Reading
from cases.files.tables import Row
from cases.services.imports import Labelled
from science.fields import Kind

TIME_FIX = 'Write it like "2026-11-23" or "2026-11-23T05:19:00Z".'


def labelled(
    rows: Iterable[Row], reading: Reading, *, folder: Path | None = None
) -> Iterator[tuple[int, Labelled | list[Problem]]]:
    """Yield each row's line with its case, or with what is wrong with it.

    Whether content, label and reference fit a workflow is for `cases.services.imports.checked` to say.
    `folder` is that of the files which cells of image and audio fields name; without one these stay names.
    """
    kinds = {field["name"]: Kind(field["kind"]) for field in reading.fields}
    for line, row in rows:
        trouble = row.get("(row)")
        if trouble is not None:
            yield line, [{"field": "(row)", "error": str(trouble), "fix": "Mend the row."}]
        else:
            yield line, _case(row, kinds, reading, folder)


def sentences(line: int, problems: Iterable[Problem]) -> Iterator[str]:
    """Yield what is wrong with a row, as every door says it."""
    for problem in problems:
        yield f"line {line}: {problem['field']} {problem['error']}. {problem['fix']}"


def _case(
    row: Mapping[str, Any], kinds: Mapping[str, Kind], reading: Reading, folder: Path | None
) -> Labelled | list[Problem]:
    inside, outside = parts(row)
    label, reference, time = (
        outside.get(name, inside.get(name)) if name else None
        for name in (reading.label, reading.reference, reading.time)
    )
    at = as_time(day_first(time) if reading.day_first else time)
    if reading.time and at is None:
        error = f'is "{printable(as_name(time))}"' if as_name(time) else "is missing"
        return [{"field": "time", "error": error, "fix": TIME_FIX}]
    return Labelled(
        content={name: _value(inside.get(name), name, kind, reading, folder) for name, kind in kinds.items()},
        label=as_name(label),
        reference=as_name(reference) or None,
        at=at,
    )


def _value(cell: object, name: str, kind: Kind, reading: Reading, folder: Path | None) -> object:
    if kind.is_media and isinstance(cell, str) and folder is not None:
        return _file(folder, cell)
    value = cell_as(day_first(cell) if reading.day_first and kind is Kind.DATE else cell, kind)
    return None if name in reading.loose and not is_of(value, kind) else value


def _file(folder: Path, name: str) -> object:
    """Return the bytes of a file in the folder; where there is none, its name, which fits no field."""
    try:
        path = (folder / name).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) and path.is_file() else name
    except (OSError, ValueError):  # no path can be called so
        return name
