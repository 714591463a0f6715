"""The wait until full standing: what it took to prove the promise on live labels, and what was automated."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from hitl.simulate.counts import Errors
from hitl.simulate.events import Event
from science.guarantee.elond import Doubt
from science.guarantee.wait import labels_until_proved


def standing_of(
    told: Iterable[Event], automatic: np.ndarray, wrong: np.ndarray, *, target: float, confidence: float
) -> dict[str, Any]:
    """Return after which case the promise was proved first, on how many labels; the cases before and since.

    Args:
        automatic, wrong: masks of the decisions, shape (n_cases,) each.
    """
    first = next((one for one in told if one.is_proof), None)
    n = len(automatic)
    end = n if first is None else min(first.case, n)
    parts = {"before": slice(0, end), "since": slice(end, n)}
    return {
        "proved_at": None if first is None else first.case,
        "labels": None if first is None else first.labels,
        "labels_expected": labels_until_proved(target, Doubt().freeze(delta=1 - confidence)[1].alpha),
        **{
            name: {"cases": part.stop - part.start}
            | Errors.among(automatic[part], wrong[part]).to_json(target=target, confidence=confidence)
            for name, part in parts.items()
        },
    }
