"""How the risk of automatic decisions may change: the chance of an error as a function of the case number."""

from collections.abc import Callable

import numpy as np

Risk = Callable[[np.ndarray], np.ndarray]


def constant(rate: float) -> Risk:
    """No change."""
    return lambda case: np.full(np.shape(case), rate)


def abrupt(before: float, after: float, *, at: float) -> Risk:
    """The risk jumps at case number `at`.

    >>> abrupt(0.005, 0.03, at=100)(np.array([99, 100])).tolist()
    [0.005, 0.03]
    """
    return lambda case: np.where(np.asarray(case) < at, before, after)


def gradual(before: float, after: float, *, at: float, over: float) -> Risk:
    """The risk rises in a straight line over `over` cases from case number `at` on.

    >>> gradual(0.0, 0.04, at=100, over=100)(np.array([100, 150, 300])).tolist()
    [0.0, 0.02, 0.04]
    """
    return lambda case: before + (after - before) * np.clip((np.asarray(case) - at) / over, 0.0, 1.0)
