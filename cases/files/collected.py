"""The cells of a file by column, as far as the guess needs them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cases.files.errors import Unreadable
from cases.files.tables import Row

MAX_ROWS = 1_000_000
"""How many rows a guess sees: all of nearly every file, and of a larger one the first."""
MAX_CELLS = 40_000_000
"""How many cells it sees, of a file of many columns."""

_SHORT = 24  # characters of a text that is likely to be there again
_SHARED = 100_000
_SEEN = 201  # of a text or of bytes: more tells nothing of what a column holds

Columns = dict[str, list[object]]


@dataclass(slots=True)
class Collected:
    """Cells by column, None where a row has none; all lists have one entry a row.

    Attributes:
        inside: columns that may be fields.
        outside: what stands beside the content of a case as the API writes it: no field, but perhaps its
            label, its reference or its time.
        lists: columns with a list or an object in a cell, which no field holds.
        n_rows: how many rows could be read.
        is_whole: the file ended before `MAX_ROWS`.
        trouble: line and reason of the first row that could not be read.
    """

    inside: Columns = field(default_factory=dict)
    outside: Columns = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    n_rows: int = 0
    is_whole: bool = True
    trouble: tuple[int, str] | None = None

    @property
    def columns(self) -> Columns:
        """All columns; what stands outside hides what is called the same inside."""
        return self.inside | self.outside


def parts(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the cells that may be fields, and those beside them in a case as the API writes it."""
    content = row.get("content")
    if not isinstance(content, dict):
        return row, {}
    return content, {name: cell for name, cell in row.items() if name != "content"}


def collect(rows: Iterable[Row]) -> Collected:
    """Collect the cells of the rows; after `MAX_ROWS` or `MAX_CELLS` the others are only read."""
    found = Collected()
    n_cells = 0
    texts: dict[str, str] = {}  # equal texts are held once
    for line, row in rows:
        if isinstance(row, Unreadable):
            found.trouble = found.trouble or (line, row.reason)
            continue
        if found.n_rows == MAX_ROWS or n_cells >= MAX_CELLS:
            found.is_whole = False
            continue
        for cells, columns in zip(parts(row), (found.inside, found.outside), strict=True):
            n_cells += len(cells)
            for name, cell in cells.items():
                if isinstance(cell, str):
                    cell = cell if len(cell) < _SEEN else cell[:_SEEN]
                    cell = (
                        texts.setdefault(cell, cell) if len(cell) < _SHORT and len(texts) < _SHARED else cell
                    )
                elif isinstance(cell, bytes):
                    cell = cell[:_SEEN]
                elif isinstance(cell, list | dict):
                    found.lists.add(name)
                column = columns.get(name)
                if column is None:
                    column = columns[name] = []
                if len(column) < found.n_rows:
                    _fill(column, found.n_rows)
                column.append(cell)
        found.n_rows += 1
    for column in (*found.inside.values(), *found.outside.values()):
        _fill(column, found.n_rows)
    return found


def _fill(column: list[object], length: int) -> None:
    column.extend([None] * (length - len(column)))
