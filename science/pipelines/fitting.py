"""Fitting one candidate on some rows with scikit-learn, and turning the result into a served model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from science.calibration import Calibration, two_sided
from science.pipelines.candidates import Candidate
from science.pipelines.data import Data
from science.pipelines.errors import NotTrainable
from science.pipelines.folds import assign_folds
from science.pipelines.lightgbmfit import export_lightgbm, fit_lightgbm
from science.pipelines.nearest import NearestExamples
from science.pipelines.tablefit import learn_expansion, learn_table
from science.pipelines.textfit import SentenceFeatures, TextFeatures, text_features
from science.pipelines.treefit import export_trees
from science.serving.expand import Expansion
from science.serving.served_model import Linear, MediaBlock, ServedModel, Text
from science.serving.table import Table
from science.serving.unread import Unread
from science.told import Told

_STACK_FOLDS = 3


@dataclass(slots=True)
class Fitted:
    """A fitted candidate: scikit-learn's `estimator`, and what stands between rows and its matrix.

    `outputs` (n_rows, n_outputs) are the estimator's raw scores for all rows of the run. Under trees
    the text's linear scores come from `text_coefficients` (per text field), outside `estimator`.
    """

    candidate: Candidate
    estimator: Any
    table: Table
    media: tuple[MediaBlock, ...]
    raw: np.ndarray
    expansion: Expansion | None
    text: TextFeatures | SentenceFeatures | None
    text_coefficients: np.ndarray | None
    dense_scale: float
    outputs: np.ndarray

    def to_served_model(
        self, data: Data, calibration: Calibration, background: np.ndarray, typical: Mapping[str, Any]
    ) -> ServedModel:
        """The served model that serves this model with that calibration folded in."""
        factor, bias = calibration.temperature, calibration.bias
        head: Linear | Any
        if self.expansion is None:
            is_ours = self.candidate.family == "trees"
            head = export_trees(self.estimator) if is_ours else export_lightgbm(self.estimator)
            head.leaves, head.baseline = head.leaves * factor, head.baseline * factor + bias
            texts: tuple[Text, ...] = ()
            if self.text is not None and self.text_coefficients is not None:
                texts = self.text.to_blocks(self.text_coefficients)
        else:
            coefficients = self.estimator.coef_ * factor
            n_text = coefficients.shape[1] - self.expansion.width
            dense = np.ascontiguousarray(coefficients[:, n_text:] * self.dense_scale)
            head = Linear(self.expansion, dense, self.estimator.intercept_ * factor + bias)
            texts = self.text.to_blocks(coefficients[:, :n_text]) if self.text is not None else ()
        for block in texts:
            block.unread = Unread(data.unread)
        return ServedModel(
            data.labels, data.schema, data.schema.sha256(), self.table, texts, self.media, head,
            self.raw[background], typical, "", calibration.none,
        )  # fmt: skip


@contextmanager
def _labels_are_classes() -> Iterator[None]:
    """Keep scikit-learn from asking whether labels of an example or two each are numbers: they never are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


@_labels_are_classes()
def fit(candidate: Candidate, data: Data, on: np.ndarray, seed: int) -> Fitted:
    """Fit on the rows with indices `on`, and score every row of the run."""
    learn = data.to_learn(on)
    y, weights = data.y[learn], data.weights[learn]
    table = learn_table([data.rows[i] for i in on], data.schema)
    raw = np.concatenate([table.raw(data.rows), *(features for _, features in data.media)], axis=1)
    raw[np.isinf(raw)] = 0.0
    media = tuple(block for block, _ in data.media)
    codes = [*table.codes, *[0] * sum(block.width for block in media)]
    text = text_features(candidate, data, on)
    if not codes and text is None:
        raise NotTrainable(
            Told("The rows hold nothing a model could read: every field is empty or unreadable.")
        )
    if candidate.has_trees and not isinstance(text, SentenceFeatures):
        return _fit_trees(candidate, data, learn, seed, table, media, raw, codes, text)
    expansion = learn_expansion(raw[on], codes, len(table.codes))
    # TF-IDF rows have length 1 and want weak regularisation; dense columns of spread 1 want more.
    dense_scale = 0.3 if text is not None else 1.0
    dense = expansion.apply(raw) * dense_scale
    matrix = text.take_matrix(dense) if text is not None else dense
    estimator = _linear_estimator(candidate, data, seed)
    estimator.fit(matrix[learn], y, sample_weight=weights)
    outputs = _decide(estimator, matrix, data.n_outputs)
    return Fitted(candidate, estimator, table, media, raw, expansion, text, None, dense_scale, outputs)


