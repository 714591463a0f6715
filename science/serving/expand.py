"""Raw columns as a linear model sees them: scaled, one-hot, missing marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from science.serving.errors import BadArtifact


@dataclass(slots=True)
class Expansion:
    """From raw columns (n_raw,) to expanded ones, in this order: one per numeric column, one per
    category, one "is missing" per column that missed values in training.

    A number becomes ``asinh((x - center) / scale)``: linear around the middle, logarithmic in the
    tails, so that no amount of money drowns the rest. Missing numbers count as the center.
    `codes` is the number of categories per raw column (0: numeric), `marks_missing` a bool per column.
    """

    codes: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    marks_missing: np.ndarray
    _numeric: np.ndarray = field(init=False, repr=False)
    _categorical: np.ndarray = field(init=False, repr=False)
    _offset: np.ndarray = field(init=False, repr=False)
    _missing: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._numeric = np.flatnonzero(self.codes == 0)
        self._categorical = np.flatnonzero(self.codes)
        self._missing = np.flatnonzero(self.marks_missing)
        ends = np.cumsum(self.codes[self._categorical])
        self._offset = len(self._numeric) + ends - self.codes[self._categorical]

    @property
    def width(self) -> int:
        """Number of expanded columns."""
        return int(len(self._numeric) + self.codes.sum() + len(self._missing))

    @property
    def sources(self) -> np.ndarray:
        """The raw column behind every expanded column."""
        one_hot = np.repeat(self._categorical, self.codes[self._categorical])
        return np.concatenate([self._numeric, one_hot, self._missing]).astype(np.intp)

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Expanded matrix (n_rows, width) of a raw one (n_rows, n_raw)."""
        out = np.zeros((len(raw), self.width))
        absent = np.isnan(raw)
        n_numeric = len(self._numeric)
        if n_numeric:
            scaled = (raw[:, self._numeric] - self.center[self._numeric]) / self.scale[self._numeric]
            out[:, :n_numeric] = np.where(absent[:, self._numeric], 0.0, np.arcsinh(scaled))
        if len(self._categorical):
            row, which = np.nonzero(~absent[:, self._categorical])
            code = raw[row, self._categorical[which]].astype(np.intp)
            out[row, self._offset[which] + code] = 1.0
        if len(self._missing):
            out[:, out.shape[1] - len(self._missing) :] = absent[:, self._missing]
        return out

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for an artifact; `from_arrays` reads them."""
        return {
            "expand.codes": self.codes.astype(np.int64),
            "expand.center": self.center,
            "expand.scale": self.scale,
            "expand.marks_missing": self.marks_missing,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Expansion:
        """Read and check what `to_arrays` wrote.

        Raises:
            BadArtifact: lengths disagree or a scale is not positive.
        """
        codes, center = arrays["expand.codes"], arrays["expand.center"]
        scale, marks = arrays["expand.scale"], arrays["expand.marks_missing"]
        if not (codes.shape == center.shape == scale.shape == marks.shape) or codes.ndim != 1:
            raise BadArtifact("expansion: lengths disagree")
        if codes.dtype.kind != "i" or (codes < 0).any() or codes.sum() > 100_000:
            raise BadArtifact("expansion: impossible number of categories")
        if not (np.isfinite(center).all() and np.isfinite(scale).all() and (scale > 0).all()):
            raise BadArtifact("expansion: a scale is not a positive number")
        return cls(codes, center, scale, marks.astype(bool))
