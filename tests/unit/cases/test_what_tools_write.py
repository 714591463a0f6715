"""Tables as the tools write them that people have: the rows that went in come out, or it is said why not."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.files.errors import Unreadable
from cases.files.tables import BadTable, read_table

_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=15)
_nasty = st.text(st.sampled_from("ab\"'\\,;\t\n\r| =#\u00e9\u2028\ufeff"), max_size=12)
_cell = st.one_of(_any_text, _nasty)
LINE_END = b"\n"
_tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(_cell, min_size=width, max_size=width), min_size=1, max_size=12)
)


def cells(data: bytes, name: str, **how: Any) -> list[list[object]]:
    return [list(row.values()) for _, row in read_table(io.BytesIO(data), name, **how).rows]


def header(table: list[list[str]]) -> list[str]:
    return [f"column {n}" for n in range(len(table[0]))]


@given(
    _tables,
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(",;|"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_csv_module_and_pandas(table: list[list[str]], quoting: Any, separator: str, end: str) -> None:
    if end == "\n":  # the writer leaves a CR unquoted then, which no reader can tell from the end of a line
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=quoting, delimiter=separator, lineterminator=end)
    writer.writerows([header(table), *table])
    assert cells(file.getvalue().encode(), "f.csv") == table


@given(_tables)
def test_excel(table: list[list[str]]) -> None:
    """Semicolons, perhaps after a line that says so, in UTF-8 with a mark or in UTF-16."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows([header(table), *table])
    for text in (file.getvalue(), "sep=;\r\n" + file.getvalue()):
        assert cells(text.encode("utf-8-sig"), "f.csv") == table
        assert cells(text.encode("utf-16"), "f.csv") == table


@given(_tables)
def test_r_with_the_names_of_its_rows(table: list[list[str]]) -> None:
    r"""`write.table` names one column fewer than there are, and writes \" where others double the mark."""
    table = [
        [cell.replace("\\", "/") for cell in row] for row in [*table, ['say "hi" once'] * len(table[0])] * 2
    ]

    def line(row: list[str]) -> str:
        return ",".join('"' + cell.replace('"', '\\"') + '"' for cell in row)

    lines = [line(header(table)), *(line([str(n), *row]) for n, row in enumerate(table, 1))]
    assert cells("\n".join(lines).encode() + b"\n", "f.csv") == table


@given(
    st.lists(st.lists(st.text(st.sampled_from("ab\"' ,;"), min_size=1), min_size=3, max_size=3), min_size=1)
)
def test_tabs_without_quotes(table: list[list[str]]) -> None:
    """What knows no quotation marks writes lone ones at the ends of cells, and each line is a row."""
    lines = ["\t".join(row) for row in [header(table), *table]]
    read = cells("\n".join(lines).encode(), "f.tsv")
    assert len(read) == len(table)
    assert [str(row[1]).replace('"', "") for row in read] == [row[1].replace('"', "") for row in table]


@given(
    st.lists(
        st.dictionaries(_any_text, st.one_of(_any_text, st.integers(), st.none()), min_size=1), min_size=2
    )
)
def test_json_by_lines_and_as_a_list(rows: list[dict[str, Any]]) -> None:
    lines = "\n".join(map(json.dumps, rows)).encode()
    listed = [row for _, row in read_table(io.BytesIO(json.dumps(rows).encode()), "f.json").rows]
    by_line = [row for _, row in read_table(io.BytesIO(lines), "f.jsonl").rows]
    indented = [row for _, row in read_table(io.BytesIO(json.dumps(rows, indent=1).encode()), "f.json").rows]
    assert listed == by_line == indented
    assert len(listed) == len(rows)


ROWS = [{"text": f"t{n}", "label": "ab"[n % 2]} for n in range(3)]


@pytest.mark.parametrize(
    "body",
    [
        {
            "text": {str(n): row["text"] for n, row in enumerate(ROWS)},
            "label": {"0": "a", "1": "b", "2": "a"},
        },
        {str(n): row for n, row in enumerate(ROWS)},
        {"columns": ["text", "label"], "index": [0, 1, 2], "data": [list(row.values()) for row in ROWS]},
        {"schema": {"fields": []}, "data": ROWS},
        {"count": 3, "results": ROWS},
    ],
    ids=["pandas' columns", "pandas' index", "pandas' split", "pandas' table", "a data portal"],
)
def test_one_object_that_holds_all_rows(body: dict[str, Any]) -> None:
    for data in (json.dumps(body), json.dumps(body, indent=2)):
        assert [row for _, row in read_table(io.BytesIO(data.encode()), "f.json").rows] == ROWS


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (",text,label\n0,x,a\n1,y,b\n", [["x", "a"], ["y", "b"]]),
        ("text,label,\nx,a,\ny,b,\n", [["x", "a"], ["y", "b"]]),
        ("text,label\nx,a,\ny,b,,\n", [["x", "a"], ["y", "b"]]),
        ("\n\ntext,label\n\nx,a\n\n\ny,b\n\n", [["x", "a"], ["y", "b"]]),
        ('text,label\n"unclosed,a\ny,b\n', [['"unclosed', "a"], ["y", "b"]]),
        ('text,label\n"two" words,a\n"y",b\n', [['"two" words', "a"], ["y", "b"]]),
        ('text,label\n" ,a\ny,b\n', [['" ', "a"], ["y", "b"]]),
    ],
    ids=[
        "an index",
        "trailing",
        "trailing in rows",
        "empty lines",
        "a lone mark",
        "words in marks",
        "a mark alone",
    ],
)
def test_rows_that_are_not_by_the_book(text: str, rows: list[list[str]]) -> None:
    assert cells(text.encode(), "f.csv") == rows


