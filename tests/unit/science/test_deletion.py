"""The words without which a text would be answered otherwise: really would, with none too many."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from science.explain import NotInContent, explain, verify
from science.explain.deletion import MAX_WORDS, word_flips
from science.fields import Field, Kind, Schema
from science.pipelines.candidates import MIXED, SMALL_TREES, TEXT
from science.serving import ServedModel
from science.serving.keys import WORDS
from tests.support.spam import N_TRAINING, WORLD, mails
from tests.unit.science.fitting import served_model_of


def mail_served(candidate: Any, **fields: Any) -> ServedModel:
    examples = WORLD._examples()[:N_TRAINING]
    schema = Schema.from_json({"fields": WORLD.fields, "labels": [label["name"] for label in WORLD.labels]})
    schema = Schema(
        tuple(replace(field, **fields.get(field.name, {})) for field in schema.fields), schema.labels
    )
    return served_model_of(candidate, [e.content for e in examples], [e.truth for e in examples], schema)


def unsure_mails(served: ServedModel, n: int) -> list[dict[str, Any]]:
    rows = [mail.content for mail in mails()[:400]]
    proba = served.predict_proba(rows)
    return [rows[i] for i in np.argsort(np.abs(proba[:, 0] - 0.5))[:n].tolist()]


def said_of(served: ServedModel, row: dict[str, Any]) -> str:
    return served.labels[int(served.predict_proba([row])[0].argmax())]


def without(row: dict[str, Any], changes: list[dict[str, str]]) -> dict[str, Any]:
    """Blank every place of these words, found anew by what the model takes for words."""
    changed = dict(row)
    for change in changes:
        text = changed[change["path"]]
        for word, start, end in WORDS.words(text):
            if word == change["without"].lower():
                text = text[:start] + " " * (end - start) + text[end:]
        changed[change["path"]] = text
    return changed


@pytest.mark.parametrize("candidate", [TEXT[0], TEXT[2], *MIXED[:1]], ids=str)
def test_every_proposal_turns_the_answer_when_it_is_scored_again(candidate: Any) -> None:
    served = mail_served(candidate)
    found = 0
    for row in unsure_mails(served, 25):
        said = said_of(served, row)
        for flip in word_flips(served, row, target=said):
            found += 1
            changes = flip["changes"]
            assert 1 <= len(changes) <= MAX_WORDS
            again = served.predict_proba([without(row, changes)])[0]
            assert served.labels[int(again.argmax())] == flip["label"] != said
            assert flip["p"] == pytest.approx(again[served.labels.index(said)], abs=1e-12)
            for change in changes:  # none is idle: with any one of them the answer stays
                rest = [other for other in changes if other is not change]
                assert said_of(served, without(row, rest)) == said
    assert found >= 15


def test_an_explanation_says_without_which_words_and_refuses_one_that_is_stale() -> None:
    served = mail_served(TEXT[2])
    row = next(
        row for row in unsure_mails(served, 25) if word_flips(served, row, target=said_of(served, row))
    )
    explanation = explain(served, row)
    assert explanation.to_json()["flips"] == word_flips(served, row, target=explanation.target)
    verify(explanation, row)
    assert explain(served, row, target=explanation.contrast).flips == ()
    explanation.flips[0]["changes"][0]["without"] = "never written there"
    with pytest.raises(NotInContent):
        verify(explanation, row)


def test_what_may_not_change_or_be_shown_loses_no_words() -> None:
    free = mail_served(TEXT[0])
    rows = unsure_mails(free, 25)
    fixed = mail_served(TEXT[0], subject={"mutable": False}, body={"show": False})
    assert all(word_flips(fixed, row, target=said_of(fixed, row)) == [] for row in rows)
    only_subject = mail_served(TEXT[0], body={"mutable": False})
    flips = [
        flip for row in rows for flip in word_flips(only_subject, row, target=said_of(only_subject, row))
    ]
    assert flips
    assert {change["path"] for flip in flips for change in flip["changes"]} == {"subject"}


@pytest.mark.parametrize("body", ["", None, "... ?", "\U0001f9a0" * 300, "\u039f\u03a3 \u03b1\u03b2"])
def test_a_text_without_words_has_no_proposal(body: Any) -> None:
    served = mail_served(TEXT[0])
    row = {"subject": "", "body": body}
    assert word_flips(served, row, target=said_of(served, row)) == []


def test_under_trees_a_text_loses_words_too() -> None:
    rng = np.random.default_rng(0)
    schema = Schema((Field("note", Kind.TEXT), Field("amount", Kind.NUMBER)), ("no", "yes"))
    notes = ["fine", "late"]
    rows = [{"note": notes[i % 2], "amount": float(rng.normal(0, 1))} for i in range(300)]
    served = served_model_of(SMALL_TREES, rows, ["no", "yes"] * 150, schema)
    flips = [flip for row in rows for flip in word_flips(served, row, target=said_of(served, row))]
    assert flips
    assert {change["path"] for flip in flips for change in flip["changes"]} == {"note"}
