"""The features of texts as 64-bit keys: words and pairs of words, and the character n-grams within words.

Equal features have equal keys in one process, and no two features of a model's vocabulary share one. A text's
feature that the model does not know takes a known one's key about once in 10^14; then it counts as that one.
Keys are never kept: the hash of a word differs from process to process (ADR 0031).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.serving.analyzer import Analyzer

WORDS = Analyzer("word", 1, 2)
_SPACE = ord(" ")
_OF_PAIR = np.uint64(0xD6E8FEB86659FD93)
_OF_GRAM = np.uint64(0xFF51AFD7ED558CCD)


def word_keys(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray | None, int]:
    """The key of every word and then every pair of neighbours, the text (n,) it is in, how many are words.

    No text is named where there is one.
    """
    if len(texts) == 1:
        tokens = WORDS.tokens(texts[0])
        return keys_of_tokens(tokens), None, len(tokens)
    hashes: list[int] = []
    sizes: list[int] = []
    for text in texts:
        words = _bytes_of(WORDS.tokens(text))
        hashes += map(hash, words)
        sizes.append(len(words))
    of_word = np.array(hashes, dtype=np.int64).view(np.uint64)
    pairs = pair_keys(of_word[:-1], of_word[1:])
    text_of = np.repeat(np.arange(len(texts)), sizes)
    is_within = text_of[1:] == text_of[:-1]
    keys = np.concatenate([of_word, pairs[is_within]])
    return keys, np.concatenate([text_of, text_of[1:][is_within]]), len(of_word)


def gram_keys(texts: Sequence[str], shortest: int, longest: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The key of every n-gram within a word padded with a space on both sides; its text as in `word_keys`.

    `shortest` is at most 3, so that every word has one (the shortest word has three characters, padded).
    """
    padded = ["  ".join(text.lower().split()) for text in texts]
    padded = [f" {text} " if text else "" for text in padded]
    code = codes("".join(padded))
    word = (np.cumsum(code == _SPACE) + 1) >> 1  # spaces open and close words in turn
    keys, places = grams_within(code, word, shortest, longest)
    if len(texts) == 1:
        return np.concatenate(keys), None
    text_of = np.repeat(np.arange(len(texts)), [len(text) for text in padded])
    return np.concatenate(keys), np.concatenate([text_of[place] for place in places])


def grams_within(
    code: np.ndarray, word: np.ndarray, shortest: int, longest: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Keys of the n-grams of characters that lie in one word, and where each begins; a list entry for each n.

    Parameters
    ----------
    code, word: (n_characters,) of padded words one after another, and which word each belongs to.
    """
    key = character = code.astype(np.uint64) + np.uint64(1)
    keys, places = [], []
    for n in range(1, longest + 1):
        if n > 1:
            key = key[:-1] * _OF_GRAM + character[n - 1 :]
        if n >= shortest:
            place = np.flatnonzero(word[: len(key)] == word[n - 1 :])
            keys.append(key[place])
            places.append(place)
    return keys, places


def keys_of_tokens(words: list[str]) -> np.ndarray:
    """The keys of the words of one text and then of its pairs of neighbours."""
    hashes = [hash(word) for word in _bytes_of(words)]
    of_word = np.array(hashes, dtype=np.int64).view(np.uint64)
    return np.concatenate([of_word, pair_keys(of_word[:-1], of_word[1:])])


def pair_keys(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The keys (n,) of pairs of words, from the keys of the words."""
    return np.asarray(first * _OF_PAIR + second)


def keys_of_words(names: Sequence[str]) -> np.ndarray:
    """The keys (n_names,) of words and of pairs written as ``first second``."""
    encoded = [name.encode("utf-8", "surrogatepass") for name in names]
    n = len(encoded)
    first = np.fromiter((hash(name.partition(b" ")[0]) for name in encoded), np.int64, n).view(np.uint64)
    second = np.fromiter((hash(name.partition(b" ")[2]) for name in encoded), np.int64, n).view(np.uint64)
    is_pair = np.fromiter((b" " in name for name in encoded), bool, n)
    return np.where(is_pair, first * _OF_PAIR + second, first)


def keys_of_grams(names: Sequence[str]) -> np.ndarray:
    """The keys (n_names,) of character n-grams."""
    size = np.array([len(name) for name in names], dtype=np.int64)
    keys = np.zeros(len(names), dtype=np.uint64)
    for n in np.unique(size).tolist():
        same = np.flatnonzero(size == n)
        code = codes("".join([names[i] for i in same.tolist()])).reshape(-1, n).astype(np.uint64)
        for column in range(n):
            keys[same] = keys[same] * _OF_GRAM + (code[:, column] + np.uint64(1))
    return keys


def _bytes_of(words: list[str]) -> list[bytes]:
    """The words in UTF-8: two texts of different characters may have equal hashes, two of bytes do not.

    Python hashes the memory of a text, where two Latin letters can look like one Chinese character.
    """
    return " ".join(words).encode("utf-8", "surrogatepass").split(b" ") if words else []


def codes(text: str) -> np.ndarray:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
