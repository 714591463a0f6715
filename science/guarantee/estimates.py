"""Live numbers from labels that were collected with unequal probabilities.

Reviewed cases are labelled often and hard, automatic ones rarely and easy: the plain average of labels says
more about whom we asked than about the model. Both estimates here weigh by 1 / pi and come with an interval
that holds at every sample size; the naive average comes along so that a page can show the difference.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from science.guarantee.betting import Interval, mean_interval
from science.guarantee.exact import lower_bound, upper_bound
from science.guarantee.losses import check_losses


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval.

    Attributes:
        value: the estimate; NaN without labels.
        interval: range that holds the truth with the stated confidence.
        naive: the plain average of the labels, biased as it is; NaN without labels.
        n: number of labels.
        n_effective: equal-weight labels that would say as much (Kish).
    """

    value: float
    interval: Interval
    naive: float
    n: int
    n_effective: float


def hajek(losses: np.ndarray, pi: np.ndarray, *, confidence: float = 0.95, ordered: bool = False) -> Estimate:
    """Mean loss over traffic, from labels alone: sum(x / pi) / sum(1 / pi).

    Args:
        losses: in [0, 1], shape (n_labels,).
        pi: probability that each label was collected, shape (n_labels,).
        ordered: whether the labels are in decision order; see `mean_interval`.

    Assumes cases drawn from one population. The weights are never clipped, because clipping biases.

    Source: Hajek (1971); interval by betting, as E[(collected / pi) (x - mean)] = 0 (see `betting`);
    effective size Kish (1965), section 11.7.

    >>> e = hajek(np.array([1.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.1]))
    >>> round(e.value, 3), round(e.naive, 3)
    (0.143, 0.333)
    """
    x, values = check_losses(losses), _check(pi)
    if x.size == 0:
        return Estimate(np.nan, Interval(0.0, 1.0, confidence), np.nan, 0, 0.0)
    w = 1 / values
    return Estimate(
        value=float(w @ x / w.sum()),
        interval=mean_interval(x, weights=w, confidence=confidence, ordered=ordered),
        naive=float(x.mean()),
        n=x.size,
        n_effective=float(w.sum() ** 2 / (w @ w)),
    )


def post_stratified(
    wrong: np.ndarray, n: np.ndarray, cases: np.ndarray, *, confidence: float = 0.95
) -> Estimate:
    """Error rate over traffic, from strata whose sizes are known (say, automatic and reviewed).

    Narrower than `hajek`, because the share of each stratum is counted instead of estimated.

    Args:
        wrong, n: wrong and labelled cases per stratum, each an equal-probability sample of it; (n_strata,).
        cases: all cases per stratum, labelled or not, shape (n_strata,).

    A stratum without a label counts as unknown: its error may be anything from 0 to 1. The shares are those
    of these cases; what they say of traffic at large is uncertain too, and the interval allows for it.

    Source: Cochran (1977), section 12.2 (double sampling for stratification), for the estimate and what the
    shares add to its variance; intervals of the strata (Clopper and Pearson, 1934) combined by MOVER, Zou and
    Donner (2008), equation 4.

    >>> e = post_stratified(np.array([1, 30]), np.array([50, 200]), np.array([2500, 500]))
    >>> round(e.value, 4), round(e.naive, 4)
    (0.0417, 0.124)
    """
    wrong, n = np.asarray(wrong, dtype=np.float64), np.asarray(n, dtype=np.float64)
    shares = np.asarray(cases, dtype=np.float64)
    if not shares.sum() > 0 or not n.sum() > 0:
        return Estimate(np.nan, Interval(0.0, 1.0, confidence), np.nan, 0, 0.0)
    n_cases = shares.sum()
    shares = shares / n_cases
    seen = n > 0
    rates = np.divide(wrong, n, out=np.full(n.shape, 0.5), where=seen)
    tail = (1 - confidence) / 2
    low = np.where(seen, lower_bound(wrong, n, tail), 0.0)
    high = np.where(seen, upper_bound(wrong, n, tail), 1.0)
    value = float(shares @ rates)
    of_shares = float(special.ndtri(tail) ** 2 * (shares @ (rates - value) ** 2) / n_cases)
    weights = shares[seen] / n[seen]
    return Estimate(
        value=value,
        interval=Interval(
            low=max(0.0, value - float(np.sqrt(shares**2 @ (rates - low) ** 2 + of_shares))),
            high=min(1.0, value + float(np.sqrt(shares**2 @ (high - rates) ** 2 + of_shares))),
            confidence=confidence,
        ),
        naive=float(wrong.sum() / n.sum()),
        n=int(n.sum()),
        n_effective=float(shares[seen].sum() ** 2 / (weights**2 @ n[seen])),
    )


def design_weights(pi: np.ndarray, cap: float = 3.0) -> np.ndarray:
    """Training weights 1 / pi, scaled so that the smallest is 1 and clipped at `cap`; shape (n_labels,).

    For training only. Clipped weights keep a model from hanging on a few audits; in a certificate or an
    estimate they would bias it.

    >>> design_weights(np.array([1.0, 0.5, 0.02])).tolist()
    [1.0, 2.0, 3.0]
    """
    values = _check(pi)
    if values.size == 0:
        return values
    weights: np.ndarray = np.minimum(values.max() / values, cap)
    return weights


def _check(pi: np.ndarray) -> np.ndarray:
    values = np.asarray(pi, dtype=np.float64)
    if values.size and not (values.min() > 0 and values.max() <= 1):
        raise ValueError("pi must lie in (0, 1]: a label that could not have been collected says nothing.")
    return values
