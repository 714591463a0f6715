"""Boosted trees by LightGBM, where it is installed: only fitted with it, served from our own arrays.

LightGBM's own export (`dump_model`, in which numbers keep all their digits) says how each split treats what
is missing: as a side of its own, or as zero where no value was missing when it learnt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.pipelines.treepack import Split, Tree, pack_trees
from science.serving.trees import Trees


@dataclass(frozen=True, slots=True)
class Boosted:
    """A fitted LightGBM model with scikit-learn's `decision_function`."""

    booster: Any

    def decision_function(self, raw: np.ndarray) -> np.ndarray:
        """Raw scores, (n_rows,) for two labels, else (n_rows, n_classes)."""
        return np.asarray(self.booster.predict(raw, raw_score=True, num_threads=1), dtype=np.float64)


def fit_lightgbm(
    raw: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    codes: Sequence[int],
    settings: Mapping[str, Any],
    *,
    n_outputs: int,
    seed: int,
) -> Boosted:
    """Fit on rows (n_rows, n_raw) whose columns with `codes` are categories; deterministic for a seed.

    `settings` are named as scikit-learn's: max_iter, max_leaf_nodes, learning_rate, l2_regularization.
    """
    import lightgbm

    objective: dict[str, Any] = {"objective": "binary"}
    if n_outputs > 1:
        objective = {"objective": "multiclass", "num_class": n_outputs}
    parameters = {
        **objective, "num_leaves": settings["max_leaf_nodes"], "learning_rate": settings["learning_rate"],
        "lambda_l2": settings["l2_regularization"], "seed": seed % 2**31, "deterministic": True,
        "force_row_wise": True, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    categories = [j for j, n in enumerate(codes) if n]
    data = lightgbm.Dataset(
        raw, y, weight=weights, categorical_feature=categories, params={"verbose": -1, "num_threads": 1}
    )
    return Boosted(lightgbm.train(parameters, data, num_boost_round=settings["max_iter"]))


def export_lightgbm(model: Boosted) -> Trees:
    """The trees of a fitted model.

    Raises:
        ValueError: a tree has more leaves than can be served.
    """
    dumped = model.booster.dump_model()
    n_outputs = int(dumped["num_tree_per_iteration"])
    trees = [_tree(one["tree_structure"]) for one in dumped["tree_info"]]
    by_output = [tree for k in range(n_outputs) for tree in trees[k::n_outputs]]
    return pack_trees(by_output, np.zeros(n_outputs))


def _tree(root: Mapping[str, Any]) -> Tree:
    tree = Tree()

    def below(node: Mapping[str, Any]) -> int:
        """Number the leaves below a node; gives their bits."""
        if "leaf_value" in node:
            return tree.leaf(float(node["leaf_value"]))
        left = below(node["left_child"])
        tree.splits.append(_split(node, left))
        return left | below(node["right_child"])

    below(root)
    return tree


def _split(node: Mapping[str, Any], left: int) -> Split:
    column = int(node["split_feature"])
    if node["decision_type"] == "==":  # what is missing or was never seen goes right
        codes = np.array([int(code) for code in node["threshold"].split("||")])
        return Split(column, np.inf, True, (codes, codes[:0]), left)
    threshold = float(node["threshold"])
    as_zero = node["missing_type"] == "None"
    return Split(column, threshold, threshold < 0 if as_zero else not node["default_left"], None, left)
