"""Words that are no evidence: a model neither learns from them nor hears them, and marks nothing in them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.explain import explain
from science.fields import Field, Kind, Schema
from science.pipelines import train
from science.serving import BadArtifact, load_model
from science.serving.unread import MAX_LENGTH, MAX_WORDS, Unread

SCHEMA = Schema((Field("body", Kind.TEXT),), ("ham", "spam"))


def letters(n: int = 160) -> tuple[list[dict[str, Any]], list[str]]:
    """Mail whose signature gives the answer away, beside words that hint at it."""
    rng = np.random.default_rng(4)
    rows, labels = [], []
    for i in range(n):
        is_spam = i % 2 == 1
        hints = rng.choice(["prize", "winner", "claim"] if is_spam else ["meeting", "agenda", "notes"], 2)
        noise = rng.choice(["today", "tomorrow", "please", "thanks", "regards"], 4)
        if rng.random() < 0.3:
            hints = noise[:2]
        sign = "Zorblatt" if is_spam else "Quimby"
        rows.append({"body": f"{' '.join([*hints, *noise])}. {sign} {i}"})
        labels.append("spam" if is_spam else "ham")
    return rows, labels


@given(st.text(max_size=60), st.lists(st.text("abAB.-", min_size=1, max_size=4), max_size=4))
def test_a_text_keeps_its_length_and_everything_else(text: str, words: list[str]) -> None:
    blanked = Unread([word for word in words if word.strip()])(text)
    assert len(blanked) == len(text)
    assert all(new in (old, " ") for old, new in zip(text, blanked, strict=True))
    assert Unread([])(text) == text


@pytest.mark.parametrize("words", [[""], [" "], ["x" * (MAX_LENGTH + 1)], ["x"] * (MAX_WORDS + 1)])
def test_what_is_no_word_or_too_much_is_refused(words: list[str]) -> None:
    with pytest.raises(BadArtifact):
        Unread(words)


def test_a_word_that_is_left_out_moves_nothing_and_is_never_marked() -> None:
    rows, labels = letters()
    with_it = train(rows, labels, SCHEMA, seed=1, budget_seconds=2)
    without = train(rows, labels, SCHEMA, seed=1, budget_seconds=2, unread=["zorblatt", "quimby"])
    assert without.report["unread"] == ["zorblatt", "quimby"]
    row = {"body": "please send the agenda. Zorblatt"}
    other = {"body": "please send the agenda. Quimby"}
    served = load_model(without.artifact)
    assert served.predict_proba([row]).tolist() == served.predict_proba([other]).tolist()
    assert with_it.served.predict_proba([row])[0, 1] > served.predict_proba([row])[0, 1] + 0.1
    for text in (row, other):
        marked = [highlight.where["quote"] for highlight in explain(served, text).highlights]
        assert marked
        assert not {"Zorblatt", "Quimby"} & set(marked)
    assert with_it.served.texts[0].unread.words == ()


def test_a_model_that_reads_everything_has_the_bytes_it_had() -> None:
    rows, labels = letters(80)
    plain = train(rows, labels, SCHEMA, seed=1, budget_seconds=1)
    assert train(rows, labels, SCHEMA, seed=1, budget_seconds=1, unread=[]).artifact == plain.artifact
    assert b'"unread"' not in plain.artifact
