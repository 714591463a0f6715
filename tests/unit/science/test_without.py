"""A text without one of its words: the closed form gives what scoring the blanked text gives."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from science.explain.without import without_each_word
from science.serving.analyzer import Analyzer
from science.serving.text import TextBlock

LETTERS = st.sampled_from("aaabbbB\u00e9\u0130\u4e1a\u1ec7\u0301\U0001f44d\u03c3'!-_$ \t\n\u00a0   ")
TEXT = st.one_of(
    st.text(LETTERS, max_size=60),
    st.text(max_size=40),
    st.lists(st.sampled_from(["ab", "ab,", "AB", "bab", "ba-ab", "x", "...", "a_b"]), max_size=25).map(
        " ".join
    ),
)


def block_of(texts: Sequence[str], *, gram_range: tuple[int, int] | None, n_outputs: int = 1) -> TextBlock:
    """A block that knows most features of some texts, with weights at random."""
    rng = np.random.default_rng(3)
    words = sorted({name for text in texts for name in Analyzer("word", 1, 2).features(text)})
    grams: list[str] = []
    if gram_range is not None:
        grams = sorted({name for text in texts for name in Analyzer("char_wb", *gram_range).features(text)})
    words, grams = ([name for i, name in enumerate(names) if i % 3 != 1] for names in (words, grams))
    n = len(words) + len(grams)
    idf, weights = rng.uniform(1, 5, n), rng.normal(0, 1, (n, n_outputs))
    return TextBlock("body", words, grams, gram_range or (3, 3), idf, weights, 1000)


def blanked(text: str, places: Sequence[tuple[int, int]]) -> str:
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


@pytest.mark.parametrize("gram_range", [None, (3, 5), (1, 4)])
@pytest.mark.parametrize("n_outputs", [1, 3])
@given(text=TEXT, others=st.lists(TEXT, max_size=3))
@example(text="free Hello\u00a0 money hello", others=[])
@example(text="a\u00a0b a\u00a0 \u00a0a aa\u00a0", others=["a b"])
def test_every_word_s_absence_scores_as_the_text_without_it(
    text: str, others: list[str], gram_range: tuple[int, int] | None, n_outputs: int
) -> None:
    block = block_of([text, *others], gram_range=gram_range, n_outputs=n_outputs)
    found = without_each_word(block, text)
    if found is None:
        assert not Analyzer("word").words(text) or "\u03a3" in text
        return
    assert len(set(found.words)) == len(found.words) == len(found.places) == len(found.outputs)
    again = block.outputs([blanked(text, places) for places in found.places])
    np.testing.assert_allclose(found.outputs, again, rtol=0, atol=1e-9)


def test_a_word_with_many_places_goes_from_all_of_them_and_its_neighbours_meet() -> None:
    text = "pay now or pay later, PAY pay"
    block = block_of([text, "now or later"], gram_range=(3, 5))
    found = without_each_word(block, text)
    assert found is not None
    at = found.words.index("pay")
    assert [text[start:end] for start, end in found.places[at]] == ["pay", "pay", "PAY", "pay"]
    assert found.outputs[at] == pytest.approx(block.outputs(["    now or     later,        "])[0], abs=1e-9)


@pytest.mark.parametrize("value", [None, "", "...", 7, "\u039f\u03a3 \u03b1\u03b2"])
def test_where_no_word_can_be_taken_away_nothing_is_said(value: object) -> None:
    assert without_each_word(block_of(["some text"], gram_range=(3, 5)), value) is None


def test_what_is_beyond_the_part_that_is_read_is_not_taken_away() -> None:
    text = "first " * 300
    block = block_of([text], gram_range=None)
    found = without_each_word(block, text)
    assert found is not None
    assert max(end for _, end in found.places[0]) <= block.max_chars
