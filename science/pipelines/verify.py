"""Compare the served model with the trained one: other code serves it than trained it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize

from science.calibration import Calibration
from science.fields import Field, Schema
from science.kinds.traits import Hostile
from science.pipelines.fitting import Fitted
from science.pipelines.textfit import BESIDE_WORDS
from science.serving.sentences import WIDTH, SentenceBlock, vector_of
from science.serving.served_model import ServedModel, Text
from science.serving.text import TextBlock
from science.serving.tokens import TOKEN_PATTERN
from science.serving.vectors import VectorBlock

TOLERANCE = 1e-12
_TEXT_ROWS = 600  # scikit-learn needs 2 ms a mail for what the served model does in 0.2
_HOSTILE_ROWS = 2_000
_CHUNK = 500
_TABLE_ROWS = 5_000
_MEDIA_ROWS = 100


def nasty_rows(schema: Schema) -> list[dict[str, object]]:
    """Rows of hostile values of every table and text field (media stay empty)."""
    values = {field.name: hostile.values for field, hostile in _hostile(schema)}
    longest = max(map(len, values.values()), default=0)
    return [{name: own[i % len(own)] for name, own in values.items()} for i in range(longest)]


def hostile_rows(
    schema: Schema, rows: Sequence[Mapping[str, Any]], rng: np.random.Generator, n: int
) -> list[dict[str, object]]:
    """Rows made of pieces of real ones and of what nobody should send, field by field (media empty).

    Texts are short, because scikit-learn is slow on long ones; `nasty_rows` and the real rows hold those.
    """
    kept = [(field.name, hostile.draw) for field, hostile in _hostile(schema)]
    return [
        {name: draw(rows[int(rng.integers(0, len(rows)))].get(name), rng) for name, draw in kept}
        for _ in range(n)
    ]


def _hostile(schema: Schema) -> list[tuple[Field, Hostile]]:
    return [(field, field.kind.traits.hostile) for field in schema.fields if field.kind.traits.hostile]


def largest_difference(
    fitted: Fitted, calibration: Calibration, served: ServedModel, rows: Sequence[Mapping[str, Any]]
) -> tuple[float, int]:
    """The largest gap between the served model's probabilities and scikit-learn's, and on how many rows.

    Asked of real rows and of hostile ones, of thousands where there are thousands to learn from. Text goes
    through scikit-learn's own vectorizers, models through the fitted estimators.
    """
    is_slow = served.media or not all(block.is_exact for block in served.texts)
    limit = _MEDIA_ROWS if is_slow else _TEXT_ROWS if served.texts else _TABLE_ROWS
    step = max(1, len(rows) // limit)
    real = rows[::step][:limit]
    n_hostile = 100 if is_slow and served.texts else min(_HOSTILE_ROWS, max(100, len(rows)))
    hostile = hostile_rows(served.schema, real, np.random.default_rng(0), n_hostile)
    largest, n_checked = 0.0, 0
    everything = [*real, *nasty_rows(served.schema), *hostile]
    outputs = sklearn_outputs(fitted, served)
    for start in range(0, len(everything), _CHUNK):  # in parts, so that no large matrix is made
        checked = everything[start : start + _CHUNK]
        gap = _gap(calibration.probabilities(outputs(checked)), served, checked)
        largest, n_checked = max(largest, gap), n_checked + len(checked)
    return largest, n_checked


def _gap(expected: np.ndarray, served: ServedModel, rows: Sequence[Mapping[str, Any]]) -> float:
    """The largest gap on some rows; infinite where one side has a number and the other none."""
    got = served.predict_proba(rows)
    unreadable = np.isinf(served.raw(rows)).any(axis=1)
    if not np.isnan(got[unreadable]).all():
        return float("inf")
    gap = np.abs(expected - got)[~unreadable]
    return float("inf") if np.isnan(gap).any() else float(gap.max(initial=0.0))


def sklearn_outputs(
    fitted: Fitted, served: ServedModel
) -> Callable[[Sequence[Mapping[str, Any]]], np.ndarray]:
    """A function from rows to raw scores (n_rows, n_outputs) that leaves to scikit-learn what it can do.

    Its vectorizers are made once, with the served model's vocabulary and idf.
    """
    vectorizers = [_vectorizers(block) for block in served.texts]

    def outputs(rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        texts = [
            _sklearn_features(block, made, rows)
            for block, made in zip(served.texts, vectorizers, strict=True)
        ]
        return _outputs(fitted, served, texts, rows)

    return outputs


def _outputs(
    fitted: Fitted, served: ServedModel, texts: list[sparse.csr_matrix], rows: Sequence[Mapping[str, Any]]
) -> np.ndarray:
    table = fitted.table.raw(rows)
    media = [block.raw([row.get(block.name) for row in rows]) for block in fitted.media]
    if fitted.expansion is None:
        scores = [features @ block.weights for features, block in zip(texts, served.texts, strict=True)]
        matrix: Any = np.concatenate([table, *scores, *media], axis=1)
        matrix[np.isinf(matrix)] = 0.0
    else:
        raw = np.concatenate([table, *media], axis=1)
        raw[np.isinf(raw)] = 0.0
        dense = fitted.expansion.apply(raw) * fitted.dense_scale
        if served.texts and all(isinstance(block, VectorBlock) for block in served.texts):
            matrix = np.hstack([*(text.toarray() for text in texts), dense])
        else:
            weighted = [
                text * BESIDE_WORDS if isinstance(block, VectorBlock) else text
                for block, text in zip(served.texts, texts, strict=True)
            ]
            matrix = sparse.hstack([*weighted, sparse.csr_matrix(dense)], format="csr") if texts else dense
    outputs = np.asarray(fitted.estimator.decision_function(matrix), dtype=np.float64)
    return outputs[:, None] if outputs.ndim == 1 else outputs


def _sklearn_features(
    block: Text,
    vectorizers: Sequence[TfidfVectorizer],
    rows: Sequence[Mapping[str, Any]],
) -> sparse.csr_matrix:
    """What scikit-learn's vectorizers make of the texts; meanings are the table's or language model's."""
    texts = [block.read(row.get(block.name)) for row in rows]
    if isinstance(block, SentenceBlock):
        return sparse.csr_matrix(np.array([vector_of(text) for text in texts]).reshape(len(texts), WIDTH))
    if isinstance(block, VectorBlock):
        return _by_counting(block, texts)
    parts = [vectorizer.transform(texts) for vectorizer in vectorizers]
    return sparse.hstack(parts, format="csr") if parts else sparse.csr_matrix((len(texts), 0))


