"""A promise for each predicted label by itself.

An overall promise can hide a label: ham, 90 % of traffic and .2 % wrong, carries spam, 10 % and 8 % wrong,
below 1 % together. Here every label is certified on its own accepted cases with its own walk, each with an
equal share of delta, so that all of them hold together and any of them may be switched off.

Source: Bonferroni over labels, the walk within each as in `walk`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from science.guarantee.certify import certify
from science.guarantee.planning import TestPlan, plan
from science.guarantee.verdict import Verdict


def plan_per_label(
    tune_scores: np.ndarray,
    tune_predicted: Sequence[str] | np.ndarray,
    tune_losses: np.ndarray,
    *,
    labels: Sequence[str],
    target: float,
    delta: float,
    expected_labels: int,
    **options: Any,
) -> dict[str, TestPlan]:
    """One plan per label that tuning saw predicted; the others can never be automated under these plans.

    Args:
        labels: all labels of the promise; each spends ``delta / len(labels)`` whether it has a plan or not.
        expected_labels: over all labels together; split as the predictions of the tuning cases are.
        options: passed on to `plan`.
    """
    scores, losses = np.asarray(tune_scores, dtype=np.float64), np.asarray(tune_losses, dtype=np.float64)
    predicted = np.asarray(tune_predicted)
    plans = {}
    for label in labels:
        own = predicted == label
        if own.any():
            plans[label] = plan(
                scores[own],
                losses[own],
                target=target,
                delta=delta / len(labels),
                expected_labels=max(1, round(expected_labels * own.mean())),
                **options,
            )
    return plans


def certify_per_label(
    scores: np.ndarray,
    predicted: Sequence[str] | np.ndarray,
    losses: np.ndarray,
    pi: np.ndarray,
    *,
    plans: Mapping[str, TestPlan],
    rng: np.random.Generator,
) -> dict[str, Verdict]:
    """Test each label's plan on the cases for which it was predicted; arguments as for `certify`."""
    of = np.asarray(predicted)
    columns = [np.asarray(column, dtype=np.float64) for column in (scores, losses, pi)]
    return {
        label: certify(*(column[of == label] for column in columns), plan=own, rng=rng)
        for label, own in plans.items()
    }
