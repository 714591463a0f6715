"""What a wrong decision costs, as a number in [0, 1].

A promise about errors counts each wrong case as 1. A promise about costs weighs them: the loss is the cost
divided by the largest cost, and the target is divided likewise, so one theory serves both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Loss:
    """Cost of deciding `predicted` when the truth is `true`.

    Attributes:
        costs: (true label, predicted label) -> cost >= 0; pairs that are absent cost nothing. None counts
            errors.

    >>> loss = Loss({("fraud", "ok"): 50.0, ("ok", "fraud"): 5.0})
    >>> loss.of(["fraud", "ok", "ok"], ["ok", "fraud", "ok"]).tolist(), loss.scale
    ([1.0, 0.1, 0.0], 50.0)
    """

    costs: Mapping[tuple[str, str], float] | None = None

    def __post_init__(self) -> None:
        if self.costs is None:
            return
        for (true, predicted), cost in self.costs.items():
            if not (0 <= cost < np.inf):
                raise ValueError(
                    f"The cost of deciding {predicted!r} when it is {true!r} must be finite and >= 0."
                )
            if true == predicted and cost:
                raise ValueError(f"Deciding {true!r} rightly must cost nothing.")
        if not any(self.costs.values()):
            raise ValueError("costs must name at least one mistake that costs something.")

    @property
    def scale(self) -> float:
        """The largest cost: what a loss of 1 stands for."""
        return 1.0 if self.costs is None else max(self.costs.values())

    @property
    def is_binary(self) -> bool:
        """Whether every loss is 0 or 1, so that counting is exact."""
        return self.costs is None or set(self.costs.values()) <= {0, self.scale}

    def of(self, true: Sequence[str], predicted: Sequence[str]) -> np.ndarray:
        """Losses in [0, 1], shape (n_cases,)."""
        pairs = zip(true, predicted, strict=True)
        if self.costs is None:
            return np.array([t != p for t, p in pairs], dtype=np.float64)
        return np.array([self.costs.get(pair, 0.0) / self.scale for pair in pairs], dtype=np.float64)


ERRORS = Loss()


def check_losses(losses: np.ndarray) -> np.ndarray:
    """Return the losses as float64 after checking that they lie in [0, 1].

    Raises:
        ValueError: a loss is missing or outside; an unanswered audit must be counted as 1, not left out.
    """
    x = np.asarray(losses, dtype=np.float64)
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise ValueError("losses must lie in [0, 1]; an audit without an answer counts as 1.")
    return x
