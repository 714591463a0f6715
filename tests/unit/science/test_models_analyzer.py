"""Features with offsets are scikit-learn's features, in any script."""

import itertools
import re
import unicodedata
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from science.serving.analyzer import Analyzer
from science.serving.text import TextBlock
from science.serving.tokens import ASCII_TOKEN_PATTERN, TOKEN_PATTERN

PIECES = (
    "Hello",
    "C++",
    "C#",
    "don't",
    "5",
    "$$$",
    "!!!",
    "\u0130stanbul",
    "I\u0307",
    "\u03a3\u03a3",
    "stra\u00dfe",
    "\ufb01ne",
    "\u00bd",
    "nai\u0308ve",
    "na\u00efve",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u6211\u559c\u6b22\u4f60",
    "\u0e20\u0e32\u0e29\u0e32",
    "\U0001f44d\U0001f3fd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
    "\ud55c\uae00",
    "\u1100\u1161",
    "\ud800",
    "\x00",
    "\x1f",
    " ",
    "  ",
    "\n",
    "\t\t",
    "\u00a0",
    "\u2028",
    "\x85",
    "\U0010ffff",
    "\U0001d400",
    "\u0301",
    "_",
    "a" * 40,
    "'",
    "\u2019s",
)
nasty = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join)
CONFIGURATIONS = [
    (unit, ngrams, lower, accents, own_tokens)
    for unit, ngrams, lower, accents in itertools.product(
        ("word", "char", "char_wb"),
        ((1, 1), (1, 2), (2, 2), (2, 3), (1, 3), (3, 5)),
        (True, False),
        (None, "unicode", "ascii"),
    )
    for own_tokens in ((True, False) if unit == "word" else (True,))
]


@pytest.mark.parametrize(("unit", "ngrams", "lower", "accents", "own_tokens"), CONFIGURATIONS)
@settings(max_examples=20, deadline=None)
@given(text=nasty)
def test_features_are_scikit_learns_and_spans_hold_them(unit, ngrams, lower, accents, own_tokens, text):
    pattern = TOKEN_PATTERN if own_tokens else r"(?u)\b\w\w+\b"
    own = Analyzer(unit, *ngrams, lowercase=lower, strip_accents=accents, token_pattern=pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on a token pattern it will not use
        reference = CountVectorizer(
            analyzer=unit, ngram_range=ngrams, lowercase=lower, strip_accents=accents, token_pattern=pattern
        ).build_analyzer()
    expected = reference(text)
    spans = own.spans(text)
    assert own.features(text) == expected
    assert [feature for feature, _, _ in spans] == expected
    for feature, start, end in spans:
        assert 0 <= start <= end <= len(text)
        if accents is None and unit != "word" and len(text.lower()) == len(text):
            source = (text.lower() if lower else text)[start:end]
            assert feature.split() == source.split()


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_quick_pattern_finds_in_ascii_what_the_full_one_finds(text):
    assert re.findall(ASCII_TOKEN_PATTERN, text) == re.findall(TOKEN_PATTERN, text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("C++ & C# don't cost $5!", ["c++", "&", "c#", "don't", "cost", "$", "5", "!"]),
        (
            "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
            ["\u0928\u092e\u0938\u094d\u0924\u0947", "\u0926\u0941\u0928\u093f\u092f\u093e"],
        ),
        ("\u6211\u559c\u6b22", ["\u6211", "\u559c", "\u6b22"]),
        ("nai\u0308ve", ["nai\u0308ve"]),
        (
            "\U0001f44d\U0001f3fd\U0001f468\u200d\U0001f469\u200d\U0001f467",
            ["\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467"],
        ),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", ["\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"]),
        (
            "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 5 x",
            ["\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "5", "x"],
        ),
    ],
)
def test_words_of_every_script_and_sign_are_found(text, tokens):
    assert [word for word, _, _ in Analyzer().words(text)] == tokens


def test_every_letter_and_digit_of_unicode_belongs_to_a_token():
    pattern = re.compile(TOKEN_PATTERN)
    letters = [
        chr(point)
        for point in range(0x110000)
        if unicodedata.category(chr(point)) in ("Lu", "Ll", "Lo", "Nd")
    ]
    missed = [letter for letter in letters if not pattern.fullmatch(letter)]
    assert missed == []


def test_lower_casing_any_character_keeps_its_place():
    for point in itertools.chain(range(0xD800), range(0xE000, 0x110000, 7)):
        text = f"a{chr(point)}b"
        spans = Analyzer("char", 1, 1).spans(text)
        if not spans[1][0].isspace():
            assert spans[-1] == ("b", 2, 3)
            assert all(start == 1 and end == 2 for _, start, end in spans[1:-1])


def test_grams_of_a_word_are_remembered_without_changing_the_answer():
    import numpy as np

    grams = [" wo", "wor", "ord", "rd "]
    block = TextBlock("t", [], grams, (3, 3), np.ones(4), np.arange(4.0)[:, None], 100)
    first = block.outputs(["word word", "word", ""])
    assert (block.outputs(["word word", "word", ""]) == first).all()
    assert first[2] == 0
