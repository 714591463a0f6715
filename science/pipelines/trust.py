"""Whether what is marked in pictures may be trusted: more than what stands out to anybody must matter.

A model's own loss when what it marked is covered proves nothing, since that is how marks are found. So one
model marks cases that it did not see, and another one, which learnt from other cases and did not see them
either, says what the mark is worth: how much log-odds of the true label it loses without it, against a box of
the same size where the picture has most contrast. What both learnt about the world they share; what each made
up they do not (ADR 0085).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from science.calibration import Calibration
from science.explain.explain import evidence_in
from science.explain.media import cover
from science.explain.types import Locator, Unit
from science.pipelines.data import Data
from science.pipelines.fitting import Fitted
from science.serving.served_model import MediaBlock, ServedModel

_ASKED = 24  # cases; each costs as much as explaining it
_Z = 1.28  # standard errors by which marks must lead: by chance one in ten would


def marks_beat_contrast(
    data: Data, folds: np.ndarray, fit_on: Callable[[np.ndarray], Fitted], seed: int
) -> dict[str, Any] | None:
    """Compare marks with contrast on cases held out from both models; None where there are no pictures.

    Returns
    -------
    ``{"n", "by_marks", "by_contrast", "beats"}``: cases, mean log-odds lost by either, and whether marks lead
    by more than chance. They do not where too few cases are left to tell.
    """
    pictures = [block for block, _ in data.media if block.how.places == "boxes"]
    if not pictures:
        return None
    learnable = [np.flatnonzero((folds == fold) & (data.learnable >= 0)) for fold in range(3)]
    rng = np.random.default_rng(seed)
    asked = rng.permutation(learnable[0])[:_ASKED]
    losses: list[tuple[float, float]] = []
    if all(len(set(data.y[own])) == len(data.labels) for own in learnable[1:]):
        marks, judges = (_served(data, fit_on(own)) for own in learnable[1:])
        for i in asked:
            for block in pictures:
                losses += _lost(marks, judges, data.rows[i], block, data.labels[data.y[i]])
    by = np.array(losses).reshape(-1, 2)
    ahead = by[:, 0] - by[:, 1]
    error = float(ahead.std(ddof=1) / np.sqrt(len(ahead))) if len(ahead) > 1 else float("inf")
    return {
        "n": len(by),
        "by_marks": float(by[:, 0].mean()) if len(by) else None,
        "by_contrast": float(by[:, 1].mean()) if len(by) else None,
        "beats": bool(len(by) > 1 and ahead.mean() > _Z * error),
    }


def _served(data: Data, fitted: Fitted) -> ServedModel:
    plain = Calibration(1.0, np.zeros(data.n_outputs))
    return fitted.to_served_model(data, plain, np.flatnonzero(~data.unreadable)[:1], {})


def _lost(
    marks: ServedModel, judges: ServedModel, row: Mapping[str, object], block: MediaBlock, truth: str
) -> list[tuple[float, float]]:
    evidence = evidence_in(marks, row, target=truth)
    boxes = [unit for unit in evidence.units if unit.where.get("asset") == block.name and unit.score > 0]
    if not boxes:
        return []
    pixels = block.read(row.get(block.name))
    marked = _box(max(boxes, key=lambda unit: unit.score), pixels)
    sides = judges.labels.index(truth), judges.labels.index(evidence.contrast)

    def margin(shown: np.ndarray) -> float:
        raw = judges.raw([row])
        own = np.array(judges.raw_groups) == block.name
        raw[0, own] = block.describe(shown)
        logits = judges.as_logits(judges.outputs_of(raw))[0]
        return float(logits[sides[0]] - logits[sides[1]])

    whole = margin(pixels)
    loud = most_contrast(pixels, marked[1] - marked[0], marked[3] - marked[2])
    return [(whole - margin(cover(pixels, marked)), whole - margin(cover(pixels, loud)))]


def _box(unit: Unit, pixels: np.ndarray) -> tuple[int, int, int, int]:
    where: Locator = unit.where
    height, width = pixels.shape[:2]
    top, left = round(where["y"] * height), round(where["x"] * width)
    return top, top + round(where["h"] * height), left, left + round(where["w"] * width)


def most_contrast(pixels: np.ndarray, height: int, width: int) -> tuple[int, int, int, int]:
    """The box (top, bottom, left, right) of a size, on a grid of half its sides, in which brightness varies
    most."""
    grey = pixels.mean(axis=2)
    best, found = -1.0, (0, height, 0, width)
    for top in range(0, grey.shape[0] - height + 1, max(1, height // 2)):
        for left in range(0, grey.shape[1] - width + 1, max(1, width // 2)):
            spread = float(grey[top : top + height, left : left + width].std())
            if spread > best:
                best, found = spread, (top, top + height, left, left + width)
    return found
