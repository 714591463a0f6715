"""Peers: the SGR algorithm from its paper, MAPIE's risk control and river's drift detectors where installed.

They are not dependencies: `uv pip install --no-deps mapie river narwhals`, here or in a folder on PYTHONPATH.
"""

import importlib.util
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from science.guarantee.exact import upper_bound
from science.guarantee.planning import TestPlan
from science.worlds.world import Labelled

INSTALL = "uv pip install --no-deps mapie river narwhals"


def is_installed(name: str) -> bool:
    """Tell whether a peer can be imported."""
    return importlib.util.find_spec(name) is not None


def sgr(labels: Labelled, target: float, delta: float) -> float | None:
    """Return the cutoff of Selective Guaranteed Risk, or None.

    Source: Geifman and El-Yaniv (2017), "Selective classification for deep neural networks", algorithm 2: a
    binary search over the labels' own scores, each step at its share of delta. The loosest to hold is taken.
    """
    order = np.argsort(labels.scores)
    scores, wrong = labels.scores[order], labels.wrong[order]
    behind = np.cumsum(wrong[::-1])[::-1]  # wrong among those with at least this score
    n = scores.size
    steps = math.ceil(math.log2(n))
    low, high, best = 0, n - 1, None
    for _ in range(steps):
        middle = math.ceil((low + high) / 2)
        place = int(np.searchsorted(scores, scores[middle], side="left"))
        if upper_bound(behind[place], n - place, delta / steps) <= target:
            high, best = middle, float(scores[place])
        else:
            low = middle
    return best


def mapie_cutoffs(tune: Labelled, labels: Labelled, plan: TestPlan) -> dict[str, float | None]:
    """Return the cutoff of each of MAPIE's ways to control the family-wise error, None where there is none.

    Selective error is one minus precision, where "positive" means accepted and the truth is "the model is
    right". It is offered every third cutoff of our grid; more would only cost it.
    """
    from mapie.risk_control import BinaryClassificationController  # type: ignore[import-not-found,unused-ignore]
    from mapie.risk_control.fwer_control import (  # type: ignore[import-not-found,unused-ignore]
        FWERFixedSequenceTesting,
    )

    accepted = np.array([(tune.scores >= cutoff).sum() for cutoff in plan.grid])
    grid = np.array([cutoff for cutoff, n in zip(plan.grid, accepted, strict=True) if n > 0])[::3][::-1]
    found: dict[str, float | None] = {}
    ways: dict[str, Any] = {
        "Bonferroni": "bonferroni",
        "Holm": "bonferroni_holm",
        "fixed sequence, 1 start": FWERFixedSequenceTesting(n_starts=1),
        "fixed sequence, 10 starts": FWERFixedSequenceTesting(n_starts=10),
        "split fixed sequence": "split_fixed_sequence",
    }
    for name, way in ways.items():
        control = BinaryClassificationController(
            _both_columns,
            risk="precision",
            target_level=1 - plan.target,
            confidence_level=1 - plan.delta,
            list_predict_params=grid,
            fwer_method=way,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                if name.startswith("split"):
                    control.learn_fixed_sequence_order(tune.scores, 1 - tune.wrong.astype(int))
                control.calibrate(labels.scores, 1 - labels.wrong.astype(int))
            except (ValueError, ZeroDivisionError):
                found[name] = None
                continue
        valid = np.asarray(control.valid_predict_params, dtype=np.float64).ravel()
        found[name] = float(valid.min()) if valid.size else None
    return found


def _both_columns(scores: np.ndarray) -> np.ndarray:
    return np.stack([1 - scores, scores], axis=1)


def detectors() -> dict[str, Callable[[], Any]]:
    """Return river's detectors by name; each is fed with losses and says `drift_detected`."""
    from river import drift  # type: ignore[import-not-found,unused-ignore]

    return {
        "ADWIN(.002)": lambda: drift.ADWIN(delta=0.002),
        "Page-Hinkley": drift.PageHinkley,
        "DDM": drift.binary.DDM,
    }
