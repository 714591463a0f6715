"""Errors among automatic decisions, and what they say about a promise."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from science.guarantee.exact import lower_bound, upper_bound

KEPT, WITHIN_CHANCE, BROKEN, NOTHING = "kept", "within chance", "broken", "nothing automated"


@dataclass(frozen=True, slots=True)
class Errors:
    """How many of `automated` decisions were `wrong`, by the labels of the file."""

    automated: int
    wrong: int

    @classmethod
    def among(cls, automatic: np.ndarray, wrong: np.ndarray) -> "Errors":
        """Count over two masks of shape (n_cases,)."""
        return cls(int(automatic.sum()), int((automatic & wrong).sum()))

    @property
    def share(self) -> float | None:
        """The selective error; None where nothing was automated."""
        return self.wrong / self.automated if self.automated else None

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided exact interval of the chance of an error (Clopper and Pearson 1934)."""
        half = (1 - confidence) / 2
        return (
            float(lower_bound(self.wrong, self.automated, half)),
            float(upper_bound(self.wrong, self.automated, half)),
        )

    def verdict(self, *, target: float, confidence: float) -> str:
        """Say whether the promise was kept.

        "kept": the share is within the target. "within chance": it is above, by no more than chance explains
        where the promise is true (exact one-sided test). "broken": it is above by more.
        """
        if self.share is None:
            return NOTHING
        if self.share <= target:
            return KEPT
        low = float(lower_bound(self.wrong, self.automated, 1 - confidence))
        return BROKEN if low > target else WITHIN_CHANCE

    def to_json(self, *, target: float, confidence: float) -> dict[str, Any]:
        """Counts, share, interval and verdict."""
        low, high = self.interval(confidence)
        return {
            "automated": self.automated,
            "wrong_automated": self.wrong,
            "selective_error": self.share,
            "low": low if self.automated else None,
            "high": high if self.automated else None,
            "kept": self.share is None or self.share <= target,
            "verdict": self.verdict(target=target, confidence=confidence),
        }
