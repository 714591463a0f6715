"""The scalar that a cutoff acts on, computed from class probabilities with NumPy alone.

Plain confidence treats all predicted labels alike. Where one label's confidence is worth less than another's,
a scalar that knows it puts the safe cases first, and the same promise automates more. Which one serves is
decided on tuning data (see `rescoring`) and stored with the scores as `score_version`: certificates speak of
stored scores.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Kind = Literal["confidence", "margin", "per_label"]
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Rescorer:
    """Maps probabilities (n_cases, n_classes) to scores (n_cases,) in [0, 1].

    Attributes:
        kind: `confidence` is the largest probability; `margin` compares it with the second (half for a tie,
            one for certainty); `per_label` is a logistic model of being right.
        intercepts: per predicted label, for `per_label`, shape (n_classes,).
        slopes: of the log odds of the largest probability and of its log ratio to the second, for
            `per_label`.

    >>> Rescorer("margin")(np.array([[0.5, 0.25, 0.25], [0.7, 0.3, 0.0]])).tolist()
    [0.625, 0.7]
    """

    kind: Kind = "confidence"
    intercepts: tuple[float, ...] = ()
    slopes: tuple[float, float] = (1.0, 0.0)

    def __call__(self, proba: np.ndarray) -> np.ndarray:
        """Score each row; rows that are not distributions may give NaN."""
        if self.kind == "confidence":
            return np.asarray(proba.max(axis=1), dtype=np.float64)
        if self.kind == "margin":
            top, second = _two_largest(proba)
            return np.asarray((1 + top - second) / 2, dtype=np.float64)
        features, predicted = features_of(proba)
        z = np.asarray(self.intercepts)[predicted] + features @ np.asarray(self.slopes)
        return np.asarray(1 / (1 + np.exp(-np.clip(z, -500, 500))), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Plain values; floats survive JSON exactly."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Rescorer":
        """The rescorer that `to_json` described."""
        return cls(data["kind"], tuple(data["intercepts"]), (data["slopes"][0], data["slopes"][1]))


def features_of(proba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `per_label` looks at, shape (n_cases, 2), and the predicted columns, shape (n_cases,)."""
    top, second = _two_largest(proba)
    odds = np.log(np.clip(top, _TINY, 1)) - np.log(np.clip(1 - top, _TINY, 1))
    ratio = np.log(np.clip(top, _TINY, 1)) - np.log(np.clip(second, _TINY, 1))
    return np.stack([odds, ratio], axis=1), proba.argmax(axis=1)


def _two_largest(proba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if proba.shape[1] < 2:
        return proba[:, 0], np.zeros(len(proba))
    ordered = np.partition(proba, -2, axis=1)
    return ordered[:, -1], ordered[:, -2]