def test_a_lone_mark_in_a_tab_separated_file_takes_no_rows_with_it() -> None:
    rows = [
        [f'"quoted {n}' if n == 3 else f'end {n}"' if n == 13 else f"text {n}", "ab"[n % 2]]
        for n in range(60)
    ]
    data = "\n".join("\t".join(row) for row in [["text", "label"], *rows]).encode()
    assert cells(data, "f.tsv") == rows
    commas = data.replace(b"\t", b",")
    table = read_table(io.BytesIO(commas), "f.csv")
    assert len(list(table.rows)) == 50
    assert table.remarks == [
        "1 cell holds several lines that could each be a row, from line 5 on: if rows are missing, "
        "a quotation mark is open there."
    ]


def test_many_lone_marks_are_read_in_time_that_grows_with_the_file() -> None:
    data = b"a,b\n" + b'"x,y\n' * 50_000
    assert len(cells(data, "f.csv")) == 50_000


def test_short_rows_are_said() -> None:
    table = read_table(io.BytesIO(b"a,b\n1\n2,3\n"), "f.csv")
    assert [row for _, row in table.rows] == [{"a": "1"}, {"a": "2", "b": "3"}]
    assert table.remarks == [
        "1 row has fewer cells than there are columns, the first in line 2: the others count as empty."
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_what_a_file_is_written_in_shows(encoding: str) -> None:
    text = "text,label\ndégât,a\n" + "hello,b\n" * 50
    assert cells(text.encode(encoding), "f.csv")[0] == ["dégât", "a"]
    rows = "\n".join(json.dumps({"text": "dégât", "label": "a"}, ensure_ascii=False) for _ in range(3))
    assert cells(rows.encode(encoding), "f.jsonl")[2] == ["dégât", "a"]


@pytest.mark.parametrize("n", [0, 1, 70_000, 262_140, 600_000])
@pytest.mark.parametrize("name", ["f.csv", "f.jsonl"])
def test_the_place_of_a_bad_byte_is_that_of_the_file(n: int, name: str) -> None:
    line = b"x,y\n" if name == "f.csv" else b"{}\n\n"
    good = b"a,b\n" + line * (n // 4)
    with pytest.raises(BadTable, match=f"line {good.count(LINE_END) + 1:,}, byte {len(good) + 1:,}\\."):
        cells(good + b" \xe9 x\n", name)
    assert cells(b"a,b\n\xe9,y\n", "f.csv", encoding="cp1252") == [["é", "y"]]


def test_names_have_one_form_and_two_that_look_the_same_are_refused() -> None:
    decomposed = "libelle\u0301,label\nx,a\n"
    ((_, row),) = read_table(io.BytesIO(decomposed.encode()), "f.csv").rows
    assert list(row) == ["libell\u00e9", "label"]
    with pytest.raises(BadTable, match="Two columns"):
        cells("e\u0301,\u00e9\n1,2\n".encode(), "f.csv")
    ((_, row),) = read_table(io.BytesIO('{"e\u0301": 1, "\u00e9": 2}'.encode()), "f.jsonl").rows
    assert isinstance(row, Unreadable)


def test_an_index_that_pandas_keeps_in_parquet_is_no_column() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["x"], "label": ["a"], "__index_level_0__": [7]}), file)
    assert cells(file.getvalue(), "f.parquet") == [["x", "a"]]


def test_pandas_with_an_index_that_was_saved_twice() -> None:
    rows = [["0", "0", "x", "a"], ["1", "1", "y", "b"]]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["Unnamed: 0", "Unnamed: 0.1", "text", "label"], *rows])
    table = read_table(io.BytesIO(file.getvalue().encode()), "f.csv")
    assert [row for _, row in table.rows] == [{"text": "x", "label": "a"}, {"text": "y", "label": "b"}]
    assert "Left out: a column without a name." in table.remarks
    parquet = io.BytesIO()
    pq.write_table(pa.table({"Unnamed: 0": [0, 1], "text": ["x", "y"]}), parquet)
    assert cells(parquet.getvalue(), "f.parquet") == [["x"], ["y"]]
