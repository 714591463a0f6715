"""Expected risk of each cutoff, from tuning data. For planning only; no certificate rests on it.

Where few tuning cases are accepted, their own count of errors says little: none among 300 fits a risk of 0 as
well as .5 %, and a start chosen by such counts is a start chosen by luck. But errors come along a curve: rare
among the confident, more common further down. So a family of curves is weighed by all tuning cases,

    e(t) = floor + (1 - floor) / (1 + exp(slope z(t) - level)),   z(t) the normal quantile of the confidence's
    rank,

and each cutoff's own count is then mixed with what the curves say, as if that were four more errors. With
many tuning errors the counts decide and the family does not matter; with few it saves the labels that an
unlucky start wastes (ADR 0032).

Source: Gamma-Poisson beliefs with an informative prior, Gelman et al. (2013), "Bayesian Data Analysis",
section 2.6; a prior from a fitted curve is empirical Bayes, Efron and Morris (1975); the family is the
psychometric function with a lapse rate, Wichmann and Hill (2001). The worth of four was chosen by simulation.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

WORTH = 4.0  # errors that the curves count for, beside those that were seen
_RANKS = 80  # equal parts of the tuning cases, from the most confident
_FLOORS = np.array([0.0, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.03])
_SLOPES = np.array([0.3, 0.6, 1.0, 1.4, 1.8, 2.3, 3.0, 4.0])
_LEVELS = np.linspace(-9.0, 2.0, 34)
_NEGLIGIBLE = 1e-3  # weight of a curve, relative to the best


@dataclass(frozen=True, slots=True)
class Belief:
    """A Gamma belief about the risk of each cutoff: mean ``shape / exposure``; shape (n_cutoffs,) each.

    >>> n = np.arange(100, 1100, 100)
    >>> b = believed(n, np.array([0, 0, 0, 0, 1, 1, 1, 2, 8, 34]))
    >>> b.passing(n, np.array([-1, -1, 0, 0, 1, 1, 2, 3, 4, 4])).round(1).tolist()
    [0.0, 0.0, 0.7, 0.5, 0.6, 0.5, 0.6, 0.5, 0.1, 0.0]
    """

    shape: np.ndarray
    exposure: np.ndarray

    def passing(self, n: np.ndarray, critical: np.ndarray) -> np.ndarray:
        """Probability that at most `critical` of `n` accepted labels will be wrong, shape (n_cutoffs,).

        Poisson counts under a Gamma belief are negative binomial, whose cumulative distribution is a
        regularised incomplete beta function. A critical count of -1 never passes.
        """
        chance = special.betainc(
            self.shape,
            np.maximum(critical, 0) + 1,
            self.exposure / (self.exposure + np.maximum(np.asarray(n, dtype=np.float64), 1)),
        )
        return np.where(np.asarray(critical) >= 0, chance, 0.0)

    def keeps(self, target: float) -> np.ndarray:
        """Probability that each cutoff's risk is at most `target`: what endless labels would come to."""
        return np.asarray(special.gammainc(self.shape, self.exposure * target))


def believed(tune_n: np.ndarray, tune_wrong: np.ndarray) -> Belief:
    """The belief that tuning cases lead to.

    Args:
        tune_n, tune_wrong: accepted tuning cases and the sum of their losses per cutoff, strict to loose,
            shape (n_cutoffs,).
    """
    n, wrong = np.asarray(tune_n, dtype=np.float64), np.asarray(tune_wrong, dtype=np.float64)
    if not n[-1] > 0:
        return Belief(np.full(n.shape, 0.5), np.full(n.shape, 1e-9))
    by_curve = _risk_by_curve(n, wrong)
    return Belief(wrong + WORTH, n + WORTH / by_curve)


def _risk_by_curve(n: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Selective risk of each cutoff, averaged over the curves as the tuning cases weigh them."""
    log_right, log_wrong, risks = _family()
    edges = np.arange(_RANKS + 1) / _RANKS * n[-1]
    seen = np.diff(np.interp(edges, np.append(0.0, n), np.append(0.0, wrong)))
    evidence = log_wrong @ seen + log_right @ (n[-1] / _RANKS - seen)
    weights = np.exp(evidence - evidence.max())
    kept = weights > _NEGLIGIBLE
    risk = weights[kept] @ risks[kept] / weights[kept].sum()
    return np.asarray(np.maximum(np.interp(n, edges[1:], risk), 1e-9))


@lru_cache(maxsize=1)
def _family() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log chance of being right and wrong in each part, and the risk down to it; (n_curves, _RANKS)."""
    z = special.ndtri(1 - (np.arange(_RANKS) + 0.5) / _RANKS)
    levels, slopes, floors = (axis.reshape(-1, 1) for axis in np.meshgrid(_LEVELS, _SLOPES, _FLOORS))
    errors = np.clip(floors + (1 - floors) * special.expit(levels - slopes * z), 1e-6, 1 - 1e-6)
    return np.log1p(-errors), np.log(errors), np.cumsum(errors, axis=1) / np.arange(1, _RANKS + 1)
