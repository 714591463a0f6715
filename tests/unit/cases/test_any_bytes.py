"""Whatever bytes come as a file, there are rows, or one sentence that says why there are none."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.files.errors import BadTable
from cases.files.histories import labelled
from cases.files.reading import look_at
from cases.files.tables import read_table
from cases.files.told import NOTHING
from hitl.shared.errors import Invalid

_PIECES = (
    *(bytes([byte]) for byte in b"\"',;\t\n\r\\{}[]:\x00\xe9"),
    *(b"\r\n", b"null", b"NaN", b"label", b"text", b"id", b"content.", b"answer", b"1e999", b"1.234,5"),
    *(b'{"text": "x", "label": "a"}\n', b"a,1\n", b"sep=;\n", b"# 3 rows\n", b"31.12.2026"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
)
_files = st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)), max_size=40).map(b"".join)


@pytest.mark.parametrize("name", ["f.csv", "f.tsv", "f.json", "f.jsonl", "f.csv.gz", "f.parquet"])
def test_any_bytes_are_rows_or_refused_in_words(name: str) -> None:
    @given(_files, st.booleans())
    def read(data: bytes, has_head: bool) -> None:
        data = b"text,label\n" + data if has_head and name.startswith("f.csv") else data
        try:
            reading = look_at(read_table(io.BytesIO(data), name), NOTHING)
            rows = list(labelled(read_table(io.BytesIO(data), name).rows, reading))
        except (BadTable, Invalid):
            return
        assert len(rows) >= reading.n_rows

    read()
