"""Whatever a table holds, each of its rows is taken in, was there already, or is refused: once."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.files.reading import look_at
from cases.files.tables import read_table
from cases.files.told import Told
from cases.models import Case, Workflow
from cases.selectors import schema_in_force
from hitl.flow.export.formats import as_jsonl
from hitl.flow.export.rows import export_rows
from hitl.flow.setup.import_history import Outcome, import_history
from hitl.shared.ids import new_id
from tests.support.case_rows import workflow_of
from tests.support.factories import NOW, TESTER

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [
    {"name": "amount", "kind": "number", "required": False},
    {"name": "note", "kind": "text", "required": False},
]
LABEL = Told(label="label")
_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_cell = st.one_of(st.none(), _text, st.integers(), st.floats())
_label = st.one_of(st.sampled_from(["ham", "spam"]), _cell)


def taken_in(
    workflow: Workflow, data: bytes, told: Told = LABEL, *, name: str = "f.csv", **how: Any
) -> Outcome:
    """Import a file as every door does."""
    reading = look_at(read_table(io.BytesIO(data), name), told, schema=schema_in_force(workflow).schema)
    table = read_table(io.BytesIO(data), name)
    return import_history(workflow_id=workflow.id, table=table, reading=reading, actor=TESTER, now=NOW, **how)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_cell, _cell, _label), min_size=1, max_size=12))
def test_rows_in_are_taken_in_or_there_already_or_refused(rows: list[tuple[Any, ...]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["amount", "note", "label"], *rows])
    data = file.getvalue().encode()
    workflow = workflow_of(f"w{new_id().hex}", fields=FIELDS, labels=["ham", "spam"])
    first = taken_in(workflow, data)
    assert first.taken + first.known + first.refused == len(rows)
    assert Case.objects.filter(workflow=workflow).count() == first.taken
    fit = sum(str(label).strip() in ("ham", "spam") for *_, label in rows)
    assert first.taken <= fit
    assert first.known == 0, "a first import finds nothing there, however alike its rows are"
    again = taken_in(workflow, data)
    assert (again.taken, again.known, again.refused) == (0, first.taken + first.known, first.refused)


def test_a_second_reading_with_other_dates_leaves_alone_what_has_a_name() -> None:
    fields = [{"name": "due", "kind": "date", "required": False}]
    workflow = workflow_of("dates", fields=fields, labels=["ham", "spam"])
    data = b"id,due,label\n" + b"".join(b"%d,%d/2/2026,ham\n" % (n, n) for n in range(1, 29))
    told = Told(label="label", reference="id")
    first = taken_in(workflow, data, replace(told, day_first=True))
    assert (first.taken, first.known, first.refused) == (28, 0, 0)
    again = taken_in(workflow, data, told)
    assert (again.taken, again.known, again.refused) == (0, 28, 0), (
        "the days after the 12th say which is which"
    )
    other = taken_in(workflow, data[: data.index(b"13,13/")], replace(told, day_first=False))
    assert (other.taken, other.refused) == (0, 11), "2/2/2026 is the same day in either order"
    assert Case.objects.filter(workflow=workflow).count() == 28


def test_an_export_that_comes_in_again_is_there_already() -> None:
    workflow = workflow_of("round", fields=FIELDS, labels=["ham", "spam"])
    taken_in(workflow, b"amount,note,label\n" + b"".join(b"%d,=1,ham\n" % n for n in range(30)))
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    again = taken_in(workflow, b"".join(as_jsonl(export)), Told(label="answer"), name="f.jsonl")
    assert (again.taken, again.known, again.refused) == (0, 30, 0)


def test_equal_rows_are_cases_of_their_own_and_the_same_file_again_changes_nothing() -> None:
    workflow = workflow_of("alike", fields=FIELDS, labels=["ham", "spam"])
    rows = b"1,win a prize,spam\n" * 1_200 + b"2,hello,ham\n" * 3  # more than one part of a file
    data = b"amount,note,label\n" + rows
    first = taken_in(workflow, data)
    assert (first.taken, first.known, first.refused) == (1_203, 0, 0)
    assert Case.objects.filter(workflow=workflow, answer="spam").count() == 1_200
    again = taken_in(workflow, data)
    assert (again.taken, again.known, again.refused) == (0, 1_203, 0)
    grown = taken_in(workflow, data + b"2,hello,ham\n")
    assert (grown.taken, grown.known) == (1, 1_203)


def test_all_rows_can_be_taken_as_new_whatever_is_there() -> None:
    workflow = workflow_of("new", fields=FIELDS, labels=["ham", "spam"])
    data = b"id,amount,label\n" + b"".join(b"%d,%d,ham\n" % (n, n % 2) for n in range(20))
    told = Told(label="label", reference="id")
    assert taken_in(workflow, data, told).taken == 20
    twice = [taken_in(workflow, data, told, all_new=True) for _ in range(2)]
    assert [(each.taken, each.known, each.refused) for each in twice] == [(20, 0, 0)] * 2
    assert Case.objects.filter(workflow=workflow).count() == 60


def test_a_reference_that_names_something_else_is_refused_and_not_passed_over() -> None:
    workflow = workflow_of("named", fields=FIELDS, labels=["ham", "spam"])
    told = Told(label="label", reference="id")
    data = b"id,amount,label\na,1,ham\na,1,ham\na,2,ham\nb,1,ham\n"
    first = taken_in(workflow, data, told)
    assert (first.taken, first.known, first.refused) == (2, 1, 1)
    assert list(first.refusals()) == [
        'line 4: reference "a" names another case, with other content or another label. '
        "Name another column, or take all rows as new cases."
    ]
    other = taken_in(workflow, b"id,amount,label\na,1,spam\nb,1,ham\n", told)
    assert (other.taken, other.known, other.refused) == (0, 1, 1), "another label is another row"
