"""Keys of features: the same for a text as for the names of its features, and found again among many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.serving import BadArtifact
from science.serving.analyzer import Analyzer
from science.serving.keys import WORDS, gram_keys, keys_of_grams, keys_of_words, word_keys
from science.serving.lookup import Lookup
from science.serving.spans import Spans, gram_spans, word_spans
from science.serving.text import MAX_TEXTS, TextBlock

LETTERS = st.sampled_from("aB\u00e9\u0130\u4e1a\u696d\U0001f44d '!$ \t\n\u00a0")
TEXT = st.one_of(st.text(LETTERS, max_size=40), st.text(max_size=40))


@given(TEXT)
def test_words_and_pairs_have_the_keys_of_their_names(text):
    assert word_keys([text])[0].tolist() == keys_of_words(WORDS.features(text)).tolist()


@given(TEXT, st.sampled_from([(1, 1), (1, 4), (2, 3), (3, 3), (3, 5)]))
def test_the_ngrams_of_words_have_the_keys_of_their_names(text, gram_range):
    names = Analyzer("char_wb", *gram_range).features(text)
    assert sorted(gram_keys([text], *gram_range)[0].tolist()) == sorted(keys_of_grams(names).tolist())


def named(spans: Spans) -> list[tuple[str, int, int]]:
    places = zip(spans.start.tolist(), spans.end.tolist(), strict=True)
    return [(spans.name(i), start, end) for i, (start, end) in enumerate(places)]


@given(TEXT, st.sampled_from([(1, 1), (1, 4), (2, 3), (3, 3), (3, 5)]))
def test_the_places_of_words_and_ngrams_are_the_analyzer_s(text, gram_range):
    words = word_spans(WORDS.words(text))
    assert named(words) == WORDS.spans(text)
    assert words.key.tolist() == word_keys([text])[0].tolist()
    grams = gram_spans(text, *gram_range)
    assert sorted(named(grams)) == sorted(Analyzer("char_wb", *gram_range).spans(text))
    assert grams.key.tolist() == gram_keys([text], *gram_range)[0].tolist()
    assert named(words.followed_by(grams)) == [*named(words), *named(grams)]


@given(st.lists(TEXT, min_size=2, max_size=6))
def test_no_key_of_a_batch_reaches_across_its_texts(texts):
    for of_batch, of_one in (
        (word_keys(texts)[:2], [word_keys([text])[0] for text in texts]),
        (gram_keys(texts, 3, 5), [gram_keys([text], 3, 5)[0] for text in texts]),
    ):
        keys, text_of = of_batch
        for place, alone in enumerate(of_one):
            assert sorted(keys[text_of == place].tolist()) == sorted(alone.tolist())


def test_words_that_look_alike_in_memory_have_keys_of_their_own():
    assert hash("mi") == hash("\u696d"), "the trap is gone: words could be hashed as they are"
    mine, theirs = keys_of_words(["mi", "\u696d"])
    assert mine != theirs


@given(st.sets(st.integers(1, 2**64 - 1), max_size=300), st.sets(st.integers(1, 2**64 - 1), max_size=50))
def test_known_keys_are_found_where_they_were_and_no_others(known, asked):
    keys = np.array(sorted(known), dtype=np.uint64)
    lookup = Lookup(keys)
    assert lookup.find(keys).tolist() == list(range(len(keys)))
    strangers = np.array(sorted(asked - known), dtype=np.uint64)
    assert (lookup.find(strangers) == -1).all()


def test_a_full_vocabulary_is_found():
    keys = np.random.default_rng(1).integers(1, 2**64, 131_072 * 4 // 5, dtype=np.uint64)
    lookup = Lookup(keys)
    assert (lookup.find(keys) == np.arange(len(keys))).all()


def test_a_key_or_feature_that_is_there_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        Lookup(np.array([3, 4, 3], dtype=np.uint64))
    with pytest.raises(BadArtifact, match="twice"):
        TextBlock("t", ["spam", "spam"], [], (3, 5), np.ones(2), np.ones((2, 1)), 100)


def test_ngrams_longer_than_the_shortest_word_are_refused():
    with pytest.raises(BadArtifact, match="short words"):
        TextBlock("t", [], ["spam"], (4, 5), np.ones(1), np.ones((1, 1)), 100)


def test_a_text_scores_the_same_in_any_batch():
    block = TextBlock(
        "t", ["spam", "eggs spam"], [" sp", "ham "], (3, 5), np.arange(1.0, 5), np.arange(4.0)[:, None], 100
    )
    texts = ["", "spam", "eggs spam ham", "nothing known", "\u4e1a " * 50] * MAX_TEXTS
    together = block.outputs(texts)
    alone = np.concatenate([block.outputs([text]) for text in texts])
    assert (together == alone).all()
    assert block.outputs([]).shape == (0, 1)
