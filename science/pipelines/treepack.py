"""Trees of any library, packed into the arrays that are served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from science.serving.trees import MAX_LEAVES, Trees

_EVERY_LEAF = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Split:
    """One question to a raw column: right when above `threshold`, or by `codes` (going left, going right).

    Codes in neither go as what is missing. `left_leaves` are the bits of the leaves to its left.
    """

    column: int
    threshold: float
    missing_right: bool
    codes: tuple[np.ndarray, np.ndarray] | None
    left_leaves: int


@dataclass(slots=True)
class Tree:
    """Splits in any order, leaf values from left to right."""

    splits: list[Split] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def leaf(self, value: float) -> int:
        """Add the next leaf to the right; gives its bit."""
        self.values.append(value)
        return 1 << (len(self.values) - 1)


def pack_trees(trees: Sequence[Tree], baseline: np.ndarray) -> Trees:
    """The arrays of trees, given output by output; `baseline` is (n_outputs,).

    Raises:
        ValueError: a tree has more leaves than can be served.
    """
    n_outputs = len(baseline)
    n_splits = max(1, max(len(tree.splits) for tree in trees))
    n_leaves = max(len(tree.values) for tree in trees)
    if n_leaves > MAX_LEAVES:
        raise ValueError(f"a tree has {n_leaves} leaves; at most {MAX_LEAVES} can be served")
    known = [codes for tree in trees for split in tree.splits for codes in split.codes or ()]
    n_codes = 1 + max((int(codes.max()) for codes in known if len(codes)), default=0)
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
        for j, split in enumerate(tree.splits):
            column[i, j] = split.column
            survivors[i, j] = _EVERY_LEAF ^ split.left_leaves
            missing_right[i, j] = split.missing_right
            if split.codes is None:
                threshold[i, j] = split.threshold
            else:
                category_row[i, j] = len(category_right)
                category_right.append(_going_right(split.codes, n_codes, split.missing_right))
    table = np.array(category_right) if category_right else np.zeros((0, 2), dtype=bool)
    return Trees(
        column, threshold, missing_right, category_row, table, survivors,
        leaves.reshape(n_outputs, len(trees) // n_outputs, n_leaves), baseline,
    )  # fmt: skip


def _going_right(codes: tuple[np.ndarray, np.ndarray], n_codes: int, missing_right: bool) -> np.ndarray:
    """For "missing", then for every code: does it go right?"""
    right = np.full(n_codes + 1, missing_right)
    for side, own in enumerate(codes):
        right[1 + np.asarray(own, dtype=np.intp)] = bool(side)
    return right
