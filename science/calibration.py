"""Calibration that stays linear: one temperature and one bias per label, on the outputs.

Bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar, ICML 2020). A linear model
stays linear under it, so the evidence shown to people adds up to the probability shown to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from science.serving.served_model import softmax

_FEWEST = 10  # cases of one of several labels, from which on it has a bias of its own


@dataclass(frozen=True, slots=True)
class Calibration:
    """Outputs become logits by ``temperature * outputs + bias``; `bias` has shape (n_outputs,).

    `none` is the logit of "none of these labels", the same for every case; None where every label is known
    (ADR 0081).
    """

    temperature: float
    bias: np.ndarray
    none: float | None = None

    def apply(self, outputs: np.ndarray) -> np.ndarray:
        """Calibrated outputs of the same shape (n_cases, n_outputs)."""
        calibrated: np.ndarray = self.temperature * outputs + self.bias
        return calibrated

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (n_cases, n_classes); where `none` is set, rows add up to less than 1."""
        return softmax(two_sided(self.apply(outputs)), self.none)


def two_sided(outputs: np.ndarray) -> np.ndarray:
    """Logits (n_cases, n_classes): a single output is the log-odds of the second of two labels."""
    return np.concatenate([-outputs / 2, outputs / 2], axis=1) if outputs.shape[1] == 1 else outputs


def probabilities(outputs: np.ndarray) -> np.ndarray:
    """Softmax of outputs (n_cases, n_outputs) as (n_cases, n_classes)."""
    return softmax(two_sided(outputs))


def fit_bcts(outputs: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> Calibration:
    """The temperature and biases that make the observed labels most likely.

    Parameters
    ----------
    outputs: (n_cases, n_outputs) of cases the model was not fitted on; one column for two labels.
    y: (n_cases,) index of each case's label, -1 for a label that the model does not know. weights: (n_cases,)
        or None.

    Notes
    -----
    Bounded (temperature within e^-6 .. e^6, biases within 12), because a model that makes no mistake on
    these cases would otherwise be made infinitely sure. For the same reason one case more is assumed, whose
    label is any, and one of several labels with fewer than 10 cases has no bias of its own. Where some labels
    are unknown, "none of these" is a class of its own whose output is always 0.
    """
    n, n_outputs = outputs.shape
    weights = np.ones(n) if weights is None else weights
    weights = weights / weights.sum()
    spread = float(np.sqrt(np.mean(outputs**2))) or 1.0
    scaled = outputs / spread  # so that the search starts near its end whatever the model's units
    n_none = int((y < 0).any())
    n_classes = max(2, n_outputs) + n_none
    hits = np.zeros((n, n_classes))
    hits[np.arange(n), y] = 1.0  # -1: the last
    softened = hits + (1.0 / n_classes - hits) / (n + 2.0)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = np.exp(theta[0]), theta[1 : 1 + n_outputs]
        none = np.broadcast_to(theta[1 + n_outputs :], (n, n_none))
        logits = np.concatenate([two_sided(scale * scaled + bias), none], axis=1)
        top = logits.max(axis=1, keepdims=True)
        log_sum = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
        value = float(weights @ (log_sum - (softened * logits).sum(axis=1)))
        slope = (np.exp(logits - log_sum[:, None]) - softened) * weights[:, None]
        known = slope[:, : n_classes - n_none]
        if n_outputs == 1:
            known = (known[:, 1:] - known[:, :1]) / 2
        of_bias, of_none = known.sum(axis=0), slope[:, n_classes - n_none :].sum(axis=0)
        return value, np.concatenate([[scale * np.sum(known * scaled)], of_bias, of_none])

    start = np.zeros(1 + n_outputs + n_none)
    is_free = np.ones(n_outputs + n_none, dtype=bool)
    if n_outputs > 1:
        is_free[:n_outputs] = hits.sum(axis=0)[:n_outputs] >= _FEWEST
    bounds = [(-6.0, 6.0), *((-12.0, 12.0) if free else (0.0, 0.0) for free in is_free)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    bias, none = found[1 : 1 + n_outputs], found[1 + n_outputs :]
    middle = 0.0 if n_outputs == 1 else float(bias.mean())
    return Calibration(
        float(np.exp(found[0]) / spread), bias - middle, float(none[0]) - middle if n_none else None
    )


def calibration_bins(confidence: np.ndarray, right: np.ndarray, n_bins: int = 10) -> list[dict[str, float]]:
    """For equally many cases each: mean confidence and share right, to be plotted against each other."""
    order = np.argsort(confidence, kind="stable")
    groups = [group for group in np.array_split(order, n_bins) if len(group)]
    return [
        {"n": len(group), "confidence": float(confidence[group].mean()), "right": float(right[group].mean())}
        for group in groups
    ]


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, n_bins: int = 10) -> float:
    """Mean distance between confidence and share right over equally filled bins (0 is best)."""
    bins = calibration_bins(confidence, right, n_bins)
    return sum(b["n"] * abs(b["confidence"] - b["right"]) for b in bins) / max(1, len(confidence))
