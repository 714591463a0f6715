"""From scikit-learn's histogram gradient boosting to arrays that NumPy can score.

scikit-learn keeps fitted trees in private attributes (`_predictors`, `_baseline_prediction`,
`_preprocessor`); this is the only place that reads them, and every trained model is compared with
its estimator on real and hostile rows before it is accepted. Two of its habits matter here: it puts
categorical columns first, and it numbers categories anew by their place among those it saw.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from science.pipelines.treepack import Split, Tree, pack_trees
from science.serving.trees import Trees


def export_trees(model: HistGradientBoostingClassifier) -> Trees:
    """The trees of a fitted model.

    Raises:
        ValueError: a tree has more leaves than can be served.
    """
    order, categories = _columns(model)
    rounds: list[list[Any]] = model._predictors
    n_outputs = len(rounds[0])
    walks = [_Walk(rounds[t][k], order, categories) for k in range(n_outputs) for t in range(len(rounds))]
    baseline = np.asarray(model._baseline_prediction, dtype=np.float64).ravel()
    return pack_trees([walk.tree for walk in walks], baseline)


class _Walk:
    """One of scikit-learn's trees, walked from left to right."""

    def __init__(self, predictor: Any, order: np.ndarray, categories: list[np.ndarray]) -> None:
        self._nodes, self._bitsets = predictor.nodes, predictor.raw_left_cat_bitsets
        self._order, self._categories = order, categories
        self.tree = Tree()
        self._below(0)

    def _below(self, index: int) -> int:
        """Number the leaves below a node; gives their bits."""
        node = self._nodes[index]
        if node["is_leaf"]:
            return self.tree.leaf(float(node["value"]))
        left = self._below(int(node["left"]))
        column, missing_right = int(node["feature_idx"]), not node["missing_go_to_left"]
        codes = None
        if node["is_categorical"]:
            bitset, seen = self._bitsets[node["bitset_idx"]], self._categories[column]
            place = np.arange(len(seen))
            is_left = (bitset[place // 32] >> (place % 32).astype(np.uint32)) & np.uint32(1) == 1
            codes = seen[is_left], seen[~is_left]
        threshold = float(node["num_threshold"])
        split = Split(int(self._order[column]), threshold, missing_right, codes, left)
        self.tree.splits.append(split)
        return left | self._below(int(node["right"]))


def _columns(model: HistGradientBoostingClassifier) -> tuple[np.ndarray, list[np.ndarray]]:
    """The raw column behind each of the model's, and the codes seen in its categorical ones."""
    if model.is_categorical_ is None:
        return np.arange(model.n_features_in_), []
    order = np.concatenate([np.flatnonzero(model.is_categorical_), np.flatnonzero(~model.is_categorical_)])
    encoder = model._preprocessor.named_transformers_["encoder"]
    seen = [values[~np.isnan(values)].astype(np.intp) for values in encoder.categories_]
    return order, seen
