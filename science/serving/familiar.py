"""Whether a case is like those that a model learned from. If not, its score is no evidence and people decide.

A case is looked at in parts: all table fields together and each file by the distance to the nearest of some
training cases, each text by how many of its words the model does not know (ADR 0079). What is too far was set
when the model was made, so that of new entities one in two hundred is sent to people
(`science.pipelines.familiar`).

Source: distance to the nearest neighbour as a measure of novelty, Ramaswamy, Rastogi and Shim (2000),
"Efficient algorithms for mining outliers from large data sets"; the cut as in conformal prediction, Vovk,
Gammerman and Shafer (2005), "Algorithmic learning in a random world", section 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.serving.errors import BadArtifact
from science.serving.text import ReadTexts

TABLE = ""  # the name of the part that all table fields are
_FARTHEST = 1e6  # what is farther is as far: no distance is infinite
_FEW = 5  # words that a text says as little as


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Some training cases as points.

    Attributes:
        center, scale: of each raw column, (n_raw,); 0 and 1 of a category.
        is_category: of each raw column, (n_raw,).
        anchors: the cases, (n_anchors, n_raw), as `points` makes them.
    """

    center: np.ndarray
    scale: np.ndarray
    is_category: np.ndarray
    anchors: np.ndarray

    def points(self, raw: np.ndarray) -> np.ndarray:
        """Raw columns (n_rows, n_raw) on their own scales; a missing number is its center."""
        out = np.clip((raw - self.center) / self.scale, -_FARTHEST, _FARTHEST)
        absent = np.isnan(out)
        return np.where(absent, np.where(self.is_category, -1.0, 0.0), out) if absent.any() else out

    def distances(self, raw: np.ndarray) -> np.ndarray:
        """Squared distance (n_rows,) to the nearest; a category counts 1 where it differs. NaN if unreadable.

        Row by row, so that a case is as far alone as in a batch.
        """
        found = np.empty(len(raw))
        for i, point in enumerate(self.points(raw)):
            apart = self.anchors - point
            squares = np.where(self.is_category, apart != 0, apart * apart)
            found[i] = squares.sum(axis=1).min()
        found[np.isinf(raw).any(axis=1)] = np.nan
        return found


def unknown_share(unknown: np.ndarray, words: np.ndarray, usual: float) -> np.ndarray:
    """Share (n_texts,) of words that are unknown, drawn to what is usual where there are few.

    >>> unknown_share(np.array([0, 2, 30]), np.array([0, 2, 30]), 0.1).round(2).tolist()
    [0.1, 0.36, 0.87]
    """
    return np.asarray((unknown + _FEW * usual) / (words + _FEW))


@dataclass(frozen=True, slots=True)
class Familiar:
    """What is too far in each part of a case.

    Attributes:
        parts: by name (`TABLE`, else a field of files or a text read by its meaning): the neighbours.
        usual: by text field: the share of words that a new text usually has that the model does not know.
        far: by part or text field, the largest distance or share of unknown words that is still familiar.
    """

    parts: Mapping[str, Neighbours]
    usual: Mapping[str, float]
    far: Mapping[str, float]

    def strange(self, raw: Mapping[str, np.ndarray], texts: Mapping[str, ReadTexts]) -> np.ndarray:
        """Whether each case is unfamiliar in any part, shape (n_rows,).

        Args:
            raw: raw columns of each part, (n_rows, n_raw).
            texts: what was read of each text field.
        """
        found = [self.parts[name].distances(raw[name]) > self.far[name] for name in self.parts]
        for name, usual in self.usual.items():
            read = texts[name]
            found.append(unknown_share(read.unknown, read.words, usual) > self.far[name])
        return np.asarray(np.any(found, axis=0))

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Meta and arrays for an artifact; `from_parts` reads them."""
        meta = {"parts": list(self.parts), "usual": dict(self.usual), "far": dict(self.far)}
        arrays: dict[str, np.ndarray] = {}
        for i, part in enumerate(self.parts.values()):
            arrays |= {f"familiar{i}.{name}": getattr(part, name) for name in ("center", "scale", "anchors")}
        return meta, arrays

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], codes: Mapping[str, Sequence[int]]
    ) -> Familiar:
        """Read and check what `to_parts` wrote; `codes` are the categories of the raw columns of each part.

        Raises:
            BadArtifact: a part is not the model's, or holds what is no number.
        """
        parts = {}
        for i, name in enumerate(map(str, meta["parts"])):
            center, scale, anchors = (arrays[f"familiar{i}.{of}"] for of in ("center", "scale", "anchors"))
            width = len(codes[name])
            if center.shape != (width,) or scale.shape != (width,) or anchors.shape != (len(anchors), width):
                raise BadArtifact("familiar cases of another shape")
            if not len(anchors) or not all(np.isfinite(each).all() for each in (center, scale, anchors)):
                raise BadArtifact("familiar cases without a finite number")
            if not (scale > 0).all():
                raise BadArtifact("familiar cases on no scale")
            parts[name] = Neighbours(center, scale, np.array(codes[name]) > 0, anchors)
        usual = {str(name): float(share) for name, share in meta["usual"].items()}
        far = {str(name): float(most) for name, most in meta["far"].items()}
        if (
            far.keys() != parts.keys() | usual.keys()
            or not np.isfinite([*usual.values(), *far.values()]).all()
        ):
            raise BadArtifact("it is not said what is too far")
        return cls(parts, usual, far)
