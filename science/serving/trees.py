"""Boosted trees in NumPy, equal to scikit-learn's raw scores (ADR 0021).

Every tree has few leaves, so a row's leaf is found without walking: each split that sends the row
right rules out the leaves of its left branch, and the first leaf not ruled out is the answer
(QuickScorer: Lucchese et al., SIGIR 2015). Between two neighbouring thresholds of a column all its
splits answer alike, so for each interval (or category) of each column one mask per tree says which
leaves remain; a row's leaves are the AND of one mask row per column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.serving.errors import BadArtifact

MAX_LEAVES = 32
_CHUNK_BYTES = 1 << 20  # of masks looked at together: what a processor keeps close
_SHAPES = {
    "column": 2, "threshold": 2, "missing_right": 2, "category_row": 2, "survivors": 2, "leaves": 3,
    "category_right": 2, "baseline": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Test:
    """Where the masks of one column are: from `first`, by interval or code; then `missing`."""

    column: int
    thresholds: np.ndarray
    n_codes: int
    first: int
    missing: int

    def mask_rows(self, values: np.ndarray) -> np.ndarray:
        """The mask row of each value (n_rows,)."""
        if self.n_codes:
            known = (values >= 0) & (values < self.n_codes)
            codes = np.where(known, values, 0.0).astype(np.intp)
            return np.where(known, self.first + codes, self.missing)
        rows = self.first + self.thresholds.searchsorted(values)
        absent = np.isnan(values)
        if absent.any():
            rows[absent] = self.missing
        return rows


@dataclass(slots=True)
class Trees:
    """`n_trees` rounds of one tree for each of `n_outputs`, splits padded to the same number.

    Arrays over splits have shape (n_outputs * n_trees, n_splits): `column` tested, numeric
    `threshold` (right when above), `missing_right`, `category_row` (-1: numeric; else the row of
    `category_right` that says for each code 0, 1, ... whether it goes right, column 0 standing for
    "missing or never seen"), and `survivors`: the bits of the leaves that remain when the row goes
    right. `leaves` is (n_outputs, n_trees, n_leaves), `baseline` (n_outputs,).
    """

    column: np.ndarray
    threshold: np.ndarray
    missing_right: np.ndarray
    category_row: np.ndarray
    category_right: np.ndarray
    survivors: np.ndarray
    leaves: np.ndarray
    baseline: np.ndarray
    _masks: np.ndarray = field(init=False, repr=False)
    _tests: list[_Test] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        small = np.uint8 if self.leaves.shape[2] <= 8 else np.uint32
        masks: list[np.ndarray] = []
        self._tests = []
        first = 0
        for column in np.unique(self.column):
            test, rows = self._build(int(column), first, small)
            if test is not None:
                self._tests.append(test)
                masks.append(rows)
                first += len(rows)
        self._masks = np.concatenate(masks) if masks else np.zeros((0, len(self.column)), small)

    def _build(
        self, column: int, first: int, small: type[np.unsignedinteger[Any]]
    ) -> tuple[_Test | None, np.ndarray]:
        """The rows of masks for one column: for every interval or code, then for "missing"."""
        tree, split = np.nonzero((self.column == column) & ~self._is_padding)
        category = self.category_row[tree, split]
        thresholds = np.unique(self.threshold[tree, split][category < 0])
        n_codes = self.category_right.shape[1] - 1 if (category >= 0).any() else 0
        n_known = n_codes or len(thresholds) + 1
        masks = np.full((n_known + 1, len(self.column)), np.iinfo(small).max, dtype=small)
        survivors = self.survivors[tree, split].astype(small)
        for t, s, c, left in zip(tree, split, category, survivors, strict=True):
            if c >= 0:
                right = self.category_right[c]
                masks[:-1, t][right[1:]] &= left
                if right[0]:
                    masks[-1, t] &= left
            else:
                masks[1 + np.searchsorted(thresholds, self.threshold[t, s]) : -1, t] &= left
                if self.missing_right[t, s]:
                    masks[-1, t] &= left
        return (
            (_Test(column, thresholds, n_codes, first, first + n_known), masks)
            if len(tree)
            else (None, masks)
        )

    @property
    def _is_padding(self) -> np.ndarray:
        return np.asarray(self.survivors == np.uint32(0xFFFFFFFF))

    @property
    def n_outputs(self) -> int:
        """One for two labels, else one for each label."""
        return len(self.baseline)

    def outputs(self, raw: np.ndarray) -> np.ndarray:
        """Raw scores (n_rows, n_outputs) of rows (n_rows, n_columns); NaN means missing."""
        chunk = max(1, _CHUNK_BYTES // max(1, self._masks.itemsize * self._masks.shape[1] * len(self._tests)))
        out = np.empty((len(raw), self.n_outputs))
        for start in range(0, len(raw), chunk):
            out[start : start + chunk] = self._chunk_outputs(raw[start : start + chunk])
        return out

    def _chunk_outputs(self, raw: np.ndarray) -> np.ndarray:
        n_outputs, n_trees, _ = self.leaves.shape
        values = self.values_of(self.leaves_of(raw)).reshape(len(raw), n_outputs, n_trees)
        scores: np.ndarray = values.sum(axis=2) + self.baseline
        return scores

    def leaves_of(self, raw: np.ndarray) -> np.ndarray:
        """The leaf (n_rows, n_outputs * n_trees) of uint8 where each row ends in each tree."""
        which = np.empty((len(raw), len(self._tests)), dtype=np.intp)
        for j, test in enumerate(self._tests):
            which[:, j] = test.mask_rows(raw[:, test.column])
        alive = np.bitwise_and.reduce(self._masks[which], axis=1)
        leaf: np.ndarray = np.bitwise_count(
            ~alive & (alive - self._masks.dtype.type(1))
        )  # below the lowest bit
        return leaf

    def values_of(self, leaf: np.ndarray) -> np.ndarray:
        """What each tree adds (n_rows, n_outputs * n_trees) at these leaves."""
        n_outputs, n_trees, n_leaves = self.leaves.shape
        place = np.ascontiguousarray(np.arange(n_outputs * n_trees) * n_leaves + leaf)
        values: np.ndarray = self.leaves.ravel()[place]
        return values

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for an artifact; `from_arrays` reads them."""
        arrays = {name: getattr(self, name) for name in _SHAPES}
        return {f"trees.{name}": array for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], n_columns: int) -> Trees:
        """Read and check what `to_arrays` wrote.

        Raises:
            BadArtifact: shapes disagree, or something points outside.
        """
        part = {name: arrays[f"trees.{name}"] for name in _SHAPES}
        if any(part[name].ndim != ndim for name, ndim in _SHAPES.items()):
            raise BadArtifact("trees: an array of the wrong shape")
        n_outputs, n_trees, n_leaves = part["leaves"].shape
        splits = (n_outputs * n_trees, part["column"].shape[1])
        if part["survivors"].dtype != np.uint32 or part["column"].dtype != np.int32:
            raise BadArtifact("trees: an array of the wrong type")
        same = ("column", "threshold", "missing_right", "category_row", "survivors")
        if any(part[name].shape != splits for name in same) or part["baseline"].shape != (n_outputs,):
            raise BadArtifact("trees: arrays that do not belong together")
        if not (n_outputs and n_trees and 1 <= n_leaves <= MAX_LEAVES):
            raise BadArtifact("trees: no tree, or one with too many leaves")
        column, category_row = part["column"], part["category_row"]
        if column.size and (column.min() < 0 or column.max() >= n_columns):
            raise BadArtifact("trees: a split on a column that is not there")
        if category_row.size and category_row.max() >= len(part["category_right"]):
            raise BadArtifact("trees: a split on categories that are not there")
        if category_row.size and category_row.max() >= 0 and part["category_right"].shape[1] < 2:
            raise BadArtifact("trees: a split on no category")
        last_leaf = np.uint32(1) << np.uint32(n_leaves - 1)
        if not (part["survivors"] & last_leaf).all():
            raise BadArtifact("trees: a split that rules out every leaf")
        if not (np.isfinite(part["leaves"]).all() and np.isfinite(part["baseline"]).all()):
            raise BadArtifact("trees: a value is not a finite number")
        if np.isnan(part["threshold"]).any():
            raise BadArtifact("trees: a threshold is not a number")
        numeric_columns = set(np.unique(column[category_row < 0]))
        if numeric_columns & set(np.unique(column[category_row >= 0])) - {0}:
            raise BadArtifact("trees: a column that is both number and category")
        return cls(**part)
