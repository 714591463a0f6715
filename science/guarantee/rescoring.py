"""Choose the scalar that cutoffs act on. Plain confidence stays unless another earns its place.

A candidate is fitted and judged on tuning data only, across folds, by the automation that a plan made from
its scores would be expected to reach; it replaces confidence only if that is at least one point of traffic
more.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from science.guarantee.planning import expected_automation, plan
from science.guarantee.rescore import Rescorer, features_of

_FOLDS = 5
_MARGIN = 0.01
_MIN_WRONG = 20  # below this a logistic model of errors is noise


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen scalar and what each candidate was expected to automate."""

    rescorer: Rescorer
    expected: dict[str, float]


def choose_rescorer(
    proba: np.ndarray,
    true_columns: np.ndarray,
    *,
    target: float,
    delta: float,
    expected_labels: int,
    seed: int,
) -> Choice:
    """Choose among confidence, margin and a logistic model with an intercept per predicted label.

    Args:
        proba: out-of-fold probabilities of tuning cases, shape (n_cases, n_classes).
        true_columns: column of the true label, shape (n_cases,).
        seed: for the folds.

    Source: learning the rejector's score on held-out data, Geifman and El-Yaniv (2019), section 4; logistic
    recalibration of "is it right", Platt (1999), with an intercept per class as in Kull et al. (2019).
    """
    wrong = (proba.argmax(axis=1) != true_columns).astype(np.float64)

    def promise(scores: np.ndarray) -> float:
        frozen = plan(
            scores, wrong, target=target, delta=delta, expected_labels=expected_labels, method="binomial"
        )
        return expected_automation(frozen)

    candidates = {kind: Rescorer(kind) for kind in ("confidence", "margin")}
    expected = {kind: promise(rescorer(proba)) for kind, rescorer in candidates.items()}
    if min(wrong.sum(), (1 - wrong).sum()) >= _MIN_WRONG:
        crossed = np.empty(len(proba))
        for train, held_out in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(proba, wrong):
            crossed[held_out] = _fit(proba[train], wrong[train])(proba[held_out])
        candidates["per_label"], expected["per_label"] = _fit(proba, wrong), promise(crossed)
    best = max(expected, key=expected.__getitem__)
    earned = expected[best] >= expected["confidence"] + _MARGIN
    return Choice(candidates[best if earned else "confidence"], expected)


def _fit(proba: np.ndarray, wrong: np.ndarray) -> Rescorer:
    features, predicted = features_of(proba)
    n_classes = proba.shape[1]
    model = LogisticRegression(C=1.0, fit_intercept=True, max_iter=500)
    model.fit(np.hstack([features, np.eye(n_classes)[predicted]]), wrong == 0)
    slopes = model.coef_[0]
    return Rescorer(
        "per_label",
        tuple((slopes[2:] + model.intercept_[0]).tolist()),
        (float(slopes[0]), float(slopes[1])),
    )
