"""A model that thinks whatever it is told to."""

from collections.abc import Sequence

import numpy as np


class Oracle:
    """Stands in for a served model; it fails when told nothing."""

    probabilities: list[float] | None = None

    is_partial = False  # it knows all labels

    def unusable(self, rows: Sequence[object]) -> list[None]:
        """Every row can be read."""
        return [None] * len(rows)

    def scored(self, rows: Sequence[object]) -> tuple[np.ndarray, list[None]]:
        """Both."""
        return self.predict_proba(rows), self.unusable(rows)

    def predict_proba(self, rows: Sequence[object]) -> np.ndarray:
        """Return the same for every row, of shape (n_rows, n_labels)."""
        if self.probabilities is None:
            raise RuntimeError("no score today")
        return np.array([self.probabilities] * len(rows))
