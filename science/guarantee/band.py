"""Detection from the cases that people review: is more of them wrong than the model's confidence predicts?

Audits are few, and the cases below the cutoff are answered anyway. A model that has lost its footing is
wrong there too, often before its audits can show it. For each blind answer the null says that the chance of
an error is at most `FACTOR` times what the model predicted, 1 - confidence; calibration drifts a little all
the time, and that is no news. The statistic is that of `monitor`, with a target of its own for every answer:

    S <- (S + 1 / horizon) * (1 + (rho - 1) / (1 - q) * (x - q)),    q = FACTOR * predicted

It may raise the audits and nothing else: what happens below the cutoff proves nothing of what lies above.

Source: as for `monitor`; likelihood ratios with predictable, changing nulls as in Ramdas, Grunwald, Vovk and
Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference", section 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.guarantee.monitor import AMBER

FACTOR = 1.5
RATIOS = np.array([1.2, 1.5, 2.0, 3.0])
MAX_NULL = 0.9  # an answer that is expected to be wrong nearly always says nothing
_CEILING = 1e9


@dataclass(slots=True)
class BandMonitor:
    """One statistic over the blind answers below the cutoff, in the order of their decisions.

    Attributes:
        horizon: blind answers that are expected in a year.
        evidence: the statistics S, shape (n_ratios,).
        n, wrong, predicted: answers taken in, how many were wrong, and how many were predicted to be.

    >>> calm, alarmed = BandMonitor(5_000), BandMonitor(5_000)
    >>> rng = np.random.default_rng(0)
    >>> for _ in range(300):
    ...     calm.add(float(rng.random() < 0.25), 0.2)
    ...     alarmed.add(float(rng.random() < 0.6), 0.2)
    >>> calm.is_amber, alarmed.is_amber
    (False, True)
    """

    horizon: float
    evidence: np.ndarray = field(default_factory=lambda: np.zeros(RATIOS.size))
    n: int = 0
    wrong: float = 0.0
    predicted: float = 0.0

    def __post_init__(self) -> None:
        if not self.horizon > 0:
            raise ValueError(f"horizon must be positive, not {self.horizon}.")

    def add(self, loss: float, predicted: float) -> None:
        """Take in one final blind answer: whether the model was wrong, and how likely it thought that.

        Raises:
            ValueError: one of them lies outside [0, 1]; nothing is taken in.
        """
        if not (0 <= loss <= 1 and 0 <= predicted <= 1):
            raise ValueError(f"loss and predicted must lie in [0, 1], not {loss} and {predicted}.")
        null = min(MAX_NULL, max(1e-3, FACTOR * predicted))
        ratios = np.minimum(RATIOS, 1 + 0.9 * (1 - null) / null)
        grown = (self.evidence + 1 / self.horizon) * (1 + (ratios - 1) / (1 - null) * (loss - null))
        self.evidence = np.minimum(grown, _CEILING)
        self.n, self.wrong, self.predicted = self.n + 1, self.wrong + loss, self.predicted + predicted

    @property
    def e_value(self) -> float:
        """How strongly the answers speak against what the model predicted of itself."""
        return float(self.evidence.mean())

    @property
    def is_amber(self) -> bool:
        """Whether they do so strongly enough to audit more."""
        return self.e_value >= AMBER

    def to_json(self) -> dict[str, Any]:
        """State as plain values."""
        counts = {"n": self.n, "wrong": self.wrong, "predicted": self.predicted}
        return {"horizon": self.horizon, "evidence": self.evidence.tolist(), **counts}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "BandMonitor":
        """The monitor that `to_json` described."""
        return cls(**{**state, "evidence": np.array(state["evidence"])})
