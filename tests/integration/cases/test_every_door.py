"""The same file means the same by whichever door it comes in. A new file is a line below."""

import gzip
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cases.files.told import Told
from science.fields import Kind
from tests.integration.cases.doors import DOORS, File, N, by_page, by_simulation

pytestmark = pytest.mark.django_db

PLAIN = [
    {
        "id": f"c{n}",
        "amount": n * 1.5,
        "colour": "red" if n % 3 else "blue",
        "label": "good" if n % 2 else "bad",
    }
    for n in range(N)
]


def csv_of(rows: list[dict[str, Any]], separator: str = ",") -> bytes:
    lines = [list(rows[0]), *(["" if cell is None else str(cell) for cell in row.values()] for row in rows)]
    return "".join(separator.join(line) + "\n" for line in lines).encode()


def jsonl_of(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def parquet_of(rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def nested(row: dict[str, Any]) -> dict[str, Any]:
    content = {"amount": row["amount"], "colour": row["colour"], "reference": "of a payment"}
    return {
        "id": row["id"],
        "status": "decided",
        "decision": {"route": "review", "reason": "no_model"},
        "content": content,
        "label": row["label"],
        "reference": row["id"],
    }


FILES = {
    "time": File(
        "f.csv",
        csv_of([row | {"received_at": f"2026-01-{n // 2 + 1:02}T10:00:00Z"} for n, row in enumerate(PLAIN)]),
        has_time=True,
        kinds={"amount": "number", "colour": "category"},
    ),
    "nested": File(
        "f.jsonl",
        jsonl_of([nested(row) for row in PLAIN]),
        kinds={"amount": "number", "colour": "category", "reference": "category"},
    ),
    "parquet": File(
        "f.parquet",
        parquet_of([row | {"since": date(2026, 1, 2) if row["amount"] else None} for row in PLAIN]),
        kinds={"amount": "number", "colour": "category", "since": "date"},
    ),
    "gz": File(
        "f.csv.gz", gzip.compress(csv_of(PLAIN, ";")), kinds={"amount": "number", "colour": "category"}
    ),
    "refused rows": File(
        "f.csv",
        csv_of(PLAIN) + b"c90,1,red,good,more\nc91,2,red,\n",
        allow=0.1,
        kinds={"amount": "number", "colour": "category"},
        refusals=[
            "line 42: (row) 5 cells under 4 columns. Mend the row.",
            "line 43: label is missing. Labels of this workflow: bad, good.",
        ],
    ),
    "no time in a row": File(
        "f.csv",
        csv_of([row | {"when": f"2026-01-{n % 28 + 1:02}" if n else "soon"} for n, row in enumerate(PLAIN)]),
        Told(time="when"),
        has_time=True,
        taken=N - 1,
        allow=0.03,
        kinds={"amount": "number", "colour": "category"},
        refusals=['line 2: time is "soon". Write it like "2026-11-23" or "2026-11-23T05:19:00Z".'],
    ),
    "a time that nobody can read back": File(
        "f.csv",
        csv_of(
            [row | {"when": "2026-01-02" if n else "9999-12-31T23:59-12:00"} for n, row in enumerate(PLAIN)]
        ),
        Told(time="when"),
        has_time=True,
        taken=N - 1,
        allow=0.03,
        kinds={"amount": "number", "colour": "category"},
        refusals=[
            'line 2: time is "9999-12-31T23:59-12:00", which is still to come. Mend it, or name another '
            'column for the time, or none with "-".'
        ],
    ),
    "a few odd cells": File(
        "f.csv",
        csv_of([row | {"amount": row["amount"] if n else "unknown"} for n, row in enumerate(PLAIN)]),
        kinds={"amount": "number", "colour": "category"},
    ),
    "day first": File(
        "f.csv",
        csv_of(
            [row | {"due": f"{n % 28 + 1}/2/2026", "when": "31.12.2025 9:30"} for n, row in enumerate(PLAIN)]
        ),
        Told(day_first=True, time="when"),
        has_time=True,
        kinds={"amount": "number", "colour": "category", "due": "date"},
    ),
    "named columns": File(
        "f.csv",
        csv_of([row | {"key": f"k{row['id']}"} for row in PLAIN]),
        Told(label="colour", reference="key"),
        kinds={"id": "text", "amount": "number", "label": "category"},
    ),
    "a label that is not there": File(
        "f.csv",
        csv_of(PLAIN),
        Told(label="fate"),
        refusals=['label column "fate" is not in the file. Columns of the file: id, amount, colour, label.'],
    ),
    "no label": File(
        "f.csv",
        csv_of([{"note": f"only text {n}"} for n in range(N)]),
        refusals=["label column is not named, and none looks like one. Name it. Columns of the file: note."],
    ),
    "an empty label": File(
        "f.csv",
        csv_of([{"note": f"only text {n}", "label": ""} for n in range(N)]),
        refusals=['label column "label" is empty in every row. Fill it, or name another column.'],
    ),
    "one label": File(
        "f.csv",
        csv_of([row | {"label": "good"} for row in PLAIN]),
        refusals=['label column "label" holds only "good". Two labels are needed: name another column.'],
    ),
    "no rows": File("f.jsonl", b"", refusals=["file holds no rows. Give one with labelled cases."]),
    "no table": File(
        "f.xls",
        b"x",
        refusals=["f.xls: the ending is not known. Use .csv, .jsonl or .parquet, or these with .gz."],
    ),
    "a leak": File(
        "f.jsonl",
        jsonl_of([row | {"decided": row["label"]} for row in PLAIN]),
        kinds={"amount": "number", "colour": "category", "decided": "category"},
    ),
    "too many rows that do not fit": File(
        "f.csv",
        csv_of([row | {"label": row["label"] if n > 3 else ""} for n, row in enumerate(PLAIN)]),
        refusals=[
            "4 of 40 rows (10.0%) do not fit, and at most 2% may be left out unasked. Nothing was taken in.",
            "line 2: label is missing. Labels of this workflow: bad, good. The same in 3 more rows.",
            "Mend the file, or say that it may go on without them (--allow-refused 0.11).",
        ],
    ),
    "lists of one": File(
        "f.jsonl",
        jsonl_of([row | {"label": [row["label"]], "colour": [row["colour"]]} for row in PLAIN]),
        kinds={"amount": "number", "colour": "category"},
    ),
    "decimal commas, a day first, and nothing in twenty spellings": File(
        "f.csv",
        csv_of(
            [
                row | {"amount": f"1.{n:03},5 €" if n % 9 else "k.A.", "due": f"{n % 28 + 1:02}.02.2026"}
                for n, row in enumerate(PLAIN)
            ],
            ";",
        ),
        kinds={"amount": "number", "colour": "category", "due": "date"},
    ),
    "codes": File(
        "f.csv",
        csv_of([row | {"zip": f"{n * 701:05}", "account": 10**18 + n} for n, row in enumerate(PLAIN)]),
        kinds={"amount": "number", "colour": "category", "zip": "text", "account": "text"},
    ),
    "what belongs together": File(
        "f.csv",
        csv_of([row | {"customer": f"k{n % 7}"} for n, row in enumerate(PLAIN)]),
        Told(entity="customer"),
        kinds={"amount": "number", "colour": "category"},
    ),
    "names in two forms": File(
        "f.csv",
        csv_of(
            [
                {"Gro\u0308\u00dfe": n, "label": "de\u0301ga\u0302t" if n % 2 else "d\u00e9g\u00e2t"}
                | {"kind": "\u0645\u06cc\u200c\u0634\u0648\u062f" if n % 3 else "ok"}
                for n in range(N)
            ]
        ),
        Told(label="kind"),
        kinds={"Gr\u00f6\u00dfe": "number", "label": "category"},
    ),
    "lists": File(
        "f.jsonl",
        jsonl_of([row | {"tags": ["a", "b"]} for row in PLAIN]),
        kinds={"amount": "number", "colour": "category"},
    ),
    "labels that are true or false": File(
        "f.jsonl",
        jsonl_of([row | {"label": row["label"] == "good"} for row in PLAIN]),
        kinds={"amount": "number", "colour": "category"},
    ),
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_file_means_the_same_at_every_door(file: File, tmp_path: Path) -> None:
    path = tmp_path / file.name
    path.write_bytes(file.data)
    seen = [door(path, file) for door in DOORS]
    for door, other in zip(DOORS[1:], seen[1:], strict=True):
        assert other == seen[0], door.__doc__
    assert seen[0].refusals == file.refusals
    assert {name: kind for name, kind, _ in seen[0].fields} == file.kinds
    assert len(seen[0].cases) == (file.taken if file.kinds else 0)


def test_named_fields_are_all_there_is_for_every_command(tmp_path: Path) -> None:
    told = Told(fields=(("amount", Kind.TEXT),), label="label")
    file = File("f.csv", csv_of(PLAIN), told)
    path = tmp_path / file.name
    path.write_bytes(file.data)
    seen = [door(path, file) for door in DOORS if door is not by_page]
    assert seen[0].fields == [("amount", "text", True)]
    assert seen[0] == seen[1] == seen[2]


def test_what_was_read_is_what_was_meant(tmp_path: Path) -> None:
    first = {}
    for name in ("day first", "nested", "labels that are true or false", "a few odd cells"):
        path = tmp_path / FILES[name].name
        path.write_bytes(FILES[name].data)
        first[name] = min(by_simulation(path, FILES[name]).cases, key=lambda case: case[2][1:].zfill(2))
    content, _, reference, at = first["day first"]
    assert (content["due"], reference, str(at)) == ("2026-02-01", "c0", "2025-12-31 09:30:00+00:00")
    content, label, reference, _ = first["nested"]
    assert (content["reference"], label, reference) == ("of a payment", "bad", "c0")
    assert first["labels that are true or false"][1] == "false"
    assert first["a few odd cells"][0]["amount"] is None
