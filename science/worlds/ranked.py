"""Worlds given by one curve: the chance of an error at each rank of confidence.

A case has a rank t, uniform on [0, 1] and 1 for the most confident; its score rises with t and it is wrong
with probability e(t). The selective risk of every cutoff is then an integral, and so is the oracle: the most
that could be automated by somebody who knew the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from science.worlds.world import Labelled

_STEPS = 200_000
_COVERAGES = np.arange(_STEPS + 1) / _STEPS
_APART = 1.82
_DISTANCES = np.linspace(0.0, 8.0, 4001)  # from the point of indifference
_RANKS = special.ndtr(_DISTANCES - _APART) - special.ndtr(-_DISTANCES - _APART)


@dataclass(frozen=True, slots=True)
class RankedWorld:
    """A world of two labels given by its error curve.

    Attributes:
        name: for tables.
        error: t in [0, 1], shape (n,), to the probability of an error, shape (n,).

    >>> round(GOOD.oracle(0.01), 2)
    0.91
    """

    name: str
    error: Callable[[np.ndarray], np.ndarray]

    def sample(self, n: int, rng: np.random.Generator) -> Labelled:
        """Draw `n` independent cases."""
        t = rng.random(n)
        return Labelled(score_of(t), (rng.random(n) < self.error(t)).astype(np.float64))

    def coverage(self, cutoff: float) -> float:
        """Share of traffic that a cutoff accepts."""
        return float(np.clip(2 * (1 - cutoff), 0.0, 1.0))

    def risk(self, cutoff: float) -> float:
        """True selective error of a cutoff; 0 if it accepts nothing."""
        coverage = self.coverage(cutoff)
        return float(np.interp(coverage, _COVERAGES, _harm(self)) / coverage) if coverage else 0.0

    def oracle(self, target: float) -> float:
        """The largest automation rate whose true selective error is at most `target`."""
        kept = np.flatnonzero(_harm(self)[1:] <= target * _COVERAGES[1:])
        return float(_COVERAGES[kept[-1] + 1]) if kept.size else 0.0

    def base_error(self) -> float:
        """Error of the model on all traffic."""
        return self.risk(0.0)


def score_of(t: np.ndarray) -> np.ndarray:
    """Probability that a two-label model shows at rank t: from one half up."""
    return 0.5 + 0.5 * t


def probabilities(scores: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Probabilities (n_cases, 2) of a model that shows these scores for these predicted columns."""
    p = np.empty((len(scores), 2))
    rows = np.arange(len(scores))
    p[rows, predicted], p[rows, 1 - predicted] = scores, 1 - scores
    return p


@lru_cache(maxsize=32)
def _harm(world: RankedWorld) -> np.ndarray:
    """Share of traffic that is accepted and wrong, at each of `_COVERAGES`."""
    midpoints = 1 - (np.arange(_STEPS) + 0.5) / _STEPS
    return np.concatenate([[0.0], np.cumsum(world.error(midpoints)) / _STEPS])


def _good(t: np.ndarray) -> np.ndarray:
    """Two normal classes 3.64 standard deviations apart, scored by the true posterior."""
    return np.asarray(np.interp(t, _RANKS, special.expit(-2 * _APART * _DISTANCES)))


def _noisy(t: np.ndarray) -> np.ndarray:
    return 0.6 * np.exp(-t / 0.06) + 0.0012


def _hard(t: np.ndarray) -> np.ndarray:
    return 1 - score_of(1 - (1 - t) ** 1.5)


def _confidently_wrong(t: np.ndarray) -> np.ndarray:
    return np.where(t > 0.97, 0.04, _good(t / 0.97))


def _sharp(t: np.ndarray) -> np.ndarray:
    return np.where(t < 0.3, 0.3, 0.002)


def _creeping(t: np.ndarray) -> np.ndarray:
    return 0.25 * (1 - t) ** 4 + 0.0005


def _bumpy(t: np.ndarray) -> np.ndarray:
    return 0.004 + 0.03 * ((t > 0.6) & (t < 0.68)) + 0.4 * np.exp(-t / 0.05)


def _weak(t: np.ndarray) -> np.ndarray:
    return 0.35 - 0.3 * t


GOOD = RankedWorld("good", _good)  # a good model: 91 % can be automated at 1 %
HARD = RankedWorld("hard", _hard)  # calibrated, and right 80 % of the time
CONFIDENTLY_WRONG = RankedWorld(
    "confidently wrong", _confidently_wrong
)  # 3 % of traffic: most confident, 4 % wrong
NOISY = RankedWorld("noisy", _noisy)  # a good model and labels that are wrong 0.12 % of the time anywhere
SHARP = RankedWorld("sharp", _sharp)  # a cliff in the middle
CREEPING = RankedWorld("creeping", _creeping)  # risk crosses every target slowly
BUMPY = RankedWorld("bumpy", _bumpy)  # not monotone
WEAK = RankedWorld("weak", _weak)  # no cutoff is good enough for 1 %

WORLDS = (GOOD, HARD, CONFIDENTLY_WRONG, NOISY, SHARP, CREEPING, BUMPY, WEAK)
