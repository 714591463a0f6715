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

from science.serving.trees import MAX_LEAVES, Trees

_EVERY_LEAF = 0xFFFFFFFF


def export_trees(model: HistGradientBoostingClassifier) -> Trees:
    """The trees of a fitted model.

    Raises:
        ValueError: a tree has more leaves than can be served.
    """
    order, categories = _columns(model)
    rounds: list[list[Any]] = model._predictors
    n_outputs = len(rounds[0])
    trees = [_Tree(rounds[t][k]) for k in range(n_outputs) for t in range(len(rounds))]
    n_codes = 1 + max((int(codes.max()) for codes in categories if len(codes)), default=0)
    n_splits = max(1, max(len(tree.splits) for tree in trees))
    n_leaves = max(len(tree.values) for tree in trees)
    if n_leaves > MAX_LEAVES:
        raise ValueError(f"a tree has {n_leaves} leaves; at most {MAX_LEAVES} can be served")
    shape = (len(trees), n_splits)
    column = np.zeros(shape, dtype=np.int32)
    threshold = np.full(shape, np.inf)
    missing_right = np.zeros(shape, dtype=bool)
    category_row = np.full(shape, -1, dtype=np.int32)
    survivors = np.full(shape, _EVERY_LEAF, dtype=np.uint32)
    leaves = np.zeros((len(trees), n_leaves))
    category_right: list[np.ndarray] = []
    for i, tree in enumerate(trees):
        leaves[i, : len(tree.values)] = tree.values
        for j, (node, left_leaves) in enumerate(tree.splits):
            column[i, j] = order[node["feature_idx"]]
            survivors[i, j] = _EVERY_LEAF ^ left_leaves
            missing_right[i, j] = not node["missing_go_to_left"]
            if node["is_categorical"]:
                category_row[i, j] = len(category_right)
                category_right.append(tree.codes_going_right(node, categories[node["feature_idx"]], n_codes))
            else:
                threshold[i, j] = node["num_threshold"]
    table = np.array(category_right) if category_right else np.zeros((0, 2), dtype=bool)
    baseline = np.asarray(model._baseline_prediction, dtype=np.float64).ravel()
    return Trees(
        column, threshold, missing_right, category_row, table, survivors,
        leaves.reshape(n_outputs, len(rounds), n_leaves), baseline,
    )  # fmt: skip


class _Tree:
    """One tree's splits (each with the bits of the leaves to its left) and leaf values, left to right."""

    def __init__(self, predictor: Any) -> None:
        self.nodes = predictor.nodes
        self.left_bitsets = predictor.raw_left_cat_bitsets
        self.splits: list[tuple[Any, int]] = []
        self.values: list[float] = []
        self._walk(0)

    def _walk(self, index: int) -> int:
        """Number the leaves below a node; gives their bits."""
        node = self.nodes[index]
        if node["is_leaf"]:
            self.values.append(float(node["value"]))
            return 1 << (len(self.values) - 1)
        left = self._walk(int(node["left"]))
        self.splits.append((node, left))
        return left | self._walk(int(node["right"]))

    def codes_going_right(self, node: Any, seen: np.ndarray, n_codes: int) -> np.ndarray:
        """For "missing", then for every code: does it go right? Unseen ones go as missing."""
        right = np.full(n_codes + 1, not node["missing_go_to_left"])
        bitset = self.left_bitsets[node["bitset_idx"]]
        place = np.arange(len(seen))
        in_left = (bitset[place // 32] >> (place % 32).astype(np.uint32)) & np.uint32(1)
        right[seen + 1] = in_left == 0
        return right


def _columns(model: HistGradientBoostingClassifier) -> tuple[np.ndarray, list[np.ndarray]]:
    """The raw column behind each of the model's, and the codes seen in its categorical ones."""
    if model.is_categorical_ is None:
        return np.arange(model.n_features_in_), []
    order = np.concatenate([np.flatnonzero(model.is_categorical_), np.flatnonzero(~model.is_categorical_)])
    encoder = model._preprocessor.named_transformers_["encoder"]
    seen = [values[~np.isnan(values)].astype(np.intp) for values in encoder.categories_]
    return order, seen
