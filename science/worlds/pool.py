"""A world made of real cases: the cases *are* the distribution, and are drawn from it with replacement.

So the true selective error of every cutoff is a count, and a broken promise is seen exactly. Where scores
tie, the oracle too can only accept all of them or none.
"""

from dataclasses import dataclass, field

import numpy as np

from science.worlds.world import Labelled


@dataclass(frozen=True, eq=False)
class Pool:
    """Real cases with their scores.

    Attributes:
        name: for tables.
        scores, wrong: in falling order of score once made, shape (n_cases,).

    >>> pool = Pool("three", np.array([0.6, 0.9, 0.8]), np.array([1.0, 0.0, 0.0]))
    >>> pool.oracle(0.1) == pool.coverage(0.8) == 2 / 3, pool.risk(0.0) == 1 / 3
    (True, True)
    """

    name: str
    scores: np.ndarray
    wrong: np.ndarray
    _rising: np.ndarray = field(init=False, repr=False)
    _harm: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        order = np.argsort(-self.scores, kind="stable")
        object.__setattr__(self, "scores", self.scores[order])
        object.__setattr__(self, "wrong", self.wrong[order])
        object.__setattr__(self, "_rising", self.scores[::-1].copy())
        object.__setattr__(self, "_harm", np.concatenate([[0.0], np.cumsum(self.wrong)]))

    def sample(self, n: int, rng: np.random.Generator) -> Labelled:
        """Draw `n` cases, with replacement."""
        chosen = rng.integers(0, self.scores.size, n)
        return Labelled(self.scores[chosen], self.wrong[chosen])

    def coverage(self, cutoff: float) -> float:
        """Share of the pool that a cutoff accepts."""
        return self._accepted(cutoff) / self.scores.size

    def risk(self, cutoff: float) -> float:
        """True selective error of a cutoff; 0 if it accepts nothing."""
        n = self._accepted(cutoff)
        return float(self._harm[n] / n) if n else 0.0

    def oracle(self, target: float) -> float:
        """The largest automation rate whose true selective error is at most `target`."""
        ends = np.append(np.flatnonzero(np.diff(self.scores)), self.scores.size - 1) + 1  # of ties
        kept = ends[self._harm[ends] <= target * ends]
        return float(kept[-1] / self.scores.size) if kept.size else 0.0

    def _accepted(self, cutoff: float) -> int:
        return int(self.scores.size - np.searchsorted(self._rising, cutoff, side="left"))
