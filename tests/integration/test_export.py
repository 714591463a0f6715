"""Exports: everything, harmless to open, personal things masked, memory flat."""

import csv
import io
import tracemalloc
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from django.db import connection

from cases.files.tables import BadTable, read_table
from cases.models import Case, Workflow
from cases.services.imports import Labelled, import_labelled
from cases.services.workflows import change_schema
from hitl.accounts.types import Role, Scope
from hitl.flow.export.formats import FORMATS, as_csv, as_jsonl, as_parquet, written
from hitl.flow.export.rows import Export, export_rows
from hitl.flow.export.streamed import as_response
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from tests.api.conftest import client_with
from tests.support.factories import LABELS, NOW, TESTER, client_key, person

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [
    {"name": "name", "kind": "text", "personal": True},
    {"name": "amount", "kind": "number", "required": False},
    {"name": "is_new", "kind": "boolean", "required": False},
]


@pytest.fixture
def workflow() -> Workflow:
    """A workflow with a personal field and three cases, one imported."""
    workflow = set_up_workflow(
        slug="loans", name="Loans", fields=FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    contents = [{"name": "=1+1", "amount": -2.5}, {"name": 'Ann, "A"\nB', "is_new": True}]
    items = [Submission(content, f"r{n}") for n, content in enumerate(contents)]
    submit_cases(Intake(slug="loans", items=items, key=client_key(), now=NOW, is_batch=True))
    import_labelled(
        workflow_id=workflow.id, items=[Labelled({"name": "Old"}, "ham", "r2")], actor=TESTER, now=NOW
    )
    return workflow


def csv_rows(workflow: Workflow, what: Any, **shows: bool) -> list[dict[str, str]]:
    shows = {"shows_personal": True, "shows_model": True} | shows
    text = b"".join(as_csv(export_rows(workflow, what, **shows))).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_formula_is_only_text_and_a_number_stays_one(workflow: Workflow) -> None:
    rows = csv_rows(workflow, "cases")
    assert [row["content.name"] for row in rows] == ["'=1+1", 'Ann, "A"\nB', "Old"]
    assert rows[0]["content.amount"] == "-2.5"
    assert rows[1]["content.is_new"] == "true"


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "  @x"])
def test_every_way_to_begin_a_formula_is_stopped(workflow: Workflow, text: str) -> None:
    Case.objects.filter(reference="r0").update(content={"name": text, "amount": None, "is_new": None})
    assert csv_rows(workflow, "cases")[0]["content.name"] == "'" + text


def test_personal_fields_are_masked_in_every_format(workflow: Workflow) -> None:
    for write in (as_csv, as_jsonl, as_parquet):
        data = b"".join(write(export_rows(workflow, "cases", shows_personal=False, shows_model=True)))
        assert b"Ann" not in data
        assert b"Old" not in data
    assert {row["content.name"] for row in csv_rows(workflow, "cases", shows_personal=False)} == {"•••"}


def test_a_field_that_was_personal_once_stays_masked(workflow: Workflow) -> None:
    open_fields = [field | {"personal": False} for field in FIELDS]
    change_schema(workflow_id=workflow.id, fields=open_fields, labels=LABELS, actor=TESTER, now=NOW)
    assert {row["content.name"] for row in csv_rows(workflow, "cases", shows_personal=False)} == {"•••"}


def test_fields_of_every_version_have_their_column(workflow: Workflow) -> None:
    change_schema(
        workflow_id=workflow.id,
        fields=[
            {"name": "name", "kind": "text"},
            {"name": "amount", "kind": "text"},
            {"name": "x", "kind": "date"},
        ],
        labels=LABELS,
        actor=TESTER,
        now=NOW,
    )
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    assert export.columns["content.amount"] == "text"
    assert {"content.is_new", "content.x"} <= set(export.columns)
    table = pq.read_table(io.BytesIO(b"".join(as_parquet(export))))
    assert table.column("content.amount").to_pylist() == ["-2.5", None, None]


def test_lines_of_json_can_be_imported_again(workflow: Workflow) -> None:
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    rows = [orjson.loads(line) for line in b"".join(as_jsonl(export)).splitlines()]
    assert rows[1]["content"] == {"name": 'Ann, "A"\nB', "amount": None, "is_new": True}
    assert (rows[2]["reference"], rows[2]["answer"]) == ("r2", "ham")


def test_parquet_holds_the_same_rows_typed(workflow: Workflow) -> None:
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    table = pq.read_table(io.BytesIO(b"".join(as_parquet(export))))
    assert table.column("content.amount").to_pylist() == [-2.5, None, None]
    assert table.column("received_at").to_pylist()[0] == NOW
    empty = set_up_workflow(slug="e", name="E", fields=FIELDS, labels=LABELS, actor=TESTER, now=NOW)
    nothing = export_rows(empty, "cases", shows_personal=True, shows_model=True)
    assert pq.read_table(io.BytesIO(b"".join(as_parquet(nothing)))).num_rows == 0


def test_decisions_and_labels_are_exported_with_what_they_rest_on(workflow: Workflow) -> None:
    decisions = csv_rows(workflow, "decisions")
    assert [(row["sequence"], row["route"], row["policy_version"]) for row in decisions] == [
        ("0", "review", "1")
    ] * 2
    (label,) = csv_rows(workflow, "labels")
    assert (label["reference"], label["label"], label["purpose"]) == ("r2", "ham", "import")


