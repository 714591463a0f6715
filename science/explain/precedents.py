"""The labelled cases that a model finds most alike: what people decided then, as evidence, never as a rule.

Two cases are alike where the model reads the same thing in them. Under a linear model a case is the vector of
its features, each times how much it can move the answer, and likeness is the cosine; among unsure cases this
found cases of the same label more often than the features alone (a bench measures it). Under trees it is the
share of trees that put both cases into one leaf, each tree counting as much as its leaves differ (Breiman,
"Random Forests", 2001, section 5, with weights).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.serving.artifact import pack, unpack
from science.serving.errors import BadArtifact
from science.serving.served_model import Linear, ServedModel
from science.serving.trees import Trees

VERSION = "precedents/1"
MAX_CASES = 20_000  # in one index: some 10 MB of short texts, at most 41 MB of long ones
_STRONGEST = 256  # text features kept per case; with 64, plain cosine finds as many of the same label
_ASKED = 96  # of a new case's features, the strongest: time goes with their number
_CHUNK = 512


@dataclass(slots=True)
class Precedents:
    """Labelled cases of one model as its own vectors.

    `keys` (n_cases, 16) are the 16 bytes that name each case, `label` (n_cases,) its index in `labels`.
    Text features lie in columns: `rows` and `values` of feature j are those between `start[j]` and
    `start[j + 1]`. `dense` (n_cases, width) holds the rest of a linear model's vector, or under trees the
    leaf of each tree; `weight` (width,) is what each tree counts (ones under a linear model).
    """

    labels: tuple[str, ...]
    keys: np.ndarray
    label: np.ndarray
    start: np.ndarray
    rows: np.ndarray
    values: np.ndarray
    dense: np.ndarray
    weight: np.ndarray
    _names: list[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._names = [key.tobytes() for key in self.keys]

    def __len__(self) -> int:
        return len(self.keys)

    def nearest(
        self, served: ServedModel, row: Mapping[str, object], *, limit: int, other: int = 0
    ) -> list[tuple[bytes, str, float]]:
        """The most alike cases, the nearest first: ``(key, label, likeness)``, likeness at most 1.

        Where all of them have one label, the `other` nearest cases of any other label follow. A case that the
        model cannot read has none. Ties go to the later case.
        """
        likeness = self.likeness(served, row)
        if likeness is None or not len(self):
            return []
        found = _most(likeness, np.arange(len(self)), limit)
        if other and len(np.unique(self.label[found])) == 1:
            rest = np.flatnonzero(self.label != self.label[found[0]])
            found = np.concatenate([found, _most(likeness, rest, other)])
        return [
            (self._names[i], self.labels[self.label[i]], min(1.0, float(likeness[i]))) for i in found.tolist()
        ]

    def likeness(self, served: ServedModel, row: Mapping[str, object]) -> np.ndarray | None:
        """How alike every case is to this one, (n_cases,); None where it cannot be read."""
        (vector,) = _vectors(served, [row])
        if vector is None:
            return None
        ids, values, dense = vector
        if not served.is_linear:
            same = self.dense == dense.astype(np.uint8)
            return np.asarray(same @ self.weight)
        total = np.zeros(len(self))
        if len(dense):
            total += self.dense @ dense.astype(np.float32)
        strongest = np.argsort(-values, kind="stable")[:_ASKED]
        if len(strongest):
            parts = [slice(self.start[j], self.start[j + 1]) for j in ids[strongest].tolist()]
            shares = values[strongest].astype(np.float32)
            weights = [self.values[part] * share for part, share in zip(parts, shares, strict=True)]
            rows = np.concatenate([self.rows[part] for part in parts])
            total += np.bincount(rows, np.concatenate(weights), len(self))
        return total

    def to_artifact(self, model_sha256: str) -> bytes:
        """As a file that `load_precedents` reads; it names the model whose vectors it holds."""
        meta = {"version": VERSION, "labels": list(self.labels), "model": model_sha256}
        names = ("keys", "label", "start", "rows", "values", "dense", "weight")
        return pack(meta, {name: getattr(self, name) for name in names})


def _most(likeness: np.ndarray, among: np.ndarray, limit: int) -> np.ndarray:
    """The places with the largest likeness, the largest first."""
    if len(among) > limit:
        among = among[np.argpartition(-likeness[among], limit - 1)[:limit]]
    return np.asarray(among[np.lexsort((-among, -likeness[among]))])


def index_precedents(
    served: ServedModel, rows: Sequence[Mapping[str, object]], labels: Sequence[str], keys: Sequence[bytes]
) -> Precedents:
    """Index labelled cases, the latest `MAX_CASES` of them; those that cannot be read are left out.

    Parameters
    ----------
    rows, labels, keys: n_cases each, oldest first; a key is 16 bytes.
    """
    first = max(0, len(rows) - MAX_CASES)
    names = tuple(sorted(set(labels)))
    number = {label: i for i, label in enumerate(names)}
    kept: list[int] = []
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for begin in range(first, len(rows), _CHUNK):
        chunk = rows[begin : begin + _CHUNK]
        for i, vector in enumerate(_vectors(served, chunk), begin):
            if vector is not None:
                kept.append(i)
                found.append(vector)
    n_features = sum(len(block.idf) for block in served.texts) if served.is_linear else 0
    ids = np.concatenate([ids for ids, _, _ in found]) if found else np.zeros(0, np.int64)
    values = np.concatenate([values for _, values, _ in found]) if found else np.zeros(0)
    at = np.repeat(np.arange(len(found), dtype=np.int32), [len(ids) for ids, _, _ in found])
    order = np.argsort(ids, kind="stable")
    start = np.zeros(n_features + 1, dtype=np.int64)
    np.cumsum(np.bincount(ids, minlength=n_features)[:n_features], out=start[1:])
    width = len(found[0][2]) if found else 0
    dense = np.array([dense for _, _, dense in found]).reshape(len(found), width)
    return Precedents(
        names,
        np.frombuffer(b"".join(keys[i] for i in kept), dtype=np.uint8).reshape(len(kept), 16),
        np.array([number[labels[i]] for i in kept], dtype=np.int32),
        start,
        at[order],
        values[order].astype(np.float32),
        dense.astype(np.float32 if served.is_linear else np.uint8),
        _weights(served, width),
    )


def load_precedents(artifact: bytes, model_sha256: str) -> Precedents:
    """Read what `to_artifact` wrote.

    Raises:
        BadArtifact: the file is damaged, hostile, or of another model.
    """
    meta, arrays = unpack(artifact)
    try:
        if meta["version"] != VERSION or meta["model"] != model_sha256:
            raise BadArtifact("precedents of another model")
        index = Precedents(tuple(map(str, meta["labels"])), **arrays)
        _check(index)
    except BadArtifact:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        raise BadArtifact(f"the parts do not fit together ({type(fault).__name__})") from None
    return index


def _check(index: Precedents) -> None:
    n = len(index.keys)
    shapes: dict[str, tuple[Any, tuple[int, ...]]] = {
        "keys": (np.uint8, (n, 16)), "label": (np.int32, (n,)), "rows": (np.int32, index.values.shape),
        "dense": (index.dense.dtype, (n, len(index.weight))), "start": (np.int64, (len(index.start),)),
    }  # fmt: skip
    for name, (dtype, shape) in shapes.items():
        array = getattr(index, name)
        if array.dtype != dtype or array.shape != shape:
            raise BadArtifact(f"precedents: {name} of the wrong shape")
    start, rows = index.start, index.rows
    if not len(start) or start[0] != 0 or start[-1] != len(rows) or (np.diff(start) < 0).any():
        raise BadArtifact("precedents: columns that do not fit")
    if (len(rows) and not 0 <= rows.min() <= rows.max() < n) or (
        n and not 0 <= index.label.min() <= index.label.max() < len(index.labels)
    ):
        raise BadArtifact("precedents: something points outside")
    if not (np.isfinite(index.values).all() and np.isfinite(index.weight).all()):
        raise BadArtifact("precedents: a value is not a finite number")


def _weights(served: ServedModel, width: int) -> np.ndarray:
    """What each tree counts: how much its leaves differ over the background rows; together 1."""
    if not isinstance(served.head, Trees):
        return np.ones(width, dtype=np.float32)
    leaf = served.head.leaves_of(np.nan_to_num(served.background, posinf=0.0))
    spread = served.head.values_of(leaf).std(axis=0) + 1e-12
    return np.asarray(spread / spread.sum(), dtype=np.float32)


def _vectors(
    served: ServedModel, rows: Sequence[Mapping[str, object]]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray] | None]:
    """For each row its text features (ids and values) and the dense part of its vector; None if unreadable.

    Under a linear model ids, values and dense part together have length 1.
    """
    raw = served.raw(rows)
    unreadable = np.isinf(raw).any(axis=1)
    raw[unreadable] = 0.0
    none = np.zeros(0, dtype=np.int64)
    if isinstance(served.head, Trees):
        leaf = served.head.leaves_of(raw)
        return [None if bad else (none, none, leaf[i]) for i, bad in enumerate(unreadable)]
    dense = _dense(served.head, served.background, raw)
    out: list[tuple[np.ndarray, np.ndarray, np.ndarray] | None] = []
    texts = _strongest_features(served, rows)
    for i, (ids, values) in enumerate(texts):
        length = float(np.sqrt(values @ values + dense[i] @ dense[i]))
        is_read = length > 0 and not unreadable[i]
        out.append((ids, values / length, dense[i] / length) if is_read else None)
    return out


def _spread(weights: np.ndarray) -> np.ndarray:
    """How much each feature (n_features, n_outputs) can move an answer: its largest weight."""
    if weights.shape[1] > 1:
        weights = weights - weights.mean(axis=1, keepdims=True)
    return np.asarray(np.abs(weights).max(axis=1, initial=0.0))


def _dense(head: Linear, background: np.ndarray, raw: np.ndarray) -> np.ndarray:
    if not head.expansion.width:
        return np.zeros((len(raw), 0))
    usual = head.expansion.apply(background).mean(axis=0)
    return np.asarray((head.expansion.apply(raw) - usual) * _spread(head.weights.T))


def _strongest_features(
    served: ServedModel, rows: Sequence[Mapping[str, object]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    ids: list[list[np.ndarray]] = [[] for _ in rows]
    values: list[list[np.ndarray]] = [[] for _ in rows]
    offset = 0
    for block in served.texts:
        group, feature, value = block.features([row.get(block.name) for row in rows])
        moved = value * _spread(block.weights)[feature]
        of_text = group >> 1
        ends = np.searchsorted(of_text, np.arange(len(rows) + 1))
        for i, (begin, end) in enumerate(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
            strongest = begin + np.argsort(-moved[begin:end], kind="stable")[:_STRONGEST]
            strongest = strongest[moved[strongest] > 0]
            ids[i].append(feature[strongest].astype(np.int64) + offset)
            values[i].append(moved[strongest])
        offset += len(block.idf)
    none = np.zeros(0, dtype=np.int64)
    return [
        (np.concatenate(i), np.concatenate(v)) if i else (none, np.zeros(0))
        for i, v in zip(ids, values, strict=True)
    ]
