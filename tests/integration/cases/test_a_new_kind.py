"""A kind that is registered is known everywhere: a made-up "location" walks from its schema to a model."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from cases.content import checker_for
from cases.files.collected import collect
from cases.files.columns import cell_as
from cases.files.guess import guess_columns
from cases.models import Case
from cases.services.schemas import checked_schema
from hitl.accounts.types import Role
from hitl.flow.export.formats import as_jsonl
from hitl.flow.export.rows import export_rows
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.examples import curl_line
from hitl.shared.errors import Invalid
from models_store.slice_words import slice_in_words
from science.explain import explain
from science.explain.types import verify
from science.fields import Kind, Schema
from science.pipelines import train
from science.serving import load_model, save_model
from science.slices import slices_of
from tests.support import location
from tests.support.factories import LABELS, NOW, TESTER, client_key, person

ROOT = Path(__file__).resolve().parents[3]
FIELDS: list[dict[str, Any]] = [
    {"name": "where", "kind": "location"},
    {"name": "amount", "kind": "number", "required": False},
]
BERLIN = {"latitude": 52.52, "longitude": 13.405}


@pytest.fixture(autouse=True)
def kind() -> Iterator[Kind]:
    with location.registered() as kind:
        yield kind


@pytest.fixture
def schema() -> Schema:
    checked = checked_schema(FIELDS, LABELS)
    return Schema.from_json({"fields": checked.fields, "labels": ["ham", "spam"]})


def test_a_schema_may_name_it_and_its_limits_are_its_own(kind: Kind, schema: Schema) -> None:
    assert schema.field("where").kind is kind
    with pytest.raises(Invalid) as refused:
        checked_schema([{"name": "where", "kind": "location", "minimum": 0}], LABELS)
    assert "only a number has a minimum" in refused.value.facts["errors"][0]["error"]


def test_a_content_is_checked_and_what_is_wrong_is_named_with_its_fix(schema: Schema) -> None:
    checker = checker_for(schema)
    assert checker.check({"where": {"latitude": 1, "longitude": 2}})[0] == {
        "where": {"latitude": 1.0, "longitude": 2.0},
        "amount": None,
    }
    assert checker.check({"where": {"latitude": 91, "longitude": 2}}) == (
        None,
        [{"field": "content.where", "error": "is not a place on earth", "fix": location.FIX}],
    )


def test_a_guess_finds_it_and_a_cell_is_read(kind: Kind) -> None:
    texts = ["52.52, 13.405", "48.1,11.6", "-33.9, 151.2"]
    rows = [{"where": texts[i % 3], "amount": str(i), "label": "ab"[i % 2]} for i in range(20)]
    kinds = {field["name"]: field["kind"] for field in guess_columns(collect(enumerate(rows))).fields}
    assert kinds == {"where": "location", "amount": "number"}
    assert cell_as(" 52.52, 13.405 ", kind) == BERLIN
    assert cell_as(BERLIN, kind) == BERLIN
    assert cell_as("", kind) is None
    assert cell_as("Berlin", kind) == "Berlin"  # for the check to name


def test_the_curl_line_has_an_example(schema: Schema) -> None:
    assert '"where": {"latitude": 52.52, "longitude": 13.405}' in curl_line("http://x", schema.fields, "key")


@pytest.mark.django_db
def test_a_case_is_taken_in_shown_on_its_page_and_exported(client: Client) -> None:
    workflow = set_up_workflow(
        slug="trips", name="Trips", fields=FIELDS, labels=LABELS, actor=TESTER, now=NOW
    )
    items = [Submission({"where": BERLIN, "amount": 3}, "r1"), Submission({"where": "Berlin"}, "r2")]
    submit_cases(Intake(slug="trips", items=items, key=client_key(), now=NOW, is_batch=True))
    case = Case.objects.get(workflow=workflow)
    client.force_login(person(Role.OPERATOR))
    assert "52.52, 13.405" in client.get(f"/cases/{case.pk}/").content.decode()
    assert "where 52.52, 13.405" in client.get("/cases/").content.decode()
    export = export_rows(workflow, "cases", shows_personal=True, shows_model=True)
    assert export.columns["content.where"] == "text"
    assert b'"where":"52.52, 13.405"' in b"".join(as_jsonl(export))


def test_a_model_learns_from_it_and_says_so(schema: Schema) -> None:
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = [
        {"where": {"latitude": float(rng.uniform(-80, 80)), "longitude": 10.0}, "amount": 1.0}
        for _ in range(160)
    ]
    labels = ["spam" if row["where"]["latitude"] > 0 else "ham" for row in rows]
    served = load_model(save_model(train(rows, labels, schema, seed=1).served))
    assert served.table.groups == ["where", "where", "amount"]
    assert (
        served.predict_proba(rows).argmax(axis=1) == [served.labels.index(x) for x in labels]
    ).mean() > 0.9
    assert served.fits([rows[0], {"where": "Berlin"}]) == [None, "field 'where' is not a place on earth"]
    explanation = explain(served, rows[0])
    verify(explanation, rows[0])
    assert explanation.highlights[0].where == {"path": "where"}
    wrong = np.array([row["where"]["latitude"] > 50 for row in rows])
    worst = slices_of(rows, wrong, labels, schema)["worst"][0]
    said = slice_in_words(worst["field"], worst["slice"])
    assert said.startswith("where above")
    assert said.endswith("degrees north")


def test_what_is_made_when_modules_are_loaded_knows_it_too() -> None:
    script = (
        "import django, tests.support.location as location\n"
        "with location.registered():\n"
        "    django.setup()\n"
        "    from hitl.flow.doors.api.reference import document\n"
        "    from hitl.flow.doors.pages.forms import FieldRow\n"
        "    from cases.files.told import parse_fields\n"
        "    print(b'\"location\"' in document(), 'value=\"location\"' in str(FieldRow()['kind']))\n"
        "    print(tuple((name, str(kind)) for name, kind in parse_fields('where:location')))\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "hitl.settings",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "HITL_SECRET_KEY": "of a test, which signs nothing that is kept",
    }
    command = [sys.executable, "-W", "ignore", "-c", script]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n")[:2] == ["True True", "(('where', 'location'),)"]
