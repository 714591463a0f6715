"""Fixed-sequence testing: walk from strict to loose, stop at the first cutoff that fails.

The family-wise error is at most delta whatever the risk curve looks like: on the way there is a first cutoff
whose true risk is too high, and the walk gets past it with probability at most delta. This needs a grid and a
start that do not depend on the labels tested; it needs no monotone risk and no Bonferroni.

Source: Maurer, Hothorn and Lehmacher (1995); used for cutoffs by Angelopoulos, Bates et al. (2021), "Learn
then Test", section 3.2. The power start is ours: any start is valid, the one likeliest to pass is the useful
one.
"""

from collections.abc import Callable

import numpy as np
from scipy import special


def walk(p_value_at: Callable[[int], float], start: int, n_cutoffs: int, delta: float) -> int | None:
    """Index of the last cutoff that passed before the first that failed; None if the start fails.

    What the result covers is every cutoff from `start` to it, and no other.

    >>> p = [0.9, 0.01, 0.02, 0.2, 0.01]
    >>> walk(p.__getitem__, 1, 5, 0.05), walk(p.__getitem__, 0, 5, 0.05)
    (2, None)
    """
    last = None
    for j in range(start, n_cutoffs):
        if not p_value_at(j) <= delta:
            break
        last = j
    return last


def passing_probability(
    tune_n: np.ndarray, tune_wrong: np.ndarray, expected_n: np.ndarray, critical: np.ndarray
) -> np.ndarray:
    """Probability that each cutoff will pass, predicted from tuning data; shape (n_cutoffs,).

    With a Gamma(wrong + 1/2, tune_n) belief about the error rate and Poisson counts, the number of wrong
    cases among `expected_n` is negative binomial; a cutoff passes when it is at most the critical count. (The
    cumulative distribution is a regularised incomplete beta function.)

    Args:
        tune_n, tune_wrong: accepted and wrong tuning cases per cutoff, strict to loose.
        expected_n: accepted certification labels to be expected per cutoff.
        critical: largest number of wrong cases with which each cutoff passes, -1 if none.

    Source: the predictive distribution is standard (Gelman et al., 2013, "Bayesian Data Analysis", section
    2.6), with Jeffreys' prior for a Poisson rate.

    >>> n = np.array([400, 800, 1000])
    >>> passing_probability(n, np.array([0, 1, 40]), n, critical=np.array([0, 3, 4])).round(2).tolist()
    [0.71, 0.88, 0.0]
    """
    # A stricter cutoff is not believed to be worse than a looser one: few cases are no evidence of harm.
    shape = np.minimum.accumulate((np.asarray(tune_wrong, dtype=np.float64) + 0.5)[::-1])[::-1]
    exposure = np.maximum(np.asarray(tune_n, dtype=np.float64), 1e-9)
    expected = np.maximum(np.asarray(expected_n, dtype=np.float64), 1)
    passing = special.betainc(shape, np.maximum(critical, 0) + 1, exposure / (exposure + expected))
    return np.where(critical >= 0, passing, 0.0)
