"""From many comparisons to few findings: false discoveries are controlled, and a finding must come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RATE = 0.05  # of the findings of one check, how many may be false on average


def q_values(p_values: Sequence[float]) -> np.ndarray:
    """Smallest rate of false discoveries at which each would be one, shape (n,); NaN stays NaN.

    Benjamini and Hochberg, "Controlling the false discovery rate" (JRSS B 57, 1995). What is not known takes
    no part.
    """
    p = np.asarray(p_values, dtype=np.float64)
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    if not len(known):
        return q
    order = known[np.argsort(p[known], kind="stable")]
    raw = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(1.0, np.minimum.accumulate(raw[::-1])[::-1])
    return q


@dataclass(frozen=True, slots=True)
class Persistence:
    """How often a finding must come back before anybody is told.

    Attributes:
        times, of: in so many of the last so many windows, which share no case.
    """

    times: int = 2
    of: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.times <= self.of:
            raise ValueError(f"{self.times} of {self.of} windows cannot be asked for")

    def holds(self, found: Sequence[bool | None]) -> bool | None:
        """Tell whether a field's findings persist; None where too few windows are known to tell.

        Args:
            found: for each window, oldest first, whether the field differed; None where it is not known.
        """
        lately = [one for one in found if one is not None][-self.of :]
        if sum(lately) >= self.times:
            return True
        return False if len(lately) >= self.times else None


def found(p_values: Mapping[str, float], *, rate: float = RATE) -> dict[str, bool | None]:
    """Tell which of many measures differ, at a rate of false discoveries; None where it is not known."""
    q = q_values(list(p_values.values()))
    return {
        name: None if np.isnan(value) else bool(value <= rate)
        for name, value in zip(p_values, q, strict=True)
    }