def test_a_key_learns_nothing_of_draws_and_audits(workflow: Workflow) -> None:
    for what in ("decisions", "labels"):
        columns = set(csv_rows(workflow, what, shows_model=False)[0])
        assert not columns & {
            "is_audited",
            "inclusion_probability",
            "uniform",
            "score",
            "is_blind",
            "purpose",
            "labelled_by",
        }


def test_every_case_is_there_once_however_it_is_cut(workflow: Workflow) -> None:
    for stretch in (1, 2, 3, 100):
        rows = list(
            export_rows(workflow, "cases", shows_personal=True, shows_model=True, stretch=stretch).rows
        )
        assert [row["reference"] for row in rows] == ["r0", "r1", "r2"]


def test_memory_does_not_grow_with_the_rows(workflow: Workflow) -> None:
    items = [Labelled({"name": "x" * 200}, "ham", f"m{n}") for n in range(6_000)]
    import_labelled(workflow_id=workflow.id, items=items, actor=TESTER, now=NOW)
    del items
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True, stretch=500)
    pieces = as_csv(export)
    next(pieces)
    next(pieces)
    tracemalloc.start()
    size = sum(len(piece) for piece in pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 1_500_000
    assert peak < 4_000_000


def test_the_api_streams_an_export(workflow: Workflow) -> None:
    client = client_with(Scope.READ)
    response: Any = client.send("GET", "/workflows/loans/export?what=cases&format=jsonl")
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'attachment; filename="loans-cases.jsonl"'
    lines = b"".join(response.streaming_content).splitlines()
    assert len(lines) == 3
    assert orjson.loads(lines[1])["content"]["name"] == "•••"


@pytest.mark.parametrize("query", ["what=people", "format=xlsx", "colour=red", "what=cases&format="])
def test_an_export_that_does_not_exist_is_named(workflow: Workflow, query: str) -> None:
    response = client_with(Scope.READ).send("GET", f"/workflows/loans/export?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "bad_parameter")
    assert response.json()["errors"][0]["fix"].startswith("Use")


def test_a_person_needs_to_watch_over_the_service_to_export(workflow: Workflow, client: Any) -> None:
    url = "/workflows/loans/export/?what=cases&format=csv"
    for role, status, shows in (
        (Role.REVIEWER, 404, False),
        (Role.OPERATOR, 200, False),
        (Role.ADMINISTRATOR, 200, True),
    ):
        client.force_login(person(role))
        response = client.get(url)
        assert response.status_code == status
        if status == 200:
            assert (b"Ann" in b"".join(response.streaming_content)) is shows


@pytest.mark.parametrize("form", ["csv", "spreadsheet", "jsonl", "parquet"])
def test_an_export_that_breaks_off_does_not_look_whole(workflow: Workflow, form: str) -> None:
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)

    def broken() -> Any:
        yield next(export.rows)
        raise ValueError("year 10000 is out of range")

    pieces: list[bytes] = []
    with pytest.raises(ValueError, match="year"):
        pieces.extend(written(Export(export.columns, broken()), FORMATS[form], ends_with_count=True))
    data = b"".join(pieces)
    with pytest.raises(BadTable, match=r"broken off after 1 rows|not Parquet"):
        list(read_table(io.BytesIO(data), f"f.{FORMATS[form].suffix}").rows)


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_fails_soon_is_an_error_and_not_a_file(workflow: Workflow, form: str) -> None:
    year_12000 = "UPDATE cases_case SET received_at = '12000-01-01' WHERE reference = 'r1'"
    with connection.cursor() as cursor:
        cursor.execute(year_12000)  # PostgreSQL stores what Python cannot read back
    client = client_with(Scope.READ)
    client.raise_request_exception = False
    response = client.send("GET", f"/workflows/loans/export?format={form}")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "Content-Disposition" not in response


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_that_is_whole_before_it_is_sent_has_a_length(workflow: Workflow, form: str) -> None:
    response: Any = client_with(Scope.READ).send("GET", f"/workflows/loans/export?format={form}")
    assert int(response["Content-Length"]) == len(b"".join(response.streaming_content))


def test_a_long_export_begins_before_it_is_whole_and_says_where_it_broke_off(workflow: Workflow) -> None:
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    row = next(export.rows) | {"content.name": "x" * 10_000}

    def broken() -> Any:
        yield from [row] * 1_000
        raise ValueError("year 12000 is out of range")

    response = as_response(Export(export.columns, broken()), FORMATS["csv"], name="loans")
    assert "Content-Length" not in response
    pieces: list[bytes] = []
    with pytest.raises(ValueError, match="12000"):
        pieces.extend(response)
    with pytest.raises(BadTable, match="broken off after 1,000 rows"):
        list(read_table(io.BytesIO(b"".join(pieces)), "f.csv").rows)


def test_an_export_may_end_with_the_number_of_its_rows(workflow: Workflow) -> None:
    for form in ("csv", "jsonl"):
        export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
        data = b"".join(written(export, FORMATS[form], ends_with_count=True))
        assert len(list(read_table(io.BytesIO(data), f"f.{form}").rows)) == 3
        lines = data.splitlines(keepends=True)
        with pytest.raises(BadTable, match="had 3 rows"):
            list(read_table(io.BytesIO(b"".join([*lines[:1], lines[-1]])), f"f.{form}").rows)


def test_a_spreadsheet_is_told_the_encoding(workflow: Workflow) -> None:
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    data = b"".join(written(export, FORMATS["spreadsheet"], ends_with_count=False))
    assert data.startswith(b"\xef\xbb\xbfid,")
