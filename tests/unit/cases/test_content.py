"""The checker of contents: what it lets through is canonical, what it refuses it names with a fix."""

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cases.content import Checker, checker_for, printable
from science.fields import Schema

SCHEMA = Schema.from_json(
    {
        "fields": [
            {"name": "body", "kind": "text", "max_length": 50},
            {"name": "amount", "kind": "number", "minimum": 0, "maximum": 100, "required": False},
            {"name": "job", "kind": "category", "options": ["clerk", "smith"], "required": False},
            {"name": "town", "kind": "category", "required": False},
            {"name": "since", "kind": "date", "required": False},
            {"name": "married", "kind": "boolean", "required": False},
            {"name": "photo", "kind": "image", "required": False},
        ],
        "labels": ["a", "b"],
    }
)
CHECKER: Checker = checker_for(SCHEMA)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([field.name for field in SCHEMA.fields]) | st.text(max_size=5)


@given(st.dictionaries(NAMES, ANYTHING, max_size=9) | ANYTHING)
def test_whatever_is_sent_the_answer_is_canonical_content_or_named_problems(raw: Any) -> None:
    content, problems = CHECKER.check(raw)
    assert (content is None) == bool(problems)
    for problem in problems:
        assert set(problem) == {"field", "error", "fix"}
        assert problem["field"].startswith("content")
        assert all(problem.values())
        json.dumps(problem).encode()  # no half of a surrogate pair is echoed
    if content is not None:
        assert list(content) == [field.name for field in SCHEMA.fields]
        again, _ = CHECKER.check(content)
        assert again == content
        assert "\x00" not in json.dumps(content, ensure_ascii=False)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers())
def test_a_number_is_finite_and_in_range_or_refused(value: float) -> None:
    content, problems = CHECKER.check({"body": "", "amount": value})
    fits = math.isfinite(value) and 0 <= value <= 100
    assert fits == (not problems)
    if content is not None:
        assert content["amount"] == float(value)


def errors_of(**content: Any) -> dict[str, str]:
    """What is wrong, by field."""
    return {
        p["field"].removeprefix("content."): p["error"] for p in CHECKER.check({"body": "x", **content})[1]
    }


def test_each_kind_of_wrong_value_has_its_own_words() -> None:
    assert "not a text" in errors_of(body=3)["body"]
    assert "51 characters" in errors_of(body="x" * 51)["body"]
    assert "NUL" in errors_of(body="a\x00b")["body"]
    assert "surrogate" in errors_of(body="a\ud800b")["body"]
    assert "missing" in errors_of(body=None)["body"]
    assert "true or false, not a number" in errors_of(amount=True)["amount"]
    assert "a text" in errors_of(amount="3")["amount"]
    assert "finite" in errors_of(amount=10**400)["amount"]
    assert "baker" in errors_of(job="baker")["job"]
    assert "2026-13-01" in errors_of(since="2026-13-01")["since"]
    assert "not true or false" in errors_of(married="yes")["married"]
    assert "not an uploaded image" in errors_of(photo="x.png")["photo"]
    assert "not a field" in errors_of(colour="red")["colour"]


def test_text_is_brought_into_one_form() -> None:
    content, _ = CHECKER.check({"body": "nai\u0308ve", "town": "Mu\u0308nchen"})
    assert content is not None
    assert (content["body"], content["town"]) == ("na\u00efve", "M\u00fcnchen")


def test_a_thousand_unknown_fields_give_a_short_answer() -> None:
    _, problems = CHECKER.check({"body": "x", **{f"f{i}": i for i in range(5000)}})
    assert len(problems) == 20


@given(st.text(max_size=300))
def test_what_is_echoed_is_short_and_printable(text: str) -> None:
    shown = printable(text)
    assert len(shown) <= 61
    assert all(c.isprintable() or c in "\ufffd…\u200c\u200d" for c in shown)


def test_one_field_under_two_forms_of_its_name_is_refused() -> None:
    checker = checker_for(Schema.from_json({"fields": [{"name": "d\u00e9", "kind": "text"}], "labels": []}))
    assert checker.check({"de\u0301": "one"}) == ({"d\u00e9": "one"}, [])
    content, (problem,) = checker.check({"de\u0301": "one", "d\u00e9": "another"})
    assert content is None
    assert (problem["field"], problem["error"]) == ("content.d\u00e9", "is there twice")
