"""Fields that give the answer away: often filled in after the decision, and missing before it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from science.pipelines.data import Data
from science.serving.table import Table

MIN_CASES = 200  # cases, below which a perfect field may be luck
ENOUGH = 0.995  # share of cases that one field must get right to be suspected
_LEAVES = 8


def lone_fields(data: Data, table: Table, raw: np.ndarray, folds: np.ndarray) -> list[dict[str, Any]]:
    """Table fields from which alone nearly every label follows, ``{"field", "right"}`` each.

    A tree of at most eight leaves is fitted to one field and judged on the folds it did not see. Empty where
    the commonest label is nearly as often right, or with few cases. Text is not asked: that a word decides is
    what texts are read for.

    Parameters
    ----------
    raw: (n_rows, n_raw) raw columns, the table's first. folds: (n_rows,).
    """
    learn = data.to_learn(np.arange(len(data.rows)))
    y, fold = data.y[learn], folds[learn]
    if len(learn) < MIN_CASES or np.bincount(y).max() / len(y) > 1 - 2 * (1 - ENOUGH):
        return []
    groups = np.array(table.groups)
    found = []
    for name in dict.fromkeys(table.groups):
        x = _columns(raw[np.ix_(learn, np.flatnonzero(groups == name))], table, name)
        right = 0
        for k in np.unique(fold):
            tree = DecisionTreeClassifier(max_leaf_nodes=_LEAVES, random_state=0)
            tree.fit(x[fold != k], y[fold != k])
            right += int((tree.predict(x[fold == k]) == y[fold == k]).sum())
        if right / len(y) >= ENOUGH:
            found.append({"field": name, "right": right / len(y)})
    return found


def _columns(x: np.ndarray, table: Table, name: str) -> np.ndarray:
    """Categories one by one, because their codes have no order."""
    (codes,) = (column.codes for column in table.columns if column.name == name)
    if not codes[0]:
        return x
    return np.asarray(x[:, :1] == np.arange(codes[0])[None], dtype=np.float64)
