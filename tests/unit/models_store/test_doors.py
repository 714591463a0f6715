"""How cases are put to servers, as real ones were seen to want them, and what of their answers is refused."""

from typing import Any

import pytest

from models_store.doors import DoorFault, mlflow, open_inference
from science.decision_terms import Reason

CASES = [{"amount": 3, "is_new": True, "note": "tea"}, {"amount": None, "is_new": None, "note": None}]
MIXED = {"fields": ["amount", "is_new", "note"], "numbers": ["amount", "is_new"], "classes": ["no", "yes"]}


def body_of(options: dict[str, Any], cases: list[dict[str, Any]]) -> dict[str, Any]:
    (call,) = open_inference.calls(options, cases)
    found: dict[str, Any] = call.body
    return found


def test_a_field_has_the_same_type_whatever_is_missing_in_the_batch() -> None:
    body = body_of(MIXED, CASES)
    assert body["parameters"] == {"content_type": "pd"}, "MLServer refuses several inputs without it"
    assert body["outputs"] == [{"name": "predict_proba"}]
    sent = {one["name"]: (one["datatype"], one["data"]) for one in body["inputs"]}
    assert sent == {
        "amount": ("FP64", [3.0, None]),
        "is_new": ("FP64", [1.0, None]),
        "note": ("BYTES", ["tea", ""]),
    }


def test_numbers_go_into_the_one_input_that_is_named_row_by_row() -> None:
    cases = [{"a": 1, "b": 2}, {"a": 3, "b": None}]
    body = body_of({"fields": ["a", "b"], "numbers": ["a", "b"], "input": "x"}, cases)
    assert body["inputs"] == [
        {"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1.0, 2.0, 3.0, None]}
    ]
    assert "parameters" not in body


def test_a_text_goes_into_the_one_input_that_is_named() -> None:
    body = body_of({"fields": ["note"], "numbers": [], "input": "text"}, CASES)
    (one,) = body["inputs"]
    assert (one["name"], one["data"], one["parameters"]) == ("text", ["tea", ""], {"content_type": "str"})


@pytest.mark.parametrize("said", [["no", "yes"], [0, 1], [0.2, 0.9]])
def test_labels_where_probabilities_are_asked_for_are_named(said: list[Any]) -> None:
    with pytest.raises(DoorFault, match="where probabilities of 2 classes are asked for") as fault:
        mlflow.read(MIXED, [{"predictions": said}], 2)
    assert fault.value.reason is Reason.SOURCE_UNREADABLE
