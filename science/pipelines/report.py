"""What a person should know about a trained model, as JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np

from science.aurc import aurc, risk_coverage
from science.calibration import calibration_bins, expected_calibration_error

_POINTS = 101


def measures(proba: np.ndarray, y: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """AURC, log loss, accuracy and calibration error of probabilities (n_rows, n_classes).

    A row without a probability (NaN) or with a label the model does not know counts as wrong, at
    the lowest confidence.
    """
    confidence, right, likelihood = _judged(proba, y)
    share = weights / weights.sum()
    return {
        "aurc": aurc(confidence, ~right, weights),
        "log_loss": float(-share @ np.log(np.clip(likelihood, 1e-15, 1.0))),
        "accuracy": float(share @ right),
        "calibration_error": expected_calibration_error(confidence, right),
    }


def _judged(proba: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence, whether right, and probability of the true label, each (n_rows,)."""
    scored = ~np.isnan(proba).any(axis=1)
    safe = np.where(scored[:, None], proba, 0.0)
    confidence = safe.max(axis=1)
    right = (safe.argmax(axis=1) == y) & scored
    known = y >= 0
    likelihood = np.where(known, safe[np.arange(len(y)), np.where(known, y, 0)], 0.0)
    return confidence, right, likelihood


def majority(y: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """What always answering the commonest label would give."""
    shares = np.bincount(y[y >= 0], weights=weights[y >= 0]) / weights.sum()
    return {"accuracy": float(shares.max()), "aurc": float(1 - shares.max())}


def curve_points(proba: np.ndarray, y: np.ndarray, weights: np.ndarray) -> list[dict[str, float]]:
    """The risk-coverage curve at about a hundred coverages."""
    confidence, right, _ = _judged(proba, y)
    cutoff, coverage, risk = risk_coverage(confidence, ~right, weights)
    wanted = np.unique(np.searchsorted(coverage, np.linspace(0, 1, _POINTS)).clip(0, len(coverage) - 1))
    return [
        {"cutoff": float(cutoff[i]), "coverage": float(coverage[i]), "risk": float(risk[i])} for i in wanted
    ]


def bins(proba: np.ndarray, y: np.ndarray) -> list[dict[str, float]]:
    """Confidence against share right, for the calibration plot."""
    confidence, right, _ = _judged(proba, y)
    return calibration_bins(confidence, right)


def per_label(proba: np.ndarray, y: np.ndarray, labels: tuple[str, ...]) -> dict[str, Any]:
    """For each label: how many rows have it, how many of them are found, how many answers are right."""
    scored = ~np.isnan(proba).any(axis=1)
    answer = np.where(scored, np.where(np.isnan(proba), 0, proba).argmax(axis=1), -1)
    out = {}
    for k, label in enumerate(labels):
        own, said = y == k, answer == k
        out[label] = {
            "n": int(own.sum()),
            "recall": float((own & said).sum() / own.sum()) if own.any() else None,
            "precision": float((own & said).sum() / said.sum()) if said.any() else None,
        }
    return out
