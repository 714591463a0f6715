"""Detection from what the model predicts of itself: do people contradict it more often than it says?

The promise's monitor looks at how many audits are wrong, whichever they are. An error is worth more where the
model was sure: if it says that one in a thousand of its surest decisions is wrong, a few errors among them
are news long before they show in the share of all. And the cases below the cutoff are answered anyway. For
each blind answer the null says that the chance of an error is at most `FACTOR` times what the model
predicted, 1 - confidence, and never less than a floor; calibration drifts a little all the time, and that is
no news. The alternative: a share of the cases now gets answers that have nothing to do with what the model
says of them. The statistic is that of `monitor`, with a null of its own for every answer:

    S <- (S + 1 / horizon) * (1 + share / q * (x - q)),    q = max(floor, FACTOR * predicted)

so that an answer which agrees multiplies it by 1 - share, and one which does not by 1 + share * (1 - q) / q.
Where the surest eighth of what is automated gets other answers, it is amber after half or a third of the
audits that the promise's monitor needs.

It may raise the audits and nothing else: a model that knows itself badly may keep its promise all the same
(ADR 0067).

Source: as for `monitor`; likelihood ratios with predictable, changing nulls as in Ramdas, Grunwald, Vovk and
Shafer (2023), "Game-theoretic statistics and safe anytime-valid inference", section 3. The alternative is the
contamination model of Huber (1964).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from science.guarantee.monitor import AMBER

FACTOR = 1.5
SHARES = np.array([0.03, 0.1, 0.2, 0.4])  # of the cases, whose answers have nothing to do with the model's
NEWS = 0.25  # of the promised share of errors: what is rarer than that is no news, whatever was predicted
MAX_NULL = 0.9  # an answer that is expected to be wrong nearly always says nothing
_CEILING = 1e9


@dataclass(slots=True)
class SurpriseMonitor:
    """One statistic over blind answers, in the order of their decisions.

    Attributes:
        horizon: blind answers that are expected in a year.
        floor: the least chance of an error that the null allows.
        evidence: the statistics S, shape (n_shares,).
        n, wrong, predicted: answers taken in, how many were wrong, and how many were predicted to be.

    >>> calm, alarmed = SurpriseMonitor(5_000), SurpriseMonitor(5_000)
    >>> rng = np.random.default_rng(0)
    >>> for _ in range(300):
    ...     calm.add(float(rng.random() < 0.25), 0.2)
    ...     alarmed.add(float(rng.random() < 0.6), 0.2)
    >>> calm.is_amber, alarmed.is_amber
    (False, True)
    """

    horizon: float
    floor: float = 1e-3
    evidence: np.ndarray = field(default_factory=lambda: np.zeros(SHARES.size))
    n: int = 0
    wrong: float = 0.0
    predicted: float = 0.0

    def __post_init__(self) -> None:
        if not self.horizon > 0:
            raise ValueError(f"horizon must be positive, not {self.horizon}.")
        if not 0 < self.floor <= MAX_NULL:
            raise ValueError(f"floor must lie in (0, {MAX_NULL}], not {self.floor}.")

    def add(self, loss: float, predicted: float) -> None:
        """Take in one final blind answer: whether the model was wrong, and how likely it thought that.

        Raises:
            ValueError: one of them lies outside [0, 1]; nothing is taken in.
        """
        if not (0 <= loss <= 1 and 0 <= predicted <= 1):
            raise ValueError(f"loss and predicted must lie in [0, 1], not {loss} and {predicted}.")
        self.evidence = updated(self.evidence, 1 / self.horizon, loss, predicted, self.floor)
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
        return {"horizon": self.horizon, "floor": self.floor, "evidence": self.evidence.tolist(), **counts}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "SurpriseMonitor":
        """The monitor that `to_json` described."""
        return cls(**{**state, "evidence": np.array(state["evidence"])})


def updated(
    evidence: np.ndarray,
    mass: float,
    loss: np.ndarray | float,
    predicted: np.ndarray | float,
    floor: float,
) -> np.ndarray:
    """The statistics after one answer each, shape (..., n_shares).

    Args:
        evidence: the statistics before, shape (..., n_shares).
        mass: prior mass of one answer.
        loss, predicted: of the answer, shape (...).
    """
    null = np.minimum(MAX_NULL, np.maximum(floor, FACTOR * np.asarray(predicted)))[..., None]
    grown = (evidence + mass) * (1 + SHARES / null * (np.asarray(loss)[..., None] - null))
    return np.asarray(np.minimum(grown, _CEILING))
