"""A model elsewhere that is too sure of itself, in a world of two labels whose truth is known.

The log-odds of the second label are normal; the model knows them, and sends them divided by its temperature.
A temperature of 0.2 is five times too sure: the odds that it names are the fifth power of the true ones.
"""

from dataclasses import dataclass

import numpy as np

from science.calibration import Calibration, fit_bcts, probabilities
from science.worlds.world import Labelled

_GRID = np.linspace(-1, 1, 20_001)
_REACH = 8.0  # standard deviations: beyond them nothing happens


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the model is asked about, and how sure it is of itself.

    Attributes:
        spread: standard deviation of the true log-odds.
        temperature: below 1 it is too sure.
    """

    spread: float = 3.0
    temperature: float = 0.2

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw cases: the outputs that it sends, shape (n, 1), and the true columns (n,)."""
        logit = rng.normal(0.0, self.spread, n)
        truth = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.intp)
        return logit[:, None] / self.temperature, truth

    def calibrated(self, n: int, rng: np.random.Generator) -> "Calibrated":
        """Fit a calibrator on `n` fresh labels."""
        outputs, truth = self.draw(n, rng)
        return Calibrated(self, fit_bcts(outputs, truth))

    def as_sent(self) -> "Calibrated":
        """Believe what it sends."""
        return Calibrated(self, Calibration(1.0, np.zeros(1)))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A world of scores (`science.worlds.world.World`): those of the model under one calibration."""

    model: Elsewhere
    calibration: Calibration
    name: str = "too sure, elsewhere"

    def sample(self, n: int, rng: np.random.Generator) -> Labelled:
        """Draw `n` independent cases."""
        outputs, truth = self.model.draw(n, rng)
        predicted, scores = self._said(outputs)
        return Labelled(scores, (predicted != truth).astype(np.float64))

    def coverage(self, cutoff: float) -> float:
        """Share of traffic that a cutoff accepts."""
        weights, _, scores = self._everything()
        return float(weights[scores >= cutoff].sum())

    def risk(self, cutoff: float) -> float:
        """True selective error of a cutoff; 0 if it accepts nothing."""
        weights, wrong, scores = self._everything()
        accepted = scores >= cutoff
        total = weights[accepted].sum()
        return float((weights * wrong)[accepted].sum() / total) if total else 0.0

    def oracle(self, target: float) -> float:
        """The largest automation rate whose true selective error is at most `target`."""
        weights, wrong, scores = self._everything()
        order = np.argsort(-scores, kind="stable")
        covered = weights[order].cumsum()
        kept = np.flatnonzero((weights * wrong)[order].cumsum() <= target * covered)
        return float(covered[kept[-1]]) if kept.size else 0.0

    def _said(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        proba = probabilities(self.calibration.apply(outputs))
        return proba.argmax(axis=1), proba.max(axis=1)

    def _everything(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All log-odds on a fine grid: how common, how often wrong, and the score, shape (n_grid,) each."""
        logit = _GRID * _REACH * self.model.spread
        weights = np.exp(-0.5 * (logit / self.model.spread) ** 2)
        predicted, scores = self._said(logit[:, None] / self.model.temperature)
        chance = 1 / (1 + np.exp(-logit))
        return weights / weights.sum(), np.where(predicted == 1, 1 - chance, chance), scores
