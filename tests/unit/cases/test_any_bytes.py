"""Whatever bytes come as a file, there are rows, or one sentence that says why there are none."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.files.errors import BadTable
from cases.files.histories import labelled
from cases.files.reading import look_at
from cases.files.tables import read_table
from cases.files.told import Told
from hitl.shared.errors import Invalid

_PIECES = (
    *(bytes([byte]) for byte in b"\"',;\t\n\r\\{}[]:\x00\xe9"),
    *(b"\r\n", b"null", b"NaN", b"label", b"text", b"id", b"content.", b"answer", b"1e999", b"1.234,5"),
    *(b'{"text": "x", "label": "a"}\n', b"a,1\n", b"sep=;\n", b"# 3 rows\n", b"31.12.2026"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    *(b'{"data": {"text": "x"}, "annotations": []}\n', b'{"fields": {"text": "x"}, "responses": {}}\n'),
    b'{"text": "x", "annotation": "a", "prediction": null}\n',
)
_files = st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)), max_size=40).map(b"".join)


NAMES = ["f.csv", "f.tsv", "f.json", "f.jsonl", "f.csv.gz", "f.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_rows_or_refused_in_words(name: str) -> None:
    @given(_files, st.booleans(), st.sampled_from([None, "utf-16", "cp1252"]))
    def read(data: bytes, has_head: bool, encoding: str | None) -> None:
        data = b"text,label\n" + data if has_head and name.startswith("f.csv") else data
        look(name, data, encoding)

    read()


@pytest.mark.parametrize("name", ["f.csv.gz", "f.json.gz", "f.jsonl.gz", "f.parquet.gz"])
def test_a_gzipped_file_damaged_anywhere_is_refused_in_words(name: str) -> None:
    whole = gzip.compress(b'{"text": "x", "label": "a"}\n' * 50, mtime=0)

    @given(st.integers(0, len(whole) - 1), st.integers(0, 255), st.integers(0, 9))
    def read(place: int, byte: int, cut: int) -> None:
        look(name, whole[:place] + bytes([byte]) + whole[place + 1 : len(whole) - cut], None)

    read()


def test_names_of_columns_that_are_no_text_are_refused_in_words() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"column-of-texts": ["a", "b"]}), file)
    with pytest.raises(BadTable, match="not Parquet"):
        read_table(
            io.BytesIO(file.getvalue().replace(b"column-of-texts", b"column-of-t\xbdxts")), "f.parquet"
        )


def look(name: str, data: bytes, encoding: str | None) -> None:
    told = Told(encoding=encoding)
    try:
        reading = look_at(read_table(io.BytesIO(data), name, encoding=encoding), told)
        rows = list(labelled(read_table(io.BytesIO(data), name, encoding=encoding).rows, reading))
    except (BadTable, Invalid):
        return
    assert len(rows) >= reading.n_rows
