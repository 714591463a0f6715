"""Two models in a row: one of this service first, one elsewhere only for what the first leaves.

Together they are one source of scores: which of them speaks of a case is a function of the case, so cutoffs,
certificates and audits know no difference (ADR 0091). The one elsewhere often costs money for each case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.decision_terms import Reason
from science.fields import Schema
from science.serving.served_model import ServedModel
from science.serving.source import Row, SourceModel


@dataclass(frozen=True, slots=True)
class Cascade:
    """A model of this service and one elsewhere.

    Attributes:
        labels: those of either, in the order of the schema.
        first: speaks of every case that it can read and is sure of.
        second: speaks of those that the first reads and is less sure of.
        threshold: the probability of its likeliest label from which on the first is sure.
    """

    labels: tuple[str, ...]
    schema: Schema
    schema_sha256: str
    first: ServedModel
    second: SourceModel
    threshold: float

    @property
    def is_partial(self) -> bool:
        """Whether the first keeps some of the probability for labels that it was not taught."""
        return self.first.is_partial

    def leaves(self, rows: Sequence[Row]) -> np.ndarray:
        """Whether each row is the second's, (n_rows,)."""
        return self._left(*self.first.scored(rows))

    def predict_proba(self, rows: Sequence[Row]) -> np.ndarray:
        """Probabilities (n_rows, n_labels) of whichever speaks of the row; NaN where it said nothing."""
        return self.scored(rows)[0]

    def unusable(self, rows: Sequence[Row]) -> list[Reason | None]:
        """For each row why there is no score: the first cannot read it, or the second said nothing of it."""
        return self.scored(rows)[1]

    def scored(self, rows: Sequence[Row]) -> tuple[np.ndarray, list[Reason | None]]:
        """Both of the above."""
        proba, unusable = self.first.scored(rows)
        left = np.flatnonzero(self._left(proba, unusable))
        proba = in_labels(proba, self.first.labels, self.labels)
        if len(left):
            others, why = self.second.scored([rows[i] for i in left.tolist()])
            proba[left] = in_labels(others, self.second.labels, self.labels)
            for place, reason in zip(left.tolist(), why, strict=True):
                unusable[place] = reason
        return proba, unusable

    def _left(self, proba: np.ndarray, unusable: Sequence[Reason | None]) -> np.ndarray:
        usable = np.array([why is None for why in unusable], dtype=bool)
        left: np.ndarray = is_left(proba, self.threshold) & usable
        return left


def is_left(proba: np.ndarray, threshold: float) -> np.ndarray:
    """Whether the first is less sure than `threshold` of each row of its `proba`, (n_rows,)."""
    left: np.ndarray = proba.max(axis=1) < threshold  # NaN, where it read nothing, is not less
    return left


def in_labels(proba: np.ndarray, own: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Put columns of `own` labels in the order of more; what cannot be said has no probability."""
    moved: np.ndarray = np.zeros((len(proba), len(labels)))
    moved[:, [labels.index(label) for label in own]] = proba
    moved[np.isnan(proba).any(axis=1)] = np.nan
    return moved


def own_model(scorer: object) -> ServedModel | None:
    """Return the model of this service in what scores the cases of a release; None where there is none."""
    if isinstance(scorer, Cascade):
        return scorer.first
    return scorer if isinstance(scorer, ServedModel) else None


def source_model(scorer: object) -> SourceModel | None:
    """Return the model elsewhere in what scores the cases of a release; None where there is none."""
    if isinstance(scorer, Cascade):
        return scorer.second
    return scorer if isinstance(scorer, SourceModel) else None
