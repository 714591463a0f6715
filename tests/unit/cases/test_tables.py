"""Rows of files, whatever wrote them."""

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.files.tables import BadTable, opened, read_table
from cases.files.told import Told


def read(data: bytes, name: str) -> list[tuple[int, dict[str, Any]]]:
    return list(read_table(io.BytesIO(data), name).rows)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_may_be_separated_by_what_is_usual(separator: str) -> None:
    text = "a,b\n1,x\n2,y\n".replace(",", separator)
    assert read(text.encode(), "f.csv") == [(2, {"a": "1", "b": "x"}), (3, {"a": "2", "b": "y"})]


def test_a_byte_order_mark_and_windows_lines_are_understood() -> None:
    assert read("\ufeffa,b\r\n1,ü\r\n".encode(), "f.csv") == [(2, {"a": "1", "b": "ü"})]


def test_cells_may_hold_separators_quotes_and_lines() -> None:
    rows = read(b'a,b\n"x, y","say ""hi""\nand more"\nlast,1\n', "f.csv")
    assert rows == [(2, {"a": "x, y", "b": 'say "hi"\nand more'}), (4, {"a": "last", "b": "1"})]


def test_line_numbers_hold_beyond_what_is_looked_at_first() -> None:
    body = "a,b\n" + "".join(f"{n},{'x' * 50}\n" for n in range(5000))
    rows = read(body.encode(), "f.csv")
    assert len(rows) == 5000
    assert all(line == int(row["a"]) + 2 for line, row in rows)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            min_size=2,
            max_size=2,
        ),
        max_size=20,
    )
)
def test_what_the_csv_module_writes_is_read_back(cells: list[list[str]]) -> None:
    import csv

    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *cells])
    read_back = [list(row.values()) for _, row in read(file.getvalue().encode(), "f.csv")]
    assert read_back == cells


def test_a_row_with_too_many_cells_is_marked_and_the_next_is_read() -> None:
    rows = read(b"a,b\n1,2,3\n4,5\n", "f.csv")
    assert "(row)" in rows[0][1]
    assert rows[1] == (3, {"a": "4", "b": "5"})


def test_lines_of_json_are_rows_and_a_bad_one_is_marked() -> None:
    rows = read(b'{"a": 1}\n\n[1]\n{"a": \n{"a": 2}', "f.jsonl")
    assert [line for line, _ in rows] == [1, 3, 4, 5]
    assert [row.get("a") for _, row in rows] == [1, None, None, 2]
    assert all("(row)" in row for _, row in rows[1:3])


def test_parquet_keeps_its_types() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), file)
    assert read(file.getvalue(), "f.parquet") == [(1, {"a": 1, "b": "x"}), (2, {"a": 2, "b": None})]
    assert read(gzip.compress(file.getvalue()), "f.parquet.gz")[1][1]["a"] == 2


def test_gzipped_files_are_read_by_their_inner_ending(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress(b"a\n1\n"))
    with opened(path) as table:
        assert list(table.rows) == [(2, {"a": "1"})]
        assert table.done() == 1.0


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a\n1\n", "f.xlsx"),
        (b"a\n1\n", "f"),
        (b"a\n1\n", "f.gz"),
        (b"", "f.csv"),
        (b"a,a\n1,2\n", "f.csv"),
        (b",\n1,2\n", "f.csv"),
        (b"a\n\xff\xfe\n", "f.csv"),
        (b"not gzip", "f.csv.gz"),
        (gzip.compress(b"a\n" + bytes(range(65, 90)) * 500, mtime=0)[:-20], "f.csv.gz"),
        (b"not parquet at all", "f.parquet"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "f.parquet"),
    ],
    ids=range(11),
)
def test_a_file_that_cannot_be_read_says_so(data: bytes, name: str) -> None:
    with pytest.raises(BadTable):
        read(data, name)


@pytest.mark.parametrize("written", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("told", ["utf-16", "UTF16", None])
@pytest.mark.parametrize("name", ["f.csv", "f.jsonl"])
def test_utf_16_is_read_with_its_mark_and_without(written: str, told: str | None, name: str) -> None:
    text = "text,label\nhello,a\n" if name == "f.csv" else '{"text": "hello", "label": "a"}\n'
    encoding = Told(encoding=told).encoding
    table = read_table(io.BytesIO(text.encode(written)), name, encoding=encoding)
    assert [row for _, row in table.rows] == [{"text": "hello", "label": "a"}]
