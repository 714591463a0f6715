"""Turn labels with unequal inclusion probabilities into an equal-probability sample.

A label collected with probability pi and then kept with probability floor/pi was collected with probability
`floor`, like every other: exact binomial methods apply. Simple, and near the best of all ways that were
measured.

The floor is frozen with the plan, before the first label. The smallest pi that happened to occur may depend
on earlier losses (an alarm raises the audit rate), and thinning to it would not be fair.

Source: rejection sampling, von Neumann (1951); for independent Bernoulli designs, Sarndal, Swensson and
Wretman (1992), section 3.2.
"""

import numpy as np


def check_pi(pi: np.ndarray, floor: float) -> np.ndarray:
    """Return `pi` as float64 after checking that it is a probability of at least `floor`.

    Raises:
        ValueError: some pi is missing, above 1 or below the floor; a certificate from it would be void.
    """
    values = np.asarray(pi, dtype=np.float64)
    if not 0 < floor <= 1:
        raise ValueError(f"pi_floor must lie in (0, 1], not {floor}.")
    if values.size and not (values.min() >= floor and values.max() <= 1):
        raise ValueError(
            f"pi must lie in [pi_floor, 1] = [{floor:g}, 1], not [{values.min():g}, {values.max():g}]. "
            "TestPlan with a lower pi_floor."
        )
    return values


def thin(pi: np.ndarray, *, floor: float, rng: np.random.Generator) -> np.ndarray:
    """Mask of the labels to keep, shape (n_cases,), so that each was collected with probability `floor`.

    >>> thin(np.array([0.02, 0.02]), floor=0.02, rng=np.random.default_rng(0)).tolist()
    [True, True]
    """
    values = check_pi(pi, floor)
    kept: np.ndarray = rng.random(values.shape) * values < floor
    return kept


def one_per_cluster(clusters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mask that keeps one random case of each cluster (customer, document), shape (n_cases,).

    Cases of one cluster share their fate, so ten of them are not ten observations. The promise then speaks of
    the average cluster.
    """
    order = rng.permutation(len(clusters))
    _, first = np.unique(np.asarray(clusters)[order], return_index=True)
    kept = np.zeros(len(clusters), dtype=bool)
    kept[order[first]] = True
    return kept
