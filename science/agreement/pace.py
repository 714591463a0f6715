"""How fast people answer, and which answers are too fast to have been read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FLOOR_SECONDS = 0.8
DEVIATIONS = 3.0
MIN_ANSWERS = 30
_MIN_SPREAD = 0.2
_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True)
class Pace:
    """How long answers take: their median, and below how many seconds one is too fast.

    `is_learned` is False where there were too few answers and only the floor counts.
    """

    median: float
    too_fast_below: float
    n: int
    is_learned: bool


def pace_of(
    seconds: np.ndarray,
    *,
    floor: float = FLOOR_SECONDS,
    deviations: float = DEVIATIONS,
    least: int = MIN_ANSWERS,
) -> Pace:
    """Learn the pace of one kind of case from its answers' active seconds.

    Times to answer are skewed and have stray values on both sides, so the logarithms are taken, their median
    and their median absolute deviation from it (times 1.4826, which makes it a standard deviation under
    normality): Leys et al., "Detecting outliers: do not use standard deviation around the mean" (Journal of
    Experimental Social Psychology 49, 2013), with their conservative 3 deviations. A limit below `floor`, or
    one learned from fewer than `least` answers, is the floor. The spread is at least 0.2 (a fifth): equal
    times must not condemn the next one.

    Assumes that most answers of the kind were given with care: where half are not, a median cannot tell.

    Parameters
    ----------
    seconds: (n_answers,), of one workflow and of all its people, not of one person.

    >>> seconds = np.exp(np.linspace(np.log(4), np.log(16), 99))
    >>> pace = pace_of(seconds)
    >>> round(pace.median, 2), round(pace.too_fast_below, 2)
    (8.0, 1.66)
    >>> pace_of(seconds[:5]).too_fast_below
    0.8
    """
    times = np.asarray(seconds, dtype=np.float64)
    times = times[np.isfinite(times)]
    if not len(times):
        return Pace(float("nan"), floor, 0, False)
    logs = np.log(np.maximum(times, 1e-3))
    middle = float(np.median(logs))
    if len(times) < least:
        return Pace(float(np.exp(middle)), floor, len(times), False)
    spread = max(_MIN_SPREAD, _TO_DEVIATION * float(np.median(np.abs(logs - middle))))
    limit = float(np.exp(middle - deviations * spread))
    return Pace(float(np.exp(middle)), max(floor, limit), len(times), True)
