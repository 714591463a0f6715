"""A first certificate from the labels that the model itself was trained on, by cross-fitting.

Out-of-fold scores come from models that did not see the case, so they are nearly as good as fresh ones, and
they use
every label twice: about half as many are needed as with a split. Two things are not exact: the scores are
those of sister models, and the same labels choose the grid and the start. So it is a heuristic, it may only
ever be called provisional, and live audits must confirm it.

Source: cross-fitting as in Chernozhukov et al. (2018); no validity theorem is claimed.
"""

from dataclasses import replace

import numpy as np

from science.guarantee.certify import certify
from science.guarantee.losses import check_losses
from science.guarantee.planning import Method, plan
from science.guarantee.thinning import thin
from science.guarantee.verdict import Certified, Verdict


def certify_out_of_fold(
    oof_scores: np.ndarray,
    wrong: np.ndarray,
    *,
    target: float,
    confidence: float,
    rng: np.random.Generator,
    pi: np.ndarray | None = None,
) -> Verdict:
    """Provisional certificate from out-of-fold scores, or the reason why there is none.

    Args:
        oof_scores: score of each training case by a model that did not see it, shape (n_cases,).
        wrong: losses in [0, 1], shape (n_cases,).
        pi: probability that each label was collected; None when all are alike (a random or complete history).

    >>> rng = np.random.default_rng(0)
    >>> score = rng.random(3000); wrong = rng.random(3000) < 0.2 * (1 - score) ** 4
    >>> certify_out_of_fold(score, wrong, target=0.01, confidence=0.95, rng=rng).status
    'provisional'
    """
    scores, losses = np.asarray(oof_scores, dtype=np.float64), check_losses(wrong)
    values = np.ones(scores.size) if pi is None else np.asarray(pi, dtype=np.float64)
    floor = float(values.min(initial=1.0))
    method: Method = "thinned" if np.isin(losses, (0.0, 1.0)).all() else "betting"
    if method == "thinned":  # before planning, so that the plan counts the labels that are left
        kept = thin(values, floor=floor, rng=rng)
        scores, losses, values, floor = scores[kept], losses[kept], np.ones(int(kept.sum())), 1.0
    frozen = plan(
        scores,
        losses,
        target=target,
        delta=1 - confidence,
        expected_labels=scores.size,
        pi_floor=floor,
        method=method,
    )
    verdict = certify(scores, losses, values, plan=frozen, rng=rng)
    if isinstance(verdict, Certified):
        return replace(verdict, provisional=True, method=f"out-of-fold {verdict.method}")
    return verdict
