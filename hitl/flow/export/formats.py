"""Write an export as CSV, JSON lines or Parquet, a piece at a time."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cases.files.exports import guarded
from hitl.flow.export.rows import Export, Row

PIECE = 500  # rows that leave together
_GROUP = 5_000  # rows of a Parquet row group


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def as_spreadsheet(export: Export) -> Iterator[bytes]:
    """Yield a CSV that spreadsheets open with its letters right: they take UTF-8 for it only after a mark."""
    yield codecs.BOM_UTF8
    yield from as_csv(export)


def as_csv(export: Export) -> Iterator[bytes]:
    """Yield a CSV in UTF-8. A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    names = list(export.columns)
    yield _csv_lines([[guarded(name) for name in names]])
    for batch in _batches(export.rows, PIECE):
        yield _csv_lines([[_cell(row[name]) for name in names] for row in batch])


def _csv_lines(lines: list[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else value


def as_jsonl(export: Export) -> Iterator[bytes]:
    """Yield one JSON object a line."""
    for batch in _batches(export.rows, PIECE):
        yield b"".join(orjson.dumps(_nested(row)) + b"\n" for row in batch)


def _nested(row: Row) -> Row:
    """Put the fields of a case back together under `content`, as the API takes them."""
    content = {name.removeprefix("content."): row[name] for name in row if name.startswith("content.")}
    if not content:
        return row
    return {name: row[name] for name in row if not name.startswith("content.")} | {"content": content}


class _Drain(io.RawIOBase):
    """A sink that gives up what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def as_parquet(export: Export) -> Iterator[bytes]:
    """Yield a Parquet file, one row group after the other."""
    # Imported here: Arrow takes 40 MB of every process that loads it, and few ever write Parquet.
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = {
        "text": pa.string(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, arrow[kind]) for name, kind in export.columns.items()])
    sink = _Drain()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in _batches(export.rows, _GROUP):
            columns = [
                pa.array([_typed(row[name], kind) for row in batch], arrow[kind])
                for name, kind in export.columns.items()
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            yield sink.take()
    yield sink.take()


def _typed(value: Any, kind: str) -> Any:
    if value is None or kind == "time":
        return value
    if kind == "number":
        return float(value)
    return value if kind == "boolean" or isinstance(value, str) else str(value)


def _nothing(rows: int) -> bytes:
    """Return no end: a Parquet file is counted in its last bytes, without which nothing opens it."""
    return b""


def _counted_csv(rows: int) -> bytes:
    return f"# {rows} rows\r\n".encode()


def _broken_csv(rows: int) -> bytes:
    return f"# BROKEN OFF after {rows} rows: this export is not whole\r\n".encode()  # untranslated: a file


def _counted_jsonl(rows: int) -> bytes:
    return orjson.dumps({"rows": rows}) + b"\n"


def _broken_jsonl(rows: int) -> bytes:
    return (
        f"BROKEN OFF after {rows} rows: this export is not whole\n".encode()  # untranslated: a file
    )  # no JSON, so that readers stop


@dataclass(frozen=True, slots=True)
class Format:
    """How an export is written.

    Attributes:
        suffix: of the file's name.
        write: yields the file, a piece at a time.
        counted: the last line of a file that ends with how many rows it has.
        broken: what is sent after an error, so that the file does not look whole.
    """

    suffix: str
    content_type: str
    write: Callable[[Export], Iterator[bytes]]
    counted: Callable[[int], bytes]
    broken: Callable[[int], bytes]


_CSV = "text/csv; charset=utf-8"
FORMATS = {
    "csv": Format("csv", _CSV, as_csv, _counted_csv, _broken_csv),
    "spreadsheet": Format("csv", _CSV, as_spreadsheet, _counted_csv, _broken_csv),
    "jsonl": Format("jsonl", "application/x-ndjson", as_jsonl, _counted_jsonl, _broken_jsonl),
    "parquet": Format("parquet", "application/vnd.apache.parquet", as_parquet, _nothing, _nothing),
}


def written(export: Export, form: Format, *, ends_with_count: bool) -> Iterator[bytes]:
    """Yield a file that says so where it could not be written to its end."""
    rows = 0

    def counted() -> Iterator[Row]:
        nonlocal rows
        for row in export.rows:
            yield row
            rows += 1

    try:
        yield from form.write(Export(export.columns, counted()))
    except Exception:
        yield form.broken(rows)
        raise
    if ends_with_count:
        yield form.counted(rows)
