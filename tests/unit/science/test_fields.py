"""Schemas: what they refuse, and what their schema_sha256 is about."""

from dataclasses import replace

import pytest

from science.fields import BadSchema, Field, Kind, Schema

AGE = Field("age", Kind.NUMBER, minimum=0)
HOME = Field("home", Kind.CATEGORY, options=("rent", "own"))
SCHEMA = Schema((AGE, HOME), ("yes", "no"))


def test_a_schema_survives_json():
    assert Schema.from_json(SCHEMA.to_json()) == SCHEMA


def test_rearranging_and_display_flags_retire_no_model():
    hidden = replace(AGE, show=False, personal=True, mutable=False)
    turned = replace(HOME, options=("own", "rent"))
    assert Schema((turned, hidden), ("no", "yes")).sha256() == SCHEMA.sha256()


@pytest.mark.parametrize(
    "other",
    [
        Schema((AGE,), SCHEMA.labels),
        Schema(SCHEMA.fields, ("yes", "no", "maybe")),
        Schema((replace(AGE, required=False), HOME), SCHEMA.labels),
        Schema((replace(AGE, minimum=1), HOME), SCHEMA.labels),
        Schema((AGE, replace(HOME, options=("rent",))), SCHEMA.labels),
        Schema((Field("age", Kind.TEXT), HOME), SCHEMA.labels),
    ],
)
def test_what_a_model_is_trained_for_changes_the_digest(other):
    assert other.sha256() != SCHEMA.sha256()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"fields": [], "labels": ["a", "a"]}, "'a'"),
        ({"fields": [{"name": "x", "kind": "sound"}], "labels": []}, "'x'"),
        ({"fields": [{"name": "x", "kind": "text"}] * 2, "labels": []}, "'x'"),
        ({"fields": [{"name": "x", "kind": "text", "colour": 1}], "labels": []}, "colour"),
        ({"fields": [{"name": " x", "kind": "text"}], "labels": []}, "' x'"),
        ({"fields": [{"name": "x", "kind": "text", "options": ["a"]}], "labels": []}, "'x'"),
        ({"fields": [{"name": "x", "kind": "number", "minimum": 2, "maximum": 1}], "labels": []}, "'x'"),
        ({"labels": []}, "fields"),
    ],
)
def test_a_bad_schema_is_refused_by_name(data, names):
    with pytest.raises(BadSchema, match=names):
        Schema.from_json(data)
