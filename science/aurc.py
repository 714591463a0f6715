"""How well confidence sorts right from wrong: the risk-coverage curve and the area under it."""

from __future__ import annotations

import numpy as np


def risk_coverage(
    confidence: np.ndarray, wrong: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share decided and share of those wrong, for every cutoff on the confidence.

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification" (JMLR 2010).
    Cases of equal confidence are decided together, so ties cannot flatter.

    Parameters
    ----------
    confidence: (n_cases,) higher is decided first. wrong: (n_cases,) bool.
    weights: (n_cases,) non-negative; equal when None.

    Returns
    -------
    cutoff, coverage, risk: (n_distinct,) from the highest cutoff down; the last coverage is 1.

    Raises
    ------
    ValueError: no case, or a confidence that is not a number.

    >>> cutoff, coverage, risk = risk_coverage(np.array([.9, .8, .7]), np.array([0, 0, 1]))
    >>> coverage.round(2).tolist(), risk.round(2).tolist()
    ([0.33, 0.67, 1.0], [0.0, 0.0, 0.33])
    """
    confidence = np.asarray(confidence, dtype=np.float64)
    if not len(confidence):
        raise ValueError("risk and coverage need at least one case")
    if np.isnan(confidence).any():
        raise ValueError("a confidence is not a number")
    weights = np.ones(len(confidence)) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    decided = np.cumsum(weights[order])[last_of_tie]
    mistaken = np.cumsum(weights[order] * np.asarray(wrong, dtype=np.float64)[order])[last_of_tie]
    risk = np.divide(mistaken, decided, out=np.zeros_like(decided), where=decided > 0)
    return ranked[last_of_tie], decided / decided[-1], risk


def aurc(confidence: np.ndarray, wrong: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Area under the risk-coverage curve: the mean risk over all coverages; lower is better.

    A step at every distinct confidence, each as wide as the share of cases it adds. With constant
    confidence it is the error rate.

    >>> aurc(np.array([.9, .8, .7, .6]), np.array([0, 0, 0, 1]))
    0.0625
    """
    _, coverage, risk = risk_coverage(confidence, wrong, weights)
    return float(np.sum(risk * np.diff(coverage, prepend=0.0)))
