"""Read rows from a file, a few at a time: CSV, JSON lines or Parquet, also gzipped."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from hitl.shared.errors import HitlError

Row = tuple[int, dict[str, Any]]  # the line or row in the file, counted from 1, and its cells

LONGEST_CELL = 1_000_000
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class BadTable(HitlError):
    """This file cannot be read as rows. Give a CSV, JSON lines or Parquet file, gzipped or not."""

    code, status = "bad_table", 422


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are read, and how much of the file that is, from 0 to 1."""

    rows: Iterator[Row]
    done: Callable[[], float]


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """Open a file by its name's ending.

    Raises:
        BadTable: the ending is unknown, or (while rows are read) the file is damaged.
    """
    try:
        with path.open("rb") as file:
            yield read_table(file, path.name)
    except OSError as error:
        raise BadTable(f"{path}: {error.strerror or error}.") from None


def read_table(file: IO[bytes], name: str) -> Table:
    """Return the rows of an open file.

    Raises:
        BadTable: the name's ending is unknown, or (while rows are read) the file is damaged.
    """
    is_zipped = name.lower().endswith(".gz")
    kind = _SUFFIXES.get(Path(name.lower().removesuffix(".gz")).suffix)
    if kind is None:
        raise BadTable(
            f"{name[-60:]}: the ending is not known. Use .csv, .jsonl or .parquet, or these with .gz."
        )
    size = max(1, file.seek(0, io.SEEK_END))
    file.seek(0)
    content: IO[bytes] = gzip.GzipFile(fileobj=file) if is_zipped else file  # type: ignore[assignment]
    if kind == "parquet":
        return _parquet(io.BytesIO(content.read()) if is_zipped else content)
    reader = _csv if kind == "csv" else _jsonl
    return Table(_readable(reader(content)), lambda: min(1.0, file.tell() / size))


def _readable(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except UnicodeDecodeError as error:
        raise BadTable(f"The file is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None
    except (OSError, EOFError, csv.Error) as error:
        raise BadTable(f"The file is damaged: {error}.") from None


@contextmanager
def _as_text(file: IO[bytes]) -> Iterator[IO[str]]:
    """Read a file as UTF-8 and leave closing it to whoever opened it."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        if not file.closed:
            text.detach()


def _csv(file: IO[bytes]) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    with _as_text(file) as text:
        first = text.readline()
        try:
            separator = csv.Sniffer().sniff(first, delimiters=",;\t|").delimiter
        except csv.Error:
            separator = ","
        reader = csv.reader(chain([first], text), delimiter=separator)
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if len(cells) > len(header):
                yield line, {"(row)": f"{len(cells)} cells under {len(header)} columns"}
            elif cells:
                yield line, dict(zip(header, cells, strict=False))


def _check_header(header: list[str]) -> None:
    if not any(header):
        raise BadTable("The file is empty. Its first line must name the columns.")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled or "" in header:
        raise BadTable(
            f'The column "{doubled[0] if doubled else ""}" has no name of its own in the first line.'
        )


def _jsonl(file: IO[bytes]) -> Iterator[Row]:
    with _as_text(file) as text:
        for number, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                row = {"(row)": f"not JSON: {error}"[:200]}
            yield number, row if isinstance(row, dict) else {"(row)": "not a JSON object"}


def _parquet(file: IO[bytes]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise BadTable(f"The file is not Parquet: {str(error)[:200]}") from None
    total, read = max(1, parquet.metadata.num_rows), [0]

    def rows() -> Iterator[Row]:
        try:
            for batch in parquet.iter_batches(batch_size=1000):
                for row in batch.to_pylist():
                    read[0] += 1
                    yield read[0], row
        except (pa.ArrowException, OSError) as error:
            raise BadTable(f"The file is damaged: {str(error)[:200]}") from None

    return Table(rows(), lambda: read[0] / total)
