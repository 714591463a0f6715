"""A quote is shown where it stands in the case letter by letter, and nowhere else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_store.doors.chat import quote_call, read_quotes
from science.explain.quotes import LONGEST, MAX_QUOTES, quoted

ROW = {"subject": "You have won", "body": "Claim your prize now. 🎁 Your prize waits."}
FIELDS = ["subject", "body"]


def found(*quotes: str, row: dict[str, Any] = ROW) -> list[tuple[str, int, int, str]]:
    body = quoted(quotes, row, FIELDS, target="spam", contrast="ham", model="m")
    wheres = [one["where"] for one in body["highlights"]] if body else []
    return [(one["part"], one["start"], one["end"], one["quote"]) for one in wheres]


def test_what_stands_in_the_case_is_placed_in_its_order() -> None:
    assert found("your prize", "  You have won ") == [
        ("subject", 0, 12, "You have won"),
        ("body", 6, 16, "your prize"),
    ]


@pytest.mark.parametrize("quote", ["your Prize", "prize today", "", "  ", "ow", "x" * (LONGEST + 1)])
def test_what_does_not_stand_there_is_not_shown(quote: str) -> None:
    assert quoted([quote], ROW, FIELDS, target="spam", contrast="ham", model="m") is None


def test_the_same_words_again_are_placed_at_their_next_place() -> None:
    assert [start for _, start, _, _ in found("prize", "prize", "prize")] == [11, 29]


def test_places_count_as_browsers_do() -> None:
    body = quoted(["Your prize waits"], ROW, FIELDS, target="spam", contrast="ham", model="m")
    assert body is not None
    where = body["highlights"][0]["where"]
    assert (where["start16"] - where["start"], where["end16"] - where["end"]) == (1, 1), "🎁 counts twice"


@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_quoted_every_mark_is_the_cases_own_text(
    quotes: list[str], subject: str, body: str
) -> None:
    row = {"subject": subject, "body": body}
    pieces = [*quotes, subject[2:9], body[:7], body[3:20]]
    marks = found(*pieces, row=row)
    assert len(marks) <= MAX_QUOTES
    for part, start, end, quote in marks:
        assert row[part][start:end] == quote


def reply(content: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": content}}], "model": "1"}


@pytest.mark.parametrize(
    ("said", "quotes"),
    [
        ('["a prize", "won"]', ["a prize", "won"]),
        ('Sure!\n```json\n["won"]\n```', ["won"]),
        ('["won", 3, null, ["x"]]', ["won"]),
        ("none", []),
        ("[won]", []),
        ("]won[", []),
        ("[" * 100_000 + "]" * 100_000, []),
        (None, []),
        (7, []),
    ],
)
def test_quotes_are_read_from_whatever_a_model_answers(said: object, quotes: list[str]) -> None:
    assert read_quotes(reply(said)) == quotes


@pytest.mark.parametrize("answer", [None, [], {}, {"choices": []}, {"choices": [{}]}, "x", 3])
def test_an_answer_of_another_form_quotes_nothing(answer: object) -> None:
    assert read_quotes(answer) == []


def test_the_request_shows_the_case_and_names_the_answer() -> None:
    options = {"prompt": "{subject}\n{body}", "fields": FIELDS, "version": "1", "classes": []}
    (message,) = quote_call(options, ROW, "JUNK").body["messages"]
    assert message["content"].startswith("You have won\nClaim your prize now.")
    assert "The answer is: JUNK." in message["content"]
