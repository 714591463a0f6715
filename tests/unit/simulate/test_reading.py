"""What files turn into: fields, labels, order; and which cannot be used."""

import gzip
import json
from pathlib import Path

import pytest

from cases.files.told import Told, parse_fields
from hitl.shared.errors import HitlError, in_words
from hitl.simulate.errors import CannotSimulate
from hitl.simulate.options import Options
from hitl.simulate.reading import World, read_world


def world(path: Path, text: str, **options: object) -> World:
    """Read a file with this text."""
    path.write_text(text)
    told = {name: options.pop(name) for name in ("label", "time", "fields") if name in options}
    return read_world(Options(file=path, told=Told(**told), **options))  # type: ignore[arg-type]


def table(rows: int = 30, *, last: str = "") -> str:
    lines = [
        f"2026-01-{1 + n % 28:02},{n},{'red' if n % 2 else 'blue'},{'yes' if n % 3 else 'no'}"
        for n in range(rows)
    ]
    return "\n".join(["day,amount,colour,paid", *lines, last])


def test_fields_are_guessed_and_required_where_no_row_lacks_them(tmp_path: Path) -> None:
    found = world(tmp_path / "a.csv", table(), label="paid")
    assert [(field["name"], field["kind"], field["required"]) for field in found.fields] == [
        ("day", "date", True),
        ("amount", "number", True),
        ("colour", "category", True),
    ]
    assert found.labels == ["no", "yes"]
    assert found.items[1].content == {"day": "2026-01-02", "amount": 1.0, "colour": "red"}


def test_the_end_of_a_file_counts_as_much_as_its_beginning(tmp_path: Path) -> None:
    found = world(tmp_path / "a.csv", table(3000, last="2026-02-01,unknown,red,perhaps"), label="paid")
    assert {field["name"]: field["kind"] for field in found.fields}["amount"] == "number"
    assert found.items[-1].content["amount"] is None
    assert "amount: 1 cell that is no number counts as empty." in found.notes
    assert found.labels == ["no", "perhaps", "yes"]
    assert len(found.items) == 3001


def test_time_orders_and_is_no_field(tmp_path: Path) -> None:
    found = world(tmp_path / "a.csv", table(), label="paid", time="day")
    assert "day" not in {field["name"] for field in found.fields}
    times = [item.at for item in found.items]
    assert times == sorted(times)  # type: ignore[type-var]


def test_named_fields_are_all_there_is(tmp_path: Path) -> None:
    found = world(tmp_path / "a.csv", table(), label="paid", fields=parse_fields("amount:text"))
    assert [(field["name"], field["kind"]) for field in found.fields] == [("amount", "text")]
    assert found.items[4].content == {"amount": "4"}


def test_rows_that_do_not_fit_are_left_out_and_named(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "abc", "label": "ab"[n % 2]}) for n in range(30)]
    lines[3:3] = ["nonsense", '{"text": "x", "label": ""}', '{"text": "a\\u0000b", "label": "a"}']
    with pytest.raises(HitlError, match="3 of 33 rows"):
        world(tmp_path / "a.jsonl", "\n".join(lines))
    found = world(tmp_path / "a.jsonl", "\n".join(lines), allow_refused=0.1)
    assert (len(found.items), found.skipped) == (30, 3)
    assert found.reasons[0].startswith("line 4: (row) not JSON")
    assert found.reasons[1] == "line 5: label is missing. Labels of this workflow: a, b."
    assert "NUL" in found.reasons[2]


def test_a_sorted_file_is_noted_and_can_be_shuffled(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"abc {n}", "label": "ab"[n > 50]}) for n in range(100)]
    assert "sorted by label" in " ".join(world(tmp_path / "a.jsonl", "\n".join(lines)).notes)
    shuffled = world(tmp_path / "a.jsonl", "\n".join(lines), shuffle=True, seed=4)
    assert not shuffled.notes
    labels = [item.label for item in shuffled.items]
    assert labels != sorted(labels)
    again = world(tmp_path / "a.jsonl", "\n".join(lines), shuffle=True, seed=4)
    assert again.items == shuffled.items


def test_gzip_and_nested_cases_are_read(tmp_path: Path) -> None:
    lines = [
        json.dumps({"content": {"text": "abc"}, "label": "ab"[n % 2], "reference": f"r{n}"})
        for n in range(30)
    ]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    found = read_world(Options(file=path))
    assert [field["name"] for field in found.fields] == ["text"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "The file is empty"),
        ("a.jsonl", "", "holds no rows"),
        ("a.jsonl", "x\ny\n", "The first trouble, in line 1: not JSON"),
        ("a.csv", "text,label\n" + "hello,a\n" * 30, 'label column "label" holds only "a"'),
        ("a.csv", "text,label\nhello,a\nbye,b\n", "FILE has 2 rows that can be used; a simulation needs 20"),
        ("a.xls", "x", "the ending is not known"),
        (
            "a.csv",
            "text\n" + "".join(f"word{n}\n" for n in range(30)),
            "label column is not named, and none looks like one",
        ),
    ],
)
def test_what_cannot_be_simulated_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises((CannotSimulate, HitlError)) as refused:
        world(tmp_path / name, text)
    error = refused.value
    assert said in (" ".join(in_words(error)) if isinstance(error, HitlError) else str(error))
