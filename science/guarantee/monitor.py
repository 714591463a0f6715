"""The monitor: detects when more is wrong than was promised, rarely by mistake, at any time.

For each cutoff and each alternative (the risk is now rho times the target) it keeps a Shiryaev-Roberts
statistic with a prior for the moment of the change that is uniform over *cases*, not audits:

    S <- (S + cases since the last audit / horizon) * (1 + (rho - 1) / (1 - target) * w * (x - target)),  w =
    reference_rate / pi

and E is the mean over alternatives. While the risk is at most the target, E minus the prior mass spent so far
is a supermartingale, so within `horizon` accepted cases E reaches 1/pfa with probability at most pfa, and
within any number N of them with probability at most pfa * N / horizon: there is nothing to renew. This holds
for every audit policy that decides on a case before its label is known, such as auditing more because of E.

`reference_rate` is one number for all cases of a moment, fixed before their labels: the chance that an
accepted case is labelled now. Then a label counts in full (w = 1) however many there are. With the base rate
of audits instead, raising them twelvefold would dilute each to a twelfth: measured, the mean audit rate was
6.3 % instead of 2.2 %, for the same delay (ADR 0029).

Feed closed blocks in decision order (see `blocks`); hold audits that are overdue, do not count them as wrong
here.

Source: Shiryaev (1963), Roberts (1966); as an e-process Shin, Ramdas and Rinaldo (2024), "E-detectors"; one
monitor per cutoff after Timans, Verma, Nalisnick and Naesseth (2025), arXiv 2506.16416.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from science.guarantee.grid import accepts, check_scores

RATIOS = np.array([1.5, 2.0, 3.0, 5.0, 10.0])
MAX_WEIGHT = 2.0  # of reference_rate / pi
AMBER = 0.05
_CEILING = 1e9  # E far above red says no more, and must not overflow


class Level(StrEnum):
    """How strongly the live evidence speaks against the promise."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(slots=True)
