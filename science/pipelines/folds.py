"""Splitting rows for cross-validation, so that nothing is predicted by a model that saw it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np


def row_digest(row: Mapping[str, object]) -> bytes:
    """What identifies a row's content; equal rows have equal digests."""
    state = hashlib.blake2b(digest_size=16)
    for name in sorted(row):
        value = row[name]
        content = (
            bytes(value)
            if isinstance(value, bytes | bytearray | memoryview)
            else repr(value).encode("utf-8", "surrogatepass")
        )
        state.update(f"{name}\0{type(value).__name__}\0{len(content)}\0".encode("utf-8", "surrogatepass"))
        state.update(content)
    return state.digest()


def assign_folds(
    rows: Sequence[Mapping[str, object]], y: np.ndarray, n_folds: int, rng: np.random.Generator
) -> np.ndarray:
    """The fold (0 .. n_folds - 1) of every row: each label spread evenly, equal rows together.

    Parameters
    ----------
    rows: n_rows mappings. y: (n_rows,) integer labels (any values). rng: the only randomness.

    Returns
    -------
    (n_rows,) intp. Copies of one row share a fold: split over two, a model would be tested on what
    it learnt by heart.
    """
    group_of: dict[bytes, int] = {}
    groups = np.array([group_of.setdefault(row_digest(row), len(group_of)) for row in rows], dtype=np.intp)
    _, first = np.unique(groups, return_index=True)
    fold_of_group = np.empty(len(first), dtype=np.intp)
    dealt = 0
    for label in np.unique(y[first]):
        members = rng.permutation(np.flatnonzero(y[first] == label))
        fold_of_group[members] = (dealt + np.arange(len(members))) % n_folds
        dealt += len(members)
    return fold_of_group[groups]
