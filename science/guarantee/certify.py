"""Certify a plan on a fixed sample of labels: once, not again on more labels until it passes.

Assumes labels that were collected with the stated probabilities from traffic exchangeable with the future,
that did not take part in training the model or in making the plan, and audits without an answer counted as
wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from science.guarantee import betting, exact, stratified
from science.guarantee.grid import accepted_counts, accepted_sums, check_scores
from science.guarantee.losses import check_losses
from science.guarantee.planning import TestPlan, labels_needed
from science.guarantee.thinning import check_pi, thin
from science.guarantee.verdict import Certified, NotCertified, Verdict, Why
from science.guarantee.walk import walk


@dataclass(frozen=True, slots=True)
class Traffic:
    """All decisions of the window, labelled or not: the exact test of two strata needs their shares.

    Attributes:
        scores, pi: shape (n_cases,); two values of pi are two strata.
    """

    scores: np.ndarray
    pi: np.ndarray


def certify(
    scores: np.ndarray,
    losses: np.ndarray,
    pi: np.ndarray,
    *,
    plan: TestPlan,
    rng: np.random.Generator,
    traffic: Traffic | None = None,
) -> Verdict:
    """Test the plan's cutoffs on these labels.

    Args:
        scores: as stored at decision time, shape (n_labels,).
        losses: in [0, 1], shape (n_labels,).
        pi: probability that a blind label of the case was collected, shape (n_labels,).
        rng: used for thinning only.
        traffic: needed by the method `stratified` only.

    Raises:
        ValueError: a loss or pi out of range, a pi below the plan's floor, or a method that does not fit the
            data.

    >>> from science.guarantee.planning import plan
    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(8000); wrong = rng.random(8000) < 0.2 * (1 - score) ** 4
    >>> p = plan(score[:4000], wrong[:4000], target=0.01, delta=0.05, expected_labels=4000, method="binomial")
    >>> verdict = certify(score[4000:], wrong[4000:], np.ones(4000), plan=p, rng=rng)
    >>> isinstance(verdict, Certified) and verdict.upper_bound <= 0.01
    True
    """
    scores, x = check_scores(scores), check_losses(losses)
    values = check_pi(pi, plan.pi_floor)
    grid = np.asarray(plan.grid)
    weights = plan.pi_floor / values
    test = _tests[plan.method](plan, scores, x, values, rng, traffic)
    last = walk(test.p_value_at, plan.start, grid.size, plan.delta)
    if last is None:
        return _refuse(plan, test)
    return Certified(
        cutoff=float(grid[last]),
        walked=tuple(plan.grid[plan.start : last + 1]),
        automation=float(accepted_sums(scores, weights, grid)[last] / weights.sum()),
        n_accepted=int(test.n[last]),
        n_wrong=float(test.wrong[last]),
        upper_bound=min(test.upper_bound_at(last), plan.target),
        p_value=test.p_value_at(last),
        method=plan.method,
        target=plan.target,
        confidence=1 - plan.delta,
    )


@dataclass(frozen=True, slots=True)
class _Test:
    """One way to test cutoffs; counts are per cutoff, shape (n_cutoffs,)."""

    p_value_at: Callable[[int], float]
    upper_bound_at: Callable[[int], float]
    n: np.ndarray
    wrong: np.ndarray


def _binomial(
    plan: TestPlan,
    scores: np.ndarray,
    losses: np.ndarray,
    pi: np.ndarray,
    rng: np.random.Generator,
    traffic: Traffic | None,
) -> _Test:
    if pi.size and pi.min() != pi.max():
        raise ValueError(
            "method binomial needs labels with one pi; plan with thinned, stratified or betting."
        )
    return _counted(plan, scores, losses)


def _thinned(
    plan: TestPlan,
    scores: np.ndarray,
    losses: np.ndarray,
    pi: np.ndarray,
    rng: np.random.Generator,
    traffic: Traffic | None,
) -> _Test:
    kept = thin(pi, floor=plan.pi_floor, rng=rng)
    return _counted(plan, scores[kept], losses[kept])


def _counted(plan: TestPlan, scores: np.ndarray, losses: np.ndarray) -> _Test:
    _only_binary(losses, plan.method)
    grid = np.asarray(plan.grid)
    n, wrong = accepted_counts(scores, grid), accepted_sums(scores, losses, grid)
    p = exact.p_value(wrong, n, plan.target)
    upper = exact.upper_bound(wrong, n, plan.delta)
    return _Test(lambda j: float(p[j]), lambda j: float(upper[j]), n, wrong)


def _stratified(
    plan: TestPlan,
    scores: np.ndarray,
    losses: np.ndarray,
    pi: np.ndarray,
    rng: np.random.Generator,
    traffic: Traffic | None,
) -> _Test:
    _only_binary(losses, plan.method)
    if traffic is None:
        raise ValueError(
            "method stratified needs traffic: the share of each stratum comes from all decisions."
        )
    strata = np.unique(np.asarray(traffic.pi, dtype=np.float64))
    if strata.size > 2 or not np.isin(pi, strata).all():
        raise ValueError(
            f"method stratified needs at most two values of pi, not {strata.size}; plan with thinned."
        )
    grid = np.asarray(plan.grid)
    low, high = (pi == strata[0]), (pi == strata[-1]) & (strata.size == 2)
    n = np.stack([accepted_counts(scores[part], grid) for part in (low, high)])
    wrong = np.stack([accepted_sums(scores[part], losses[part], grid) for part in (low, high)])
    cases = np.stack([accepted_counts(traffic.scores[traffic.pi == value], grid) for value in strata])
    if strata.size == 1:
        cases = np.vstack([cases, np.zeros_like(cases)])
    share = cases[0] / np.maximum(cases.sum(0), 1)

    def p_value_at(j: int) -> float:
        return stratified.p_value(
            (int(wrong[0, j]), int(wrong[1, j])),
            (int(n[0, j]), int(n[1, j])),
            (float(share[j]), 1 - float(share[j])),
            plan.target,
        )

    # The test is of the target, not a bound; what it proves is the target itself.
    return _Test(p_value_at, lambda j: plan.target, n.sum(0), wrong.sum(0))


def _betting(
    plan: TestPlan,
    scores: np.ndarray,
    losses: np.ndarray,
    pi: np.ndarray,
    rng: np.random.Generator,
    traffic: Traffic | None,
) -> _Test:
    grid, weights = np.asarray(plan.grid), plan.pi_floor / pi
    n, wrong = accepted_counts(scores, grid), accepted_sums(scores, losses, grid)

    p = betting.p_values(scores, losses, weights, grid, plan.target)

    def upper_bound_at(j: int) -> float:
        accepted = scores >= grid[j]
        return betting.mean_interval(
            losses[accepted], weights=weights[accepted], confidence=1 - 2 * plan.delta
        ).high

    return _Test(lambda j: float(p[j]), upper_bound_at, n, wrong)


def _anytime(*_: object) -> _Test:
    raise ValueError(
        "An anytime plan is certified by AnytimeCertifier, which may be looked at after every label."
    )


_tests: dict[str, Callable[..., _Test]] = {
    "anytime": _anytime,
    "binomial": _binomial,
    "thinned": _thinned,
    "stratified": _stratified,
    "betting": _betting,
}


def _only_binary(losses: np.ndarray, method: str) -> None:
    if not np.isin(losses, (0.0, 1.0)).all():
        raise ValueError(f"method {method} counts losses of 0 or 1; costs between need the method betting.")


def _refuse(plan: TestPlan, test: _Test) -> NotCertified:
    n, wrong = int(test.n[plan.start]), float(test.wrong[plan.start])
    return refusal(plan, n, wrong, test.upper_bound_at(plan.start) if n else None)


def refusal(plan: TestPlan, n: int, wrong: float, best_bound: float | None) -> NotCertified:
    """Say why nothing passed, from what was seen at the start of the walk, and what would help."""
    least = exact.fewest_labels(plan.target, plan.delta)
    needed = labels_needed(plan)
    if n < least:
        reason = Why.TOO_FEW_LABELS
    elif wrong / n > plan.target:
        reason = Why.TOO_MANY_ERRORS
    else:
        reason = Why.NOT_YET
    return NotCertified(reason, n, wrong, least, best_bound, needed, plan.target, 1 - plan.delta)