class RiskMonitor:
    """One statistic per cutoff, all fed by the same audits.

    Attributes:
        grid: cutoffs, strict to loose.
        target: the promised risk.
        horizon_cases: number of accepted cases (usually a year's) within which a false trip has probability
            pfa.
        pfa: that probability.
        amber: level of E from which more is audited.
        evidence: the statistics S, shape (n_cutoffs, n_ratios).
        pending: accepted cases since the last audit that a cutoff saw, shape (n_cutoffs,).
        tripped: whether a cutoff has ever been red; stays so until the monitor is replaced.

    >>> monitor = RiskMonitor((0.9, 0.0), target=0.01, horizon_cases=208_000)
    >>> rng = np.random.default_rng(0)
    >>> score = rng.random(60_000); wrong = (rng.random(60_000) < 0.05).astype(float)
    >>> wrong[rng.random(60_000) >= 0.05] = np.nan  # not audited
    >>> monitor.add_block(score, wrong, pi=np.full(60_000, 0.05), reference_rate=np.full(60_000, 0.05))
    >>> monitor.level(1).value
    'red'
    """

    grid: tuple[float, ...]
    target: float
    horizon_cases: float
    pfa: float = 0.01
    amber: float = AMBER
    evidence: np.ndarray = field(init=False)
    pending: np.ndarray = field(init=False)
    tripped: np.ndarray = field(init=False)
    _grid: np.ndarray = field(init=False, repr=False)
    _slopes: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.horizon_cases > 0:
            raise ValueError(f"horizon_cases must be positive, not {self.horizon_cases}.")
        if not 0 < self.pfa < 1:
            raise ValueError(f"pfa must lie in (0, 1), not {self.pfa}.")
        self._grid = np.asarray(self.grid)
        self._slopes = slopes(self.target)
        self.evidence = np.zeros((self._grid.size, self._slopes.size))
        self.pending = np.zeros(self._grid.size)
        self.tripped = np.zeros(self._grid.size, dtype=bool)

    def count_cases(self, accepted: np.ndarray) -> None:
        """Count cases that went by, audited or not: number accepted by each cutoff, shape (n_cutoffs,)."""
        self.pending += accepted

    def audit(self, score: float, loss: float, pi: float, reference_rate: float) -> None:
        """Take in one final audit of a case that was counted before.

        Raises:
            ValueError: the loss is outside [0, 1], or pi below half of reference_rate; nothing is taken in.
        """
        check_scores(np.array([score]))
        weight = reference_rate / pi if pi > 0 else np.inf
        if not 0 <= loss <= 1:
            raise ValueError(f"loss must lie in [0, 1], not {loss}.")
        if not 0 < weight <= MAX_WEIGHT * (1 + 1e-9):
            raise ValueError(f"pi must be at least half of reference_rate ({reference_rate}), not {pi}.")
        first = self._grid.size - int(np.searchsorted(self._grid[::-1], score, side="right"))
        self._take(slice(first, None), loss, weight)

    def add_block(
        self, scores: np.ndarray, losses: np.ndarray, pi: np.ndarray, reference_rate: np.ndarray
    ) -> None:
        """Take in a closed block of cases in decision order; `losses` is NaN where there is no blind
        label."""
        scores, losses = check_scores(scores), np.asarray(losses, dtype=np.float64)
        weights = np.asarray(reference_rate, dtype=np.float64) / np.asarray(pi, dtype=np.float64)
        labelled = np.flatnonzero(~np.isnan(losses))
        if not (np.all(losses[labelled] >= 0) and np.all(losses[labelled] <= 1)):
            raise ValueError("losses must lie in [0, 1], or be NaN where there is no label.")
        if not np.all((weights[labelled] > 0) & (weights[labelled] <= MAX_WEIGHT * (1 + 1e-9))):
            raise ValueError("pi must be at least half of reference_rate.")
        first: np.ndarray = accepts(scores, self._grid)
        begin = 0
        for i in labelled.tolist():
            self.pending += self._counted(first[begin : i + 1])
            begin = i + 1
            self._take(slice(first[i], None), float(losses[i]), float(weights[i]))
        self.pending += self._counted(first[begin:])

    def e_values(self) -> np.ndarray:
        """E at each cutoff, shape (n_cutoffs,)."""
        return np.asarray(self.evidence.mean(axis=1))

    def level(self, j: int) -> Level:
        """Level of cutoff `j`."""
        if self.tripped[j]:
            return Level.RED
        return Level.AMBER if self.evidence[j].mean() >= self.amber else Level.GREEN

    def step_down(self, j: int, certified: tuple[float, ...]) -> int | None:
        """Index of the loosest cutoff stricter than `j` that is calm and certified; None: everything to
        people.

        Stricter is not safer by itself: the certificate must have walked over it.
        """
        for stricter in range(j - 1, -1, -1):
            if self.level(stricter) is Level.GREEN and self.grid[stricter] in certified:
                return stricter
        return None

    def _take(self, accepted: slice, loss: float, weight: float) -> None:
        mass = self.pending[accepted] / self.horizon_cases
        evidence = updated(self.evidence[accepted], mass, loss, weight, self._slopes, self.target)
        self.evidence[accepted] = evidence
        self.pending[accepted] = 0
        self.tripped[accepted] |= evidence.mean(axis=1) >= 1 / self.pfa

    def _counted(self, first: np.ndarray) -> np.ndarray:
        return np.asarray(np.cumsum(np.bincount(first, minlength=self._grid.size + 1)[:-1]))

    def to_json(self) -> dict[str, Any]:
        """Everything, as plain values; floats survive JSON exactly."""
        return {
            "grid": list(self.grid),
            "target": self.target,
            "horizon_cases": self.horizon_cases,
            "pfa": self.pfa,
            "amber": self.amber,
            "evidence": self.evidence.tolist(),
            "pending": self.pending.tolist(),
            "tripped": self.tripped.tolist(),
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "RiskMonitor":
        """The monitor that `to_json` described."""
        restored = cls(
            tuple(state["grid"]), state["target"], state["horizon_cases"], state["pfa"], state["amber"]
        )
        restored.evidence = np.array(state["evidence"])
        restored.pending = np.array(state["pending"])
        restored.tripped = np.array(state["tripped"], dtype=bool)
        return restored


def updated(
    evidence: np.ndarray,
    mass: np.ndarray,
    loss: np.ndarray | float,
    weight: np.ndarray | float,
    slopes: np.ndarray,
    target: float,
) -> np.ndarray:
    """The statistics after one audit, shape (n_processes, n_ratios).

    Args:
        evidence: the statistics before, shape (n_processes, n_ratios).
        mass: prior mass of the cases since the last audit, shape (n_processes,).
        loss, weight: of the audit, scalars or shape (n_processes,).
    """
    surprise = np.asarray(weight * (loss - target))
    grown = (evidence + mass[:, None]) * (1 + slopes * surprise[..., None])
    return np.asarray(np.minimum(grown, _CEILING))


def slopes(target: float) -> np.ndarray:
    """Slope of each alternative's likelihood ratio in ``w (x - target)``, shape (n_ratios,).

    Ratios are capped so that no audit, at the largest weight, can make a statistic negative.
    """
    if not 0 < target < 1:
        raise ValueError(f"target must lie in (0, 1), not {target}.")
    cap = 1 + 0.9 * (1 - target) / (MAX_WEIGHT * target)
    return np.asarray((np.minimum(RATIOS, cap) - 1) / (1 - target))
