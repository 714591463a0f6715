"""What the change of one field does to the model: the field gets values from before, all else stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

MIN_PAIRS = 50
_FLIPS = 1_999


@dataclass(frozen=True, slots=True)
class Impact:
    """What the model says of the same cases with a field's values from before, and of now.

    Attributes:
        then, now: means.
        p_value: chance of so large a difference if the values of both times came from one distribution.
        spread: standard deviation of the difference of the means if nothing has changed.
    """

    then: float
    now: float
    p_value: float
    spread: float = 0.0

    @property
    def change(self) -> float:
        """What the change of the field adds."""
        return self.now - self.then

    def needed(self, level: float) -> float:
        """About how large a change would have a p-value of the level."""
        return float(ndtri(1 - level / 2)) * self.spread


def impact(then: np.ndarray, now: np.ndarray, *, rng: np.random.Generator) -> Impact | None:
    """Compare what the model says of cases whose field was given values of both times; None: too few.

    Args:
        then, now: of the same cases, (n_cases,): with a value that another case had before, and with one
            that another case has now. Both are given, so that parting a value from its case is no difference.

    Notes:
        If the field did not change, the two values given to a case might as well have been exchanged: so the
        signs of the differences are as likely as any others (Fisher, "The Design of Experiments", 1935).
    """
    differences = np.asarray(now, dtype=np.float64) - np.asarray(then, dtype=np.float64)
    if len(differences) < MIN_PAIRS:
        return None
    real = abs(float(differences.sum()))
    signs = rng.integers(0, 2, (_FLIPS, len(differences))) * 2.0 - 1
    large = 1 + int((np.abs(signs @ differences) >= real * (1 - 1e-12)).sum())
    spread = float(np.sqrt((differences**2).sum())) / len(differences)
    return Impact(float(np.mean(then)), float(np.mean(now)), large / (_FLIPS + 1), spread)
