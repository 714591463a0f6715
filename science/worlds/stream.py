"""A small task with features that a real classifier can learn, and that changes under its feet.

Two normal classes make most of the traffic. From some case on, a new kind of case appears: it sits deep on
one side, so a model trained before is most confident about it, and it belongs to the other class.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Stream:
    """Traffic in the order of arrival.

    Attributes:
        n_features: length of a feature vector; the first decides, the second tells the new kind apart.
        apart: distance of the two classes, in standard deviations.
        appears_at: number of the first case from which the new kind occurs; None: never.
        share: its share of traffic from then on.

    >>> X, y = Stream(appears_at=100, share=0.5).cases(0, 200, np.random.default_rng(0))
    >>> X.shape, y.shape
    ((200, 5), (200,))
    """

    n_features: int = 5
    apart: float = 4.0
    appears_at: int | None = None
    share: float = 0.03

    def cases(self, start: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The `n` cases from number `start` on: features (n, n_features) and true classes 0 or 1 (n,)."""
        y = rng.integers(0, 2, n)
        X = rng.normal(0, 1, (n, self.n_features))
        X[:, 0] += self.apart * (y - 0.5)
        if self.appears_at is not None:
            new = (np.arange(start, start + n) >= self.appears_at) & (rng.random(n) < self.share)
            y[new] = 0
            X[new, 0] = rng.normal(1.5 * self.apart, 1, int(new.sum()))
            X[new, 1] = rng.normal(6, 1, int(new.sum()))
        return X, y
