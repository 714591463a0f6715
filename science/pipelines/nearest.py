"""Nearest examples: logistic regression where distance counts little in directions in which labels vary.

Rows are first stretched so that examples of one label lie about as far apart in every direction (the
whitening of Fisher's linear discriminant analysis, 1936; the covariance within labels shrunk towards a
multiple of the identity: Friedman, "Regularized discriminant analysis", 1989). With two or three examples a
label, most of what parts two texts is not what parts two labels, and that is learnt from all labels together.
Both steps are linear, so one linear model is what remains, and evidence stays exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

SHRINKAGE = 0.5


class NearestExamples:
    """A classifier as scikit-learn's linear ones: `coef_`, `intercept_`, `classes_`.

    Parameters
    ----------
    strength: C of the logistic regression. seed: of it.
    """

    coef_: np.ndarray
    intercept_: np.ndarray
    classes_: np.ndarray

    def __init__(self, strength: float, seed: int) -> None:
        self._model: Any = LogisticRegression(C=strength, max_iter=500, random_state=seed)

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray) -> NearestExamples:
        """Learn from rows (n, width), their labels and weights (n,)."""
        stretch = _stretch(X, y, sample_weight)
        self._model.fit(X @ stretch, y, sample_weight=sample_weight)
        self.classes_, self.intercept_ = self._model.classes_, self._model.intercept_
        self.coef_ = self._model.coef_ @ stretch
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Logits (n, n_classes); (n,) for two."""
        found = np.asarray(X @ self.coef_.T + self.intercept_)
        return found[:, 0] if found.shape[1] == 1 else found


def _stretch(X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What rows are multiplied with (width, width), symmetric; stretched rows are 1 long in the mean."""
    _, column = np.unique(y, return_inverse=True)
    one_hot = np.zeros((len(X), int(column.max()) + 1))
    one_hot[np.arange(len(X)), column] = weights
    means = one_hot.T @ X / one_hot.sum(axis=0)[:, None]
    apart = (X - means[column]) * np.sqrt(weights / weights.sum())[:, None]
    within = apart.T @ apart
    width = X.shape[1]
    even = max(float(np.trace(within)) / width, 1e-9)
    size, direction = np.linalg.eigh((1 - SHRINKAGE) * within + SHRINKAGE * even * np.eye(width))
    stretch = (direction / np.sqrt(size)) @ direction.T
    length = float(np.sqrt(np.mean(np.square(X @ stretch).sum(axis=1)))) or 1.0
    return np.asarray(stretch / length)
