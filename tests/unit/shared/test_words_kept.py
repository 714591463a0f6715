"""What is kept of a sentence says it again, in whatever language it is read in later."""

import copy
import json

from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hitl.shared.words import Words, again, as_words, figure, joined, kept, shown
from science.told import Told

TEXTS = st.text(st.characters(exclude_characters="%"), max_size=20)


def _over_json(value: object) -> object:
    return again(json.loads(json.dumps(kept(value))))


@given(st.dictionaries(st.sampled_from("abc"), st.integers() | TEXTS | TEXTS.map(Words), min_size=1))
def test_a_sentence_comes_back_as_it_was(values: dict[str, object]) -> None:
    said = Words(" ".join(f"%({name})s" for name in values), **values)
    back = _over_json(said)
    assert back == said
    assert isinstance(back, Words)
    assert shown(back) == shown(said)
    assert shown(copy.deepcopy(said)) == shown(said)


@given(st.recursive(st.none() | st.integers() | TEXTS, lambda s: st.lists(s) | st.dictionaries(TEXTS, s)))
def test_what_holds_no_sentence_comes_back_as_it_was(value: object) -> None:
    assert _over_json(value) == value


def test_sentences_within_sentences_and_lists_are_said_in_the_reader_s_language() -> None:
    late = Words.counted("%(n)s answer is missing.", "%(n)s answers are missing.", n=1_200)
    why = joined([late, "What held it has passed."])
    verdict = _over_json({"reasons": [why], "outcome": "hold"})
    assert isinstance(verdict, dict)
    assert verdict["reasons"][0] == "1,200 answers are missing. What held it has passed."
    with translation.override("de"):
        assert shown(verdict["reasons"][0]) == shown(late) + " " + shown(as_words("What held it has passed."))
        assert "missing" not in shown(verdict["reasons"][0])
        assert "1.200" in shown(verdict["reasons"][0])


def test_shares_among_the_values_are_written_as_the_reader_does_and_data_as_they_are() -> None:
    said = Words("%(share)s of %(field)s, %(whole)s", share="77.30 %", field="1.5", whole="4.0%")
    assert said == "77.30 % of 1.5, 4.0%"
    with translation.override("de"):
        assert shown(said) == "77,30 % of 1.5, 4,0%"


def test_names_that_sound_like_the_parts_of_a_sentence_are_names() -> None:
    by_label = {"one": 3, "many": "x", "values": {}}
    assert _over_json(by_label) == by_label
    said = Words("%(n)s left", n=2)
    assert _over_json({"counts": by_label, "why": said}) == {"counts": by_label, "why": "2 left"}


def test_numbers_with_decimals_are_written_as_the_reader_does() -> None:
    said = _over_json(Words("%(low)s | %(high)s", low=figure(-1.25, "+.2f"), high=figure(12_345.5, ",.1f")))
    assert said == "-1.25 | 12,345.5"
    assert isinstance(said, str)
    with translation.override("de"):
        assert shown(said) == "-1,25 | 12.345,5"


def test_what_science_tells_is_kept_and_said_as_any_sentence() -> None:
    told = Told("Fitting the chosen model: %(pipeline)s", pipeline=Told("logistic regression"))
    assert copy.deepcopy(told) == told == "Fitting the chosen model: logistic regression"
    said = _over_json(as_words(told))
    assert said == told
    assert isinstance(said, str)
    with translation.override("de"):
        assert shown(said) == "Passt das gewählte Modell an: logistische Regression"
    assert as_words(Told("%(x)s", x=0.5)).values == {"x": "0.5"}
