"""MAPIE's risk control and river's drift detectors, run by the peers' interpreter alone.

Both are given what was drawn elsewhere, so that everybody is judged on the same draws.
"""

import warnings
from collections.abc import Callable
from typing import Any

DETECTORS = ("ADWIN(.002)", "Page-Hinkley", "DDM")
Answered = tuple[list[float], list[int]]  # scores, and whether the model was wrong


def mapie(
    grid: list[float], target: float, delta: float, tune: Answered, labels: Answered
) -> dict[str, float | None]:
    """Return the loosest cutoff that each way to control the family-wise error holds, or None.

    Selective error is one minus precision, where "positive" means accepted and the truth is "the model is
    right".
    """
    import numpy as np
    from mapie.risk_control import BinaryClassificationController  # type: ignore[import-not-found,unused-ignore]
    from mapie.risk_control.fwer_control import (  # type: ignore[import-not-found,unused-ignore]
        FWERFixedSequenceTesting,
    )

    ways: dict[str, Any] = {
        "Bonferroni": "bonferroni",
        "Holm": "bonferroni_holm",
        "fixed sequence, 1 start": FWERFixedSequenceTesting(n_starts=1),
        "fixed sequence, 10 starts": FWERFixedSequenceTesting(n_starts=10),
        "split fixed sequence": "split_fixed_sequence",
    }
    found: dict[str, float | None] = {}
    for name, way in ways.items():
        control = BinaryClassificationController(
            lambda scores: np.stack([1 - scores, scores], axis=1),
            risk="precision",
            target_level=1 - target,
            confidence_level=1 - delta,
            list_predict_params=np.array(grid),
            fwer_method=way,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                if name.startswith("split"):
                    control.learn_fixed_sequence_order(np.array(tune[0]), 1 - np.array(tune[1]))
                control.calibrate(np.array(labels[0]), 1 - np.array(labels[1]))
            except (ValueError, ZeroDivisionError):
                found[name] = None
                continue
        valid = np.asarray(control.valid_predict_params, dtype=np.float64).ravel()
        found[name] = float(valid.min()) if valid.size else None
    return found


def river(detector: str, losses: list[int]) -> int | None:
    """Return the place of the first loss after which the detector, as it is by default, says drift."""
    from river import drift  # type: ignore[import-not-found,unused-ignore]

    made = {
        "ADWIN(.002)": lambda: drift.ADWIN(delta=0.002),
        "Page-Hinkley": drift.PageHinkley,
        "DDM": drift.binary.DDM,
    }[detector]()
    for place, loss in enumerate(losses):
        made.update(loss)
        if made.drift_detected:
            return place
    return None


def reply(what: str, **question: Any) -> Any:
    """Answer one question."""
    ways: dict[str, Callable[..., Any]] = {"mapie": mapie, "river": river}
    return ways[what](**question)


if __name__ == "__main__":
    from bench._peer_answers import answer

    answer(reply)
