"""Fixed-sequence testing: walk from strict to loose, stop at the first cutoff that fails.

The family-wise error is at most delta whatever the risk curve looks like: on the way there is a first cutoff
whose true risk is too high, and the walk gets past it with probability at most delta. This needs a grid and a
start that do not depend on the labels tested; it needs no monotone risk and no Bonferroni.

Source: Maurer, Hothorn and Lehmacher (1995); used for cutoffs by Angelopoulos, Bates et al. (2021), "Learn
then Test", section 3.2. The start is ours: any start is valid, the one expected to automate most is
the useful one (see `planning`).
"""

from collections.abc import Callable


def walk(p_value_at: Callable[[int], float], start: int, n_cutoffs: int, delta: float) -> int | None:
    """Index of the last cutoff that passed before the first that failed; None if the start fails.

    What the result covers is every cutoff from `start` to it, and no other.

    >>> p = [0.9, 0.01, 0.02, 0.2, 0.01]
    >>> walk(p.__getitem__, 1, 5, 0.05), walk(p.__getitem__, 0, 5, 0.05)
    (2, None)
    """
    last = None
    for j in range(start, n_cutoffs):
        if not p_value_at(j) <= delta:
            break
        last = j
    return last