def _by_counting(block: VectorBlock, texts: Sequence[str]) -> sparse.csr_matrix:
    """Vectors of texts by scikit-learn's count of each word, times the words' vectors."""
    counter = CountVectorizer(token_pattern=TOKEN_PATTERN)
    width = block.table.width
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # there is no word in any of them
        return sparse.csr_matrix((len(texts), width))
    words = counter.get_feature_names_out()
    meanings = np.array([block.table.of_pieces(block.table.pieces(word)).sum(axis=0) for word in words])
    return sparse.csr_matrix(normalize(counts @ meanings))


def _vectorizers(block: Text) -> list[TfidfVectorizer]:
    """Vectorizers with the block's vocabulary and idf, in the order of its features."""
    if not isinstance(block, TextBlock):
        return []
    n_words = block.n_words
    made = []
    if n_words:
        made.append(_vectorizer(block.words, block.idf[:n_words], "word", (1, 2)))
    if block.n_grams:
        made.append(_vectorizer(block.grams, block.idf[n_words:], "char_wb", block.gram_range))
    return made


def _vectorizer(names: list[str], idf: np.ndarray, analyzer: str, ngrams: tuple[int, int]) -> TfidfVectorizer:
    vectorizer = TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        sublinear_tf=True,
        vocabulary=dict(zip(names, range(len(names)), strict=True)),
        token_pattern=TOKEN_PATTERN if analyzer == "word" else None,
    )
    vectorizer.idf_ = idf
    return vectorizer
