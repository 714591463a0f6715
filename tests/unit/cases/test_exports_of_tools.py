"""Exports of the tools that people label in are cases with labels, and nothing of the tool is a field."""

import io
import json
from typing import Any

import pytest

from cases.files.collected import parts
from cases.files.errors import Unreadable
from cases.files.exports import guarded, unguarded
from cases.files.reading import look_at
from cases.files.tables import read_table
from cases.files.told import NOTHING


def result(*choices: str) -> dict[str, Any]:
    return {"result": [{"from_name": "s", "type": "choices", "value": {"choices": list(choices)}}], "id": 7}


def task(*annotations: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, "data": {"text": "t"}, "annotations": list(annotations), "predictions": [], "meta": {}}


def record(*values: str) -> dict[str, Any]:
    answers = [{"value": value, "user_id": "u", "status": "submitted"} for value in values]
    return {
        "id": "r1",
        "fields": {"text": "t"},
        "responses": {"label": answers},
        "metadata": {},
        "vectors": {},
    }


PRODIGY = {"text": "t", "_input_hash": 1, "_task_hash": 2, "meta": {"source": "web"}, "_view_id": "choice"}
OPTIONS = [{"id": "A", "text": "A"}, {"id": "B", "text": "B"}]


@pytest.mark.parametrize(
    ("row", "tool", "label"),
    [
        (task(result("good")), "Label Studio", "good"),
        (task(result("good"), result("good")), "Label Studio", "good"),
        (task(result("bad") | {"was_cancelled": True}, result("good")), "Label Studio", "good"),
        (task(), "Label Studio", None),
        (
            {"text": "t", "s": "good", "annotator": 1, "annotation_id": 2, "lead_time": 3.1},
            "Label Studio",
            ...,
        ),
        ({"id": 3, "text": "t", "label": ["good"], "Comments": []}, "doccano", "good"),
        ({"id": 3, "text": "t", "label": []}, "doccano", None),
        (record("good", "good"), "Argilla", "good"),
        (record(), "Argilla", None),
        ({"text": "t", "prediction": None, "annotation": "good", "status": "Validated"}, "Argilla", "good"),
        (PRODIGY | {"answer": "accept"}, "Prodigy", "accept"),
        (PRODIGY | {"answer": "reject", "label": "SPAM"}, "Prodigy", "not SPAM"),
        (PRODIGY | {"answer": "accept", "accept": ["B"], "options": OPTIONS}, "Prodigy", "B"),
        (PRODIGY | {"answer": "reject", "accept": ["B"], "options": OPTIONS}, "Prodigy", None),
    ],
)
def test_a_case_and_its_label(row: dict[str, Any], tool: str, label: object) -> None:
    table = read_table(io.BytesIO(json.dumps([row]).encode()), "f.json")
    ((_, case),) = table.rows
    inside, outside = parts(case)
    export = table.export()
    assert export is not None
    assert export.tool == tool
    assert inside == {"text": "t"} | ({"s": "good"} if label is ... else {})
    if label is not ...:
        assert outside["label"] == label


@pytest.mark.parametrize(
    "row", [task(result("good"), result("bad")), record("good", "bad"), PRODIGY | {"answer": "ignore"}]
)
def test_a_case_on_which_people_disagree_or_say_nothing_is_refused_with_its_reason(
    row: dict[str, Any],
) -> None:
    ((_, case),) = read_table(io.BytesIO(json.dumps([row]).encode()), "f.json").rows
    assert isinstance(case, Unreadable)
    assert "more than one way: bad, good" in case.reason or "ignored" in case.reason


@pytest.mark.parametrize(
    "row", [task(result("good")), record("good"), {"text": "t", "prediction": None, "annotation": "good"}]
)
def test_a_row_that_is_no_such_export_is_refused_and_the_others_are_read(row: dict[str, Any]) -> None:
    rows = [row, {"text": "t", "label": "good"}, row]
    table = read_table(io.BytesIO("\n".join(map(json.dumps, rows)).encode()), "f.jsonl")
    first, other, last = (case for _, case in table.rows)
    assert isinstance(other, Unreadable)
    assert "not in the form of the first row" in other.reason
    assert first == last
    assert first["label"] == "good"


@pytest.mark.parametrize("odd", ["x", 7, ["x"], {"x": 1}, [{"result": 7}], [{"result": ["x", {"value": 1}]}]])
def test_what_a_tool_writes_otherwise_is_no_label(odd: object) -> None:
    rows = [
        task() | {"annotations": odd},
        record() | {"responses": odd},
        record() | {"responses": {"q": odd}},
    ]
    for row in rows:
        ((_, case),) = read_table(io.BytesIO(json.dumps([row]).encode()), "f.json").rows
        assert case["label"] is None


def test_what_is_left_out_is_said() -> None:
    rows = [{"text": f"t{n}", "tags": ["x", "y"], "one": [n], "label": "ab"[n % 2]} for n in range(40)]
    reading = look_at(read_table(io.BytesIO("\n".join(map(json.dumps, rows)).encode()), "f.jsonl"), NOTHING)
    assert [(field["name"], field["kind"]) for field in reading.fields] == [
        ("text", "text"),
        ("one", "number"),
    ]
    assert reading.notes == ("Left out, as no field holds a list or an object: tags.",)


@pytest.mark.parametrize(
    "text", ["=1", "'=1", "''=1", " =1", "' =1", "plain", "'plain", "", "\uff1d1", "-2", "\t"]
)
def test_a_guard_against_formulas_comes_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
