"""What every world of scores can be asked."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Labelled:
    """Cases of a world: shape (n_cases,) each."""

    scores: np.ndarray
    wrong: np.ndarray


class World(Protocol):
    """Cases can be drawn from it, and it knows the truth about every cutoff."""

    @property
    def name(self) -> str:
        """For tables."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> Labelled:
        """Draw `n` independent cases."""
        ...

    def coverage(self, cutoff: float) -> float:
        """Share of traffic that a cutoff accepts."""
        ...

    def risk(self, cutoff: float) -> float:
        """True selective error of a cutoff; 0 if it accepts nothing."""
        ...

    def oracle(self, target: float) -> float:
        """The largest automation rate whose true selective error is at most `target`."""
        ...