def _linear_estimator(candidate: Candidate, data: Data, seed: int) -> Any:
    if candidate.family == "nearest":
        return NearestExamples(candidate.strength, seed)
    if candidate.family == "svc":
        return LinearSVC(C=candidate.strength, random_state=seed, max_iter=5000)
    return LogisticRegression(C=candidate.strength, max_iter=500, random_state=seed)


def _decide(estimator: Any, matrix: Any, n_outputs: int) -> np.ndarray:
    """Outputs (n_rows, n_outputs); of a label that the estimator was shown no row of, one less than all."""
    outputs = np.asarray(estimator.decision_function(matrix), dtype=np.float64)
    if len(estimator.classes_) == max(2, n_outputs):
        return outputs[:, None] if outputs.ndim == 1 else outputs
    every = np.full((len(outputs), n_outputs), outputs.min(initial=0.0) - 1.0)
    every[:, estimator.classes_] = two_sided(outputs[:, None]) if outputs.ndim == 1 else outputs
    return every


def _fit_trees(
    candidate: Candidate, data: Data, learn: np.ndarray, seed: int, table: Table,
    media: tuple[MediaBlock, ...], raw: np.ndarray, codes: list[int], text: TextFeatures | None,
) -> Fitted:  # fmt: skip
    """Boosted trees on raw columns; a text field enters as its linear model's scores.

    What trees learn from must not know the answer, so for the rows learnt from, the text scores are
    those of models that did not see the row; for all others, of one fitted on all of `learn`.
    """
    coefficients = None
    training = raw
    if text is not None:
        scores, out_of_fold, coefficients = _stacked_text_scores(text, data, learn, seed)
        n_table = len(table.codes)
        training = np.concatenate([raw[:, :n_table], out_of_fold, raw[:, n_table:]], axis=1)
        raw = np.concatenate([raw[:, :n_table], scores, raw[:, n_table:]], axis=1)
        codes = [*codes[:n_table], *[0] * scores.shape[1], *codes[n_table:]]
    estimator = _trees(candidate, data, learn, training[learn], codes, seed)
    outputs = _decide(estimator, raw, data.n_outputs)
    return Fitted(candidate, estimator, table, media, raw, None, text, coefficients, 1.0, outputs)


def _trees(
    candidate: Candidate, data: Data, learn: np.ndarray, x: np.ndarray, codes: list[int], seed: int
) -> Any:
    # Equal weights are left out: with any, scikit-learn bins 40 times slower.
    y, weights = data.y[learn], data.weights[learn] if data.is_weighted else None
    settings = dict(candidate.settings)
    if candidate.family == "lightgbm":
        return fit_lightgbm(x, y, weights, codes, settings, n_outputs=data.n_outputs, seed=seed)
    estimator = HistGradientBoostingClassifier(
        random_state=seed, early_stopping=False, categorical_features=np.array(codes) > 0, **settings
    )
    return estimator.fit(x, y, sample_weight=weights)


def _stacked_text_scores(
    text: TextFeatures, data: Data, learn: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    folds = assign_folds(data.groups[learn], data.y[learn], _STACK_FOLDS, rng)
    scores, out_of_fold, coefficients = [], [], []
    for words in text.words():
        matrix: sparse.csr_matrix = words.matrix
        weights = _text_weights(matrix, data, learn, seed)
        field_scores = np.asarray(matrix @ weights.T)
        held_out = field_scores.copy()
        for fold in range(_STACK_FOLDS):
            inner = _text_weights(matrix, data, learn[folds != fold], seed)
            own = learn[folds == fold]
            held_out[own] = matrix[own] @ inner.T
        scores.append(field_scores)
        out_of_fold.append(held_out)
        coefficients.append(weights)
    return np.hstack(scores), np.hstack(out_of_fold), np.hstack(coefficients)


def _text_weights(matrix: sparse.csr_matrix, data: Data, on: np.ndarray, seed: int) -> np.ndarray:
    """Weights (n_outputs, n_features) of a linear model of some rows; 0 for labels that none of them has."""
    weights = np.zeros((data.n_outputs, matrix.shape[1]))
    known = np.unique(data.y[on])
    if len(known) < 2:
        return weights
    model = LinearSVC(random_state=seed, max_iter=5000)
    model.fit(matrix[on], data.y[on], sample_weight=data.weights[on])
    if len(model.coef_) == data.n_outputs:
        return np.asarray(model.coef_)
    weights[known] = np.concatenate([-model.coef_, model.coef_]) if len(known) == 2 else model.coef_
    return weights
