"""Rows of a Parquet file."""

import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from cases.files.columns import is_nameless
from cases.files.errors import BadTable
from hitl.shared.words import Words

Row = tuple[int, dict[str, Any]]
LARGEST_UNZIPPED = 1 << 30  # bytes of a gzipped file: its end must be read before its beginning
_BATCH = 1_000
_INDEX = "__index_level_"  # numbers of rows, which pandas keeps


def parquet_rows(file: IO[bytes], *, is_zipped: bool) -> tuple[Iterator[Row], Callable[[], float]]:
    """Return the rows, and how much of them was read.

    Raises:
        BadTable: it is no Parquet file, or (while rows are read) a damaged one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(_unzipped(file) if is_zipped else file)
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        raise BadTable(Words("The file is not Parquet: %(value)s", value=str(error)[:200])) from None
    total, read = max(1, parquet.metadata.num_rows), [0]
    columns = [
        name for name in parquet.schema_arrow.names if not (name.startswith(_INDEX) or is_nameless(name))
    ]
    if len(set(columns)) < len(columns):
        raise BadTable("Two columns of the file have the same name. Give each its own.")

    def rows() -> Iterator[Row]:
        try:
            for batch in parquet.iter_batches(batch_size=_BATCH, columns=columns):
                for row in batch.to_pylist():
                    read[0] += 1
                    yield read[0], row
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise BadTable(Words("The file is damaged: %(value)s", value=str(error)[:200])) from None

    return rows(), lambda: read[0] / total


def _unzipped(file: IO[bytes]) -> IO[bytes]:
    data = file.read(LARGEST_UNZIPPED + 1)
    if len(data) > LARGEST_UNZIPPED:
        raise BadTable("The file is too large to be unzipped in memory. Parquet needs no gzip: leave it out.")
    return io.BytesIO(data)
