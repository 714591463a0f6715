"""Read rows from a file, a few at a time: CSV, JSON or Parquet, also gzipped."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from cases.files.delimited import delimited_rows
from cases.files.errors import BadTable, Unreadable
from cases.files.exports import Export, export_of, is_without_content, one_of
from cases.files.json_rows import json_rows
from cases.files.limits import COMMAND, Limits, Measured
from cases.files.parquet_rows import parquet_rows
from cases.names import clean_name
from hitl.shared.words import Words

__all__ = ["BadTable", "Row", "Table", "Unreadable", "opened", "read_table"]

Row = tuple[int, dict[str, Any]]  # the line or row in the file, counted from 1, and its cells

_SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are read, and how much of the file that is, from 0 to 1.

    `remarks` are sentences that whoever reads the rows should know, complete after the last of them;
    `export` is the tool whose export this is, known from the first row on.
    """

    rows: Iterator[Row]
    done: Callable[[], float]
    remarks: list[str] = field(default_factory=list)
    export: Callable[[], Export | None] = lambda: None


@contextmanager
def opened(path: Path, *, encoding: str | None = None, limits: Limits = COMMAND) -> Iterator[Table]:
    """Open a file by its name's ending; `encoding` is that of a text file, where it does not show.

    Raises:
        BadTable: the ending is unknown, or (while rows are read) the file is damaged.
    """
    try:
        with path.open("rb") as file:
            yield read_table(file, path.name, encoding=encoding, limits=limits)
    except OSError as error:
        raise BadTable(f"{path}: {error.strerror or error}.") from None


def read_table(file: IO[bytes], name: str, *, encoding: str | None = None, limits: Limits = COMMAND) -> Table:
    """Return the rows of an open file.

    Raises:
        BadTable: the name's ending is unknown, or (while rows are read) the file is damaged.
    """
    is_zipped = name.lower().endswith(".gz")
    kind = _SUFFIXES.get(Path(name.lower().removesuffix(".gz")).suffix)
    if kind is None:
        raise BadTable(
            Words(
                "%(name)s: the ending is not known. Use .csv, .jsonl or .parquet, or these with .gz.",
                name=name[-60:],
            )
        )
    size = max(1, file.seek(0, io.SEEK_END))
    file.seek(0)
    unzipped: IO[bytes] = gzip.GzipFile(fileobj=file) if is_zipped else file  # type: ignore[assignment]
    content: IO[bytes] = Measured(unzipped, limits)  # type: ignore[assignment]
    remarks: list[str] = []
    done = lambda: min(1.0, file.tell() / size)  # noqa: E731 - a name for the three below
    if kind == "parquet":
        rows, done = parquet_rows(content, is_zipped=is_zipped)
    elif kind == "json":
        rows = json_rows(content, encoding=encoding)
    else:
        rows = delimited_rows(content, remarks, encoding=encoding, is_tab=kind == "tsv")
    found: list[Export | None] = [None]
    shaped = _shaped(_few(_readable(rows), limits), found, is_text=kind in ("csv", "tsv"))
    return Table(shaped, done, remarks, lambda: found[0])


def _readable(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except (OSError, EOFError, zlib.error) as error:
        raise BadTable(Words("The file is damaged: %(error)s.", error=error)) from None


def _few(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    for n, row in enumerate(rows, start=1):
        if n > limits.rows:
            raise limits.too_many_rows()
        yield row


def _shaped(rows: Iterator[Row], found: list[Export | None], *, is_text: bool) -> Iterator[Row]:
    """Bring names into one form, and cases out of the shape that the tool gave them which exported them."""
    is_known, export = False, None
    for line, row in rows:
        if isinstance(row, Unreadable):
            yield line, row
            continue
        if not is_known and is_without_content(row):
            raise BadTable(
                Words(
                    "This export holds labels or decisions, and not what the cases say. Export the cases:"
                    " they come with their answers."
                )
            )
        if not is_known:
            is_known, found[0] = True, (export := export_of(row))
        if export:
            of_another = Unreadable(
                Words("not in the form of the first row, which %(tool)s exported", tool=export.tool)
            )
            row = export.case(row, is_text) if export.fits(row) else of_another
        yield line, row if (is_text and not export) or isinstance(row, Unreadable) else _cleaned(row)


def _cleaned(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with its names in one form, and what is alone in its list outside of it."""
    content = row.get("content")
    outer, inner = _flat(row), _flat(content) if isinstance(content, dict) else {}
    if outer is None or inner is None:
        return Unreadable(Words("two names that look the same"))
    return outer | {"content": inner} if isinstance(content, dict) else outer


def _flat(cells: dict[str, Any]) -> dict[str, Any] | None:
    """Return the cells; None where two names become one."""
    flat = {
        name if name.isascii() and name == name.strip() else clean_name(name): (
            one_of(cell) if isinstance(cell, list) else cell
        )
        for name, cell in cells.items()
    }
    return flat if len(flat) == len(cells) else None
