"""Rows of a table as text: CSV by any of its separators, as spreadsheets, pandas and R write it."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any

from cases.files.columns import is_nameless
from cases.files.encoding import text_lines
from cases.files.errors import BadTable, Unreadable
from cases.files.quoting import Records
from cases.names import clean_name
from hitl.shared.words import Words

Row = tuple[int, dict[str, Any]]
_SEPARATORS = ",;\t|"
_SAMPLE = 60  # lines
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # Excel's
_END = re.compile(r"# (?:BROKEN OFF after )?(\d+) rows(: this export is not whole)?")  # of our exports
_ESCAPED = re.compile(r'\\"[^",;\t|\r\n]')


def delimited_rows(
    file: IO[bytes], remarks: list[str], *, encoding: str | None, is_tab: bool = False
) -> Iterator[Row]:
    """Yield each row under the names of the first line; `remarks` gets what a reader of the rows should know.

    Raises:
        BadTable: the first line names no columns, or a line cannot be read.
    """
    lines = text_lines(file, encoding)
    sample = list(islice(lines, _SAMPLE))
    skipped = 0
    while sample and not sample[0].strip():
        sample.pop(0)
        skipped += 1
    told = _SEP_LINE.fullmatch(sample[0]) if sample else None
    if told:
        sample.pop(0)
        skipped += 1
    escapes = any(map(_ESCAPED.search, sample))
    separator = told[1] if told else _separator(sample, escapes, is_tab=is_tab)
    records = Records(chain(sample, lines), separator, escapes=escapes, line=skipped)
    header, first_rows = _header(records, remarks)
    yield from _rows(chain(first_rows, records), header, remarks)
    if records.swallowed:
        shown = ", ".join(f"{line:,}" for line in records.swallowed[:5])
        n = len(records.swallowed)
        remarks.append(
            Words.counted(
                "%(n)s cell holds several lines that could each be a row, from line %(lines)s on: if rows "
                "are missing, a quotation mark is open there.",
                "%(n)s cells hold several lines that could each be a row, from line %(lines)s on: if rows "
                "are missing, a quotation mark is open there.",
                n,
                lines=shown + (", …" if n > 5 else ""),
            )
        )


def check_end(said: str, there: int, *, whole: bool) -> None:
    """Compare the last line of an export with the rows before it.

    Raises:
        BadTable: it was broken off, or rows of it are gone.
    """
    if not whole:
        raise BadTable(
            Words("The export was broken off after %(count)s rows. Export it again.", count=int(said))
        )
    if int(said) != there:
        raise BadTable(
            Words(
                "The export had %(count)s rows, and the file has %(there)s: some of it is gone.",
                count=int(said),
                there=there,
            )
        )


def _separator(sample: list[str], escapes: bool, *, is_tab: bool) -> str:
    """Return what separates the cells: what gives most lines as many of them as the first has, and many."""
    best, most = ",", (0.0, 0)
    for candidate in _SEPARATORS:
        widths = [
            len(cells) for _, cells in islice(Records(iter(sample), candidate, escapes=escapes), _SAMPLE)
        ]
        if not widths or widths[0] < 2:
            continue
        if is_tab and candidate == "\t":
            return candidate
        ((_, often),) = Counter(widths[1:] or widths).most_common(1)
        score = (round(often / max(1, len(widths) - 1), 1), widths[0])
        if score > most:
            best, most = candidate, score
    return best


def _header(records: Records, remarks: list[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the columns' names, "" where one has none, and the rows that were read to learn them."""
    reading = iter(records)
    _, cells = next(reading, (0, [""]))
    names = ["" if is_nameless(name := clean_name(cell)) else name for cell in cells]
    rows = list(islice(reading, _SAMPLE))
    if not any(names):
        raise BadTable("The file is empty. Its first line must name the columns.")
    widths = {len(row) for _, row in rows}
    if len(rows) > 1 and widths == {len(names) + 1} and any(row[-1].strip() for _, row in rows):
        names = ["", *names]  # names of rows that no column is for, as R writes them
    doubled = sorted(name for name, n in Counter(filter(None, names)).items() if n > 1)
    if doubled:
        raise BadTable(
            Words(
                'Two columns are called "%(doubled)s" in the first line. Give each its own name.',
                doubled=doubled[0],
            )
        )
    nameless = [place for place, name in enumerate(names) if not name]
    if any(place < len(row) and row[place].strip() for _, row in rows for place in nameless):
        remarks.append(Words("Left out: a column without a name."))
    return names, rows


def _rows(records: Iterator[tuple[int, list[str]]], names: list[str], remarks: list[str]) -> Iterator[Row]:
    width, n_short, first_short = len(names), 0, 0
    columns = [(place, name) for place, name in enumerate(names) if name]
    has_all = len(columns) == width
    for n_before, (line, cells) in enumerate(records):
        if len(cells) == 1 < width and (end := _END.fullmatch(cells[0])):
            check_end(end[1], n_before, whole=end[2] is None)
            return
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            yield (
                line,
                Unreadable(Words("%(n)s cells under %(width)s columns", n=str(len(cells)), width=str(width))),
            )
            continue
        if len(cells) < width:
            n_short, first_short = n_short + 1, first_short or line
        if has_all:
            yield line, dict(zip(names, cells, strict=False))
        else:
            yield line, {name: cells[place] for place, name in columns if place < len(cells)}
    if n_short:
        remarks.append(
            Words.counted(
                "%(n)s row has fewer cells than there are columns, the first in line %(line)s: the others "
                "count as empty.",
                "%(n)s rows have fewer cells than there are columns, the first in line %(line)s: the others "
                "count as empty.",
                n_short,
                line=first_short,
            )
        )
