"""Krippendorff's alpha for labels: how far people agree beyond what chance would give.

Alpha is 1 where everybody agrees, 0 where answers fall as if drawn from one urn, below 0 where people
contradict each other more than chance would. Any number of people, who need not all have answered every case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.agreement.shares import TooFew
from science.intervals import wilson_interval

MIN_CASES = 10
REPLICATES = 1000
_MAX_UNDEFINED = 0.25


@dataclass(frozen=True, slots=True)
class Alpha:
    """Agreement beyond chance, with a bootstrap interval over cases.

    Attributes
    ----------
    n_cases: cases with at least two answers; only those say anything.
    n_answers: their answers.
    low, high: ends of the interval; NaN where resampled cases mostly hold a single label.
    """

    value: float
    low: float
    high: float
    n_cases: int
    n_answers: int


def label_counts(case: np.ndarray, label: np.ndarray, *, n_cases: int, n_classes: int) -> np.ndarray:
    """Count how often each label was given to each case.

    Parameters
    ----------
    case, label: (n_answers,) int, from 0; an answer that is missing is simply not among them.

    Returns
    -------
    (n_cases, n_classes) int.

    >>> label_counts(np.array([0, 0, 1]), np.array([1, 1, 0]), n_cases=2, n_classes=2).tolist()
    [[0, 2], [1, 0]]
    """
    flat = np.asarray(case, dtype=np.int64) * n_classes + np.asarray(label, dtype=np.int64)
    return np.bincount(flat, minlength=n_cases * n_classes).reshape(n_cases, n_classes)


def coincidences(counts: np.ndarray) -> np.ndarray:
    """Return how often two answers to one case are the pair (c, k), each case weighing as its answers.

    Krippendorff, "Content Analysis" (2004), section 11.3: o_ck = sum over cases of n_c (n_k - [c = k]) / (m -
    1).

    Parameters
    ----------
    counts: (n_cases, n_classes) answers; cases with fewer than two say nothing.

    Returns
    -------
    (n_classes, n_classes), symmetric; its sum is the number of answers that can be paired.

    >>> coincidences(np.array([[2, 0], [1, 1], [1, 0]])).tolist()
    [[2.0, 1.0], [1.0, 0.0]]
    """
    return np.asarray(_per_case(counts).sum(axis=0))


def _per_case(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts, dtype=np.float64)
    answers = counts.sum(axis=1)
    usable = counts[answers >= 2]
    pairs = usable[:, :, None] * usable[:, None, :]
    labels = np.arange(counts.shape[1])
    pairs[:, labels, labels] -= usable
    return np.asarray(pairs / (answers[answers >= 2] - 1)[:, None, None])


def alpha_of(coincidence: np.ndarray) -> np.ndarray:
    """Return alpha of coincidence matrices; NaN where only one label occurs, so that chance means nothing.

    alpha = 1 - (n - 1) sum_{c != k} o_ck / sum_{c != k} n_c n_k (Krippendorff 2004, equation 11.4, labels
    without order).

    Parameters
    ----------
    coincidence: (..., n_classes, n_classes).
    """
    o = np.asarray(coincidence, dtype=np.float64)
    totals = o.sum(axis=-1)
    n = totals.sum(axis=-1)
    observed = n - np.trace(o, axis1=-2, axis2=-1)
    expected = n**2 - (totals**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 1e-9, 1 - (n - 1) * observed / expected, np.nan)


def krippendorff_alpha(
    counts: np.ndarray,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    replicates: int = REPLICATES,
    least: int = MIN_CASES,
) -> Alpha | TooFew:
    """Estimate agreement beyond chance on labels without order, with an interval.

    The interval resamples cases with replacement and takes percentiles: Zapf, Castell, Morawietz and Karch,
    "Measuring inter-rater reliability for nominal data" (BMC Medical Research Methodology 16:93, 2016), who
    found that it covers what it says where the bootstrap of answers (Hayes and Krippendorff 2007) does not.

    Assumes that cases are independent, and that who answers a case does not depend on what others said about
    it: leave adjudications out.

    Parameters
    ----------
    counts: (n_cases, n_classes) answers of people; cases with fewer than two are left out.
    rng: draws the resampled cases.

    >>> counts = np.array([[2, 0]] * 30 + [[0, 2]] * 15 + [[1, 1]] * 5)
    >>> found = krippendorff_alpha(counts, rng=np.random.default_rng(1))
    >>> round(found.value, 3), round(found.low, 2), round(found.high, 2)
    (0.782, 0.58, 0.95)
    """
    counts = np.asarray(counts, dtype=np.int64)
    usable = counts[counts.sum(axis=1) >= 2]
    if len(usable) < max(1, least):
        why = "%(n)s of the %(needed)s cases with two answers that an estimate needs"
        return TooFew(len(usable), max(1, least), why)
    # Cases with the same counts are interchangeable: a resample is a draw of how many there are of each kind.
    kinds, many = np.unique(usable, axis=0, return_counts=True)
    per_kind = _per_case(kinds)
    value = float(alpha_of(np.tensordot(many, per_kind, axes=1)))
    if not np.isfinite(value):
        return TooFew(
            len(usable), len(usable) + 1, "every answer is the same label: chance would agree as well"
        )
    if value == 1.0:
        return Alpha(1.0, _lowest_unseen(usable, confidence), 1.0, len(usable), int(usable.sum()))
    drawn = rng.multinomial(len(usable), many / len(usable), size=replicates)
    resampled = alpha_of(np.tensordot(drawn, per_kind, axes=1))
    resampled = resampled[np.isfinite(resampled)]
    if len(resampled) < (1 - _MAX_UNDEFINED) * replicates:
        low = high = float("nan")
    else:
        tail = (1 - confidence) / 2
        low, high = (float(q) for q in np.quantile(resampled, [tail, 1 - tail]))
    return Alpha(value, low, high, len(usable), int(usable.sum()))


def _lowest_unseen(counts: np.ndarray, confidence: float) -> float:
    """Return alpha if as many cases were split as may be, given that none of these is."""
    totals = counts.sum(axis=0).astype(np.float64)
    n = totals.sum()
    expected = float((n**2 - (totals**2).sum()) / (n * (n - 1)))
    _, split = wilson_interval(0.0, len(counts), confidence)
    return max(-1.0, 1 - split / expected)
