"""How many labels a live test of a healthy model takes: said before it begins, when nothing is known yet."""

from functools import lru_cache

import numpy as np

from science.guarantee.exact import fewest_labels
from science.guarantee.planning import MAX_LABELS, labels_needed, plan_on_grid

HEALTHY = 0.5  # of the promised share of errors
_SUPPOSED = 100  # errors that are supposed to be known of: the model is taken to be as wrong as that
_MAX_SUPPOSED = 4_000_000  # cases that they are among; with a target below 1 in 20,000 there are fewer errors


@lru_cache(maxsize=256)
def labels_until_proved(target: float, delta: float) -> int | None:
    """Return the accepted labels with which four of five tests of a model that errs half as often pass.

    Planned for as many. None where two million would not do. A prediction: no certificate rests on it.

    >>> labels_until_proved(0.05, 0.05)
    418
    """
    if fewest_labels(target, delta) > MAX_LABELS:
        return None
    n = min(round(_SUPPOSED / (HEALTHY * target)), _MAX_SUPPOSED)
    wrong = np.arange(n) < round(n * HEALTHY * target)
    needed: int | None = 2_000
    for _ in range(2):  # a plan made for other numbers of labels wastes some of them
        if needed is not None:
            plan = plan_on_grid((0.0,), np.ones(n), wrong, target=target, delta=delta, expected_labels=needed)
            needed = labels_needed(plan)
    return needed
