"""The linear part of a text model with exactly our features, as scikit-learn computes it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from science.serving import ServedModel
from science.serving.text import TextBlock
from science.serving.tokens import TOKEN_PATTERN


def same_features(served: ServedModel) -> Callable[[Sequence[Mapping[str, Any]]], object]:
    """Return the linear part of the model as scikit-learn computes it."""
    parts = [part for block in served.texts if isinstance(block, TextBlock) for part in _vectorizers(block)]

    def outputs(contents: Sequence[Mapping[str, Any]]) -> object:
        return sum(
            vectorizer.transform([content[name] for content in contents]) @ weights
            for name, vectorizer, weights in parts
        )

    return outputs


def _vectorizers(block: TextBlock) -> list[tuple[str, TfidfVectorizer, np.ndarray]]:
    first = block.n_words
    kinds: list[tuple[list[str], slice, dict[str, Any]]] = [
        (block.words, slice(None, first), {"ngram_range": (1, 2), "token_pattern": TOKEN_PATTERN}),
        (block.grams, slice(first, None), {"ngram_range": block.gram_range, "analyzer": "char_wb"}),
    ]
    found = []
    for names, where, options in kinds:
        if names:
            vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=names, **options)
            vectorizer.idf_ = block.idf[where]
            found.append((block.name, vectorizer, block.weights[where]))
    return found
