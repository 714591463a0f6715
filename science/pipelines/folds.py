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


def groups_of_rows(rows: Sequence[Mapping[str, object]]) -> np.ndarray:
    """Equal rows as one group each, (n_rows,): all that is known of rows without groups."""
    group_of: dict[bytes, int] = {}
    return np.array([group_of.setdefault(row_digest(row), len(group_of)) for row in rows], dtype=np.int64)


def assign_folds(groups: np.ndarray, y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """The fold (0 .. n_folds - 1) of every row: each label spread evenly, every group in one fold.

    Parameters
    ----------
    groups: (n_rows,) integers, equal in rows that belong together: copies, near-copies, the cases of one
        speaker or customer. y: (n_rows,) integer labels (any values). rng: the only randomness.

    Returns
    -------
    (n_rows,) intp. Split over two folds, a group would be answered by a model that learnt it by heart. A
    label that at least two groups have is in two folds or more, so none is answered by a model without it.
    """
    _, first, group, size = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    fold_of_group = np.empty(len(first), dtype=np.intp)
    filled = np.zeros(n_folds, dtype=np.int64)
    for label in np.unique(y[first]):
        members = rng.permutation(np.flatnonzero(y[first] == label))
        is_large = size[members] > len(groups) / (4 * n_folds)  # these first, so that small ones even it out
        for member in members[np.argsort(~is_large, kind="stable")]:
            fold_of_group[member] = filled.argmin()
            filled[fold_of_group[member]] += size[member]
    for label in np.unique(y):
        having = np.unique(group[y == label])
        if len(having) > 1 and len(set(fold_of_group[having])) == 1:
            smallest = having[size[having].argmin()]
            fold_of_group[smallest] = (fold_of_group[smallest] + 1) % n_folds
    return fold_of_group[group]
