"""What a file's rows suggest about a workflow."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.content import checker_for
from cases.files.collected import collect
from cases.files.columns import as_time, cell_as
from cases.files.guess import Guess, guess_columns
from cases.services.schemas import checked_schema
from hitl.shared.errors import Invalid
from science.fields import Kind, Schema


def rows(**columns: list[Any]) -> list[dict[str, Any]]:
    names = list(columns)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def guess_workflow(rows: list[dict[str, Any]]) -> Guess:
    return guess_columns(collect(enumerate(rows)))


def test_kinds_are_those_of_the_cells() -> None:
    guess = guess_workflow(
        rows(
            body=[f"a longer text number {n} that never repeats" for n in range(40)],
            amount=["5", "7.5", "-1e3", ".5"] * 10,
            job=["clerk", "baker", "", "clerk"] * 10,
            since=["2026-11-23", "2025/01/02", "2024-02-29T10:00:00", ""] * 10,
            married=["yes", "no", "Yes", "NO"] * 10,
            empty=[""] * 40,
            label=["good", "bad"] * 20,
        )
    )
    assert {field["name"]: (field["kind"], field["required"]) for field in guess.fields} == {
        "body": ("text", True),
        "amount": ("number", True),
        "job": ("category", False),
        "since": ("date", False),
        "married": ("boolean", True),
        "empty": ("text", False),
    }
    assert guess.label == "label"


def test_columns_with_a_meaning_are_no_fields() -> None:
    guess = guess_workflow(
        rows(
            id=[str(n) for n in range(8)],
            created_at=["2026-11-23T05:19:00Z"] * 8,
            x=list("12345678"),
            y=["a", "b"] * 4,
        )
    )
    assert (guess.reference, guess.time, guess.label) == ("id", "created_at", "y")
    assert [field["name"] for field in guess.fields] == ["x"]


def test_an_id_that_repeats_names_no_case() -> None:
    assert guess_workflow(rows(id=["1", "1", "2", "2"], y=["a", "b"] * 2)).reference is None


def test_the_label_is_the_last_short_choice_when_no_column_is_named_so() -> None:
    guess = guess_workflow(rows(colour=["red", "blue"] * 5, fate=["kept", "lost"] * 5))
    assert guess.label == "fate"


def test_a_list_too_long_to_be_guessed_may_still_be_told() -> None:
    many = rows(text=[f"text {n}" for n in range(90)], fate=[f"f{n % 30}" for n in range(90)])
    assert guess_workflow(many).label is None
    assert guess_columns(collect(enumerate(many)), label="fate").label == "fate"


def test_a_file_without_a_label_has_none() -> None:
    assert guess_workflow(rows(text=[f"only text {n}" for n in range(30)])).label is None


def test_typed_cells_keep_their_kind() -> None:
    guess = guess_workflow(
        rows(
            a=[1, 2.5] * 4,
            b=[True, False] * 4,
            c=[date(2026, 1, 2)] * 8,
            d=[b"\x89PNG"] * 8,
            y=["u", "v"] * 4,
        )
    )
    assert [field["kind"] for field in guess.fields] == ["number", "boolean", "date", "image"]


_cell = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.binary(max_size=5),
)
_name = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(st.dictionaries(_name, _cell, min_size=1, max_size=5), max_size=30))
def test_whatever_the_rows_hold_a_proposal_can_be_made_or_is_refused_by_name(
    rows: list[dict[str, Any]],
) -> None:
    guess = guess_workflow(rows)
    try:
        checked = checked_schema(guess.fields, [{"name": "a"}, {"name": "b"}])
    except Invalid as refused:
        problems = refused.facts["errors"]
    else:
        problems = []
        schema = Schema.from_json({"fields": checked.fields, "labels": ["a", "b"]})
        checker = checker_for(schema)
        kinds = {field.name: field.kind for field in schema.fields}
        for row in rows:
            checker.check({name: cell_as(row.get(name), kind) for name, kind in kinds.items()})
    assert all(problem["field"] and problem["fix"] for problem in problems)


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        (" 12.5 ", Kind.NUMBER, 12.5),
        ("1_000", Kind.NUMBER, "1_000"),
        ("nan", Kind.NUMBER, "nan"),
        ("1e999", Kind.NUMBER, "1e999"),
        ("", Kind.NUMBER, None),
        (float("nan"), Kind.NUMBER, None),
        (True, Kind.NUMBER, True),
        ("NO", Kind.BOOLEAN, False),
        ("1", Kind.BOOLEAN, True),
        ("maybe", Kind.BOOLEAN, "maybe"),
        (1, Kind.BOOLEAN, True),
        ("2026/11/23", Kind.DATE, "2026-11-23"),
        ("20261123", Kind.DATE, "20261123"),
        (date(2026, 11, 23), Kind.DATE, "2026-11-23"),
        (3.0, Kind.CATEGORY, "3"),
        (3, Kind.TEXT, "3"),
        (" kept as it is ", Kind.TEXT, " kept as it is "),
    ],
)
def test_cells_become_values_of_the_kind_or_stay_for_the_check_to_name(
    cell: object, kind: Kind, value: object
) -> None:
    assert cell_as(cell, kind) == value
    assert type(cell_as(cell, kind)) is type(value)


def test_times_without_a_zone_are_utc() -> None:
    assert str(as_time("2026-11-23 05:19")) == "2026-11-23 05:19:00+00:00"
    assert str(as_time(datetime(2026, 11, 23))) == "2026-11-23 00:00:00+00:00"  # noqa: DTZ001 - the point
    assert as_time("soon") is None


def test_a_time_that_utc_cannot_hold_is_none() -> None:
    assert str(as_time("2026-11-23T05:19:00+02:00")) == "2026-11-23 03:19:00+00:00"
    assert as_time("0001-01-01T00:00:00+14:00") is None
    assert as_time("9999-12-31T23:59:59-12:00") is None


@pytest.mark.parametrize("least", [10**15, 2**53 + 1, 1234567890123456701])
def test_whole_numbers_that_a_float_would_make_others_of_are_no_numbers(least: int) -> None:
    rows = [(n + 2, {"account": least + n, "size": n / 2, "label": "ab"[n % 2]}) for n in range(60)]
    kinds = {field["name"]: field["kind"] for field in guess_columns(collect(rows)).fields}
    assert kinds["account"] in ("text", "category")
    assert kinds["size"] == "number"
