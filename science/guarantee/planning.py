"""Plans: what will be tested, fixed before the first label that tests it, and what it is likely to yield.

A plan comes from tuning data: out-of-fold predictions, or an earlier round. Predictions here (expected
automation, labels needed, reachable target) are beliefs for people; the validity of a certificate never rests
on them, only on the plan being frozen.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from science.guarantee import betting, exact
from science.guarantee.belief import Belief, believed
from science.guarantee.exact import fewest_labels
from science.guarantee.grid import N_CUTOFFS, accepted_counts, accepted_sums, coverage_grid
from science.guarantee.losses import check_losses
from science.guarantee.planned import planned_tests

Method = Literal["anytime", "binomial", "thinned", "stratified", "betting"]
LIKELY = 0.8  # a plan that succeeds this often counts as sufficient
MAX_LABELS = 2_000_000


@dataclass(frozen=True, slots=True)
class TestPlan:
    """What will be tested, and on what grounds. Frozen before its first label.

    Attributes:
        target, delta: the promise; delta is 1 - confidence.
        grid: candidate cutoffs, strict to loose.
        start: index in `grid` where the walk starts.
        tune_n, tune_wrong: tuning cases accepted by each cutoff and the sum of their losses.
        coverage: share of traffic that each cutoff accepts.
        expected_labels: labels over all coverages, in equal-probability terms.
        pi_floor: lowest inclusion probability that may occur while labels are collected.
        method: how it is tested; `anytime` may be looked at after every label, the others once.
    """

    target: float
    delta: float
    grid: tuple[float, ...]
    start: int
    tune_n: tuple[int, ...]
    tune_wrong: tuple[float, ...]
    coverage: tuple[float, ...]
    expected_labels: int
    pi_floor: float = 1.0
    method: Method = "anytime"

    def to_json(self) -> dict[str, Any]:
        """Plain values; floats survive JSON exactly."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "TestPlan":
        """The plan that `to_json` described."""
        lists = {name: tuple(data[name]) for name in ("grid", "tune_n", "tune_wrong", "coverage")}
        return cls(**(data | lists))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan is likely to yield, predicted from its tuning data.

    Attributes:
        passing: probability that each cutoff is certified, shape of the grid; 0 before the start.
        automation: expected share of traffic automated.
        labels_needed: labels with which some cutoff passes with probability 0.8; None if out of reach.
        reachable_target: smallest target that would pass with probability 0.8 with the planned labels.
    """

    passing: tuple[float, ...]
    automation: float
    labels_needed: int | None
    reachable_target: float | None


def plan(
    tune_scores: np.ndarray,
    tune_losses: np.ndarray,
    *,
    target: float,
    delta: float,
    expected_labels: int,
    traffic_scores: np.ndarray | None = None,
    pi_floor: float = 1.0,
    method: Method = "anytime",
    n_cutoffs: int = N_CUTOFFS,
) -> TestPlan:
    """Choose grid and start from tuning data.

    Args:
        tune_scores, tune_losses: shape (n_tuning,), never used again to certify this plan.
        expected_labels: certification labels over all coverages to be expected, after thinning if there is
            any.
        traffic_scores: recent traffic that the coverages refer to; the tuning scores when absent.

    >>> rng = np.random.default_rng(0)
    >>> scores = rng.random(4000); wrong = rng.random(4000) < 0.2 * (1 - scores) ** 4
    >>> p = plan(scores, wrong, target=0.01, delta=0.05, expected_labels=3000)
    >>> p.grid[-1], 0 < p.start < len(p.grid)
    (0.0, True)
    """
    if not 0 < target < 1:
        raise ValueError(f"target must lie in (0, 1), not {target}.")
    if not 0 < delta < 1:
        raise ValueError(f"delta = 1 - confidence must lie in (0, 1), not {delta}.")
    tune_scores, tune_losses = np.asarray(tune_scores, dtype=np.float64), check_losses(tune_losses)
    traffic = tune_scores if traffic_scores is None else np.asarray(traffic_scores, dtype=np.float64)
    grid = coverage_grid(
        traffic, target=target, delta=delta, expected_labels=expected_labels, n_cutoffs=n_cutoffs
    )
    return plan_on_grid(
        grid,
        tune_scores,
        tune_losses,
        target=target,
        delta=delta,
        expected_labels=expected_labels,
        traffic_scores=traffic,
        pi_floor=pi_floor,
        method=method,
    )


def plan_on_grid(
    grid: Sequence[float] | np.ndarray,
    tune_scores: np.ndarray,
    tune_losses: np.ndarray,
    *,
    target: float,
    delta: float,
    expected_labels: int,
    traffic_scores: np.ndarray | None = None,
    pi_floor: float = 1.0,
    method: Method = "anytime",
) -> TestPlan:
    """Choose the start on a grid that is given, such as the cutoffs of a provisional certificate.

    Args:
        grid: cutoffs, strict to loose, fixed without sight of the labels that will test them.
        others: as for `plan`.

    >>> rng = np.random.default_rng(0)
    >>> scores = rng.random(4000); wrong = rng.random(4000) < 0.2 * (1 - scores) ** 4
    >>> plan_on_grid((0.9, 0.5), scores, wrong, target=0.01, delta=0.05, expected_labels=3000).grid
    (0.9, 0.5)
    """
    cutoffs = np.asarray(grid, dtype=np.float64)
    tune_scores, tune_losses = np.asarray(tune_scores, dtype=np.float64), check_losses(tune_losses)
    traffic = tune_scores if traffic_scores is None else np.asarray(traffic_scores, dtype=np.float64)
    tune_n, tune_wrong = (
        accepted_counts(tune_scores, cutoffs),
        accepted_sums(tune_scores, tune_losses, cutoffs),
    )
    coverage = accepted_counts(traffic, cutoffs) / max(traffic.size, 1)
    draft = TestPlan(
        target=target,
        delta=delta,
        grid=tuple(cutoffs.tolist()),
        start=0,
        tune_n=tuple(tune_n.tolist()),
        tune_wrong=tuple(tune_wrong.tolist()),
        coverage=tuple(coverage.tolist()),
        expected_labels=expected_labels,
        pi_floor=pi_floor,
        method=method,
    )
    return replace(draft, start=_best_start(draft))


def _best_start(draft: TestPlan) -> int:
    """The start from which the walk is expected to automate most.

    Too strict a start has too few labels to allow for one error, too loose a one fails at once. If with the
    expected labels nothing can pass, the start is chosen for more of them.
    """
    for labels in draft.expected_labels * 2 ** np.arange(16):
        passing = _passing(draft, int(labels), draft.target)
        if passing.max() > 0:
            return int(np.argmax(_automation_from(passing, np.asarray(draft.coverage))))
    return 0


def _automation_from(passing: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Automation expected of a walk from each start, shape (n_cutoffs,).

    The walk gets to a cutoff only past all stricter ones from its start; as they share their labels, the
    weakest of them decides.
    """
    behind = np.tri(passing.size, k=-1, dtype=bool)  # cutoffs stricter than the start of the row
    reached = np.minimum.accumulate(np.where(behind, np.inf, passing), axis=1)
    gained = np.where(behind, 0.0, reached) * np.diff(coverage, prepend=0.0)
    np.fill_diagonal(gained, passing * coverage)
    return np.asarray(gained.sum(axis=1))


def outlook(plan: TestPlan) -> Outlook:
    """Predict what the plan will yield."""
    return Outlook(
        passing=tuple(_reached(plan).tolist()),
        automation=expected_automation(plan),
        labels_needed=labels_needed(plan),
        reachable_target=reachable_target(plan),
    )


def expected_automation(plan: TestPlan) -> float:
    """Share of traffic that the plan is expected to automate, predicted from its tuning data."""
    passing = _passing(plan, plan.expected_labels, plan.target)
    return float(_automation_from(passing, np.asarray(plan.coverage))[plan.start])


def _reached(plan: TestPlan) -> np.ndarray:
    """Probability that each cutoff is certified."""
    passing = _passing(plan, plan.expected_labels, plan.target)
    passing[: plan.start] = 0.0
    passing[plan.start :] = np.minimum.accumulate(passing[plan.start :])
    return passing


@lru_cache(maxsize=256)
def labels_needed(plan: TestPlan) -> int | None:
    """Fewest labels (over all coverages) with which some cutoff would pass with probability 0.8.

    None when the tuning data do not make it likely that any number up to two million would do. Remembered,
    because a page that looks after every label asks every time.
    """
    if _belief(plan).keeps(plan.target).max() < LIKELY:
        return None
    low, high = 0, fewest_labels(plan.target, plan.delta)
    while not _is_likely(plan, high, plan.target):
        low, high = high, 2 * high
        if high > MAX_LABELS:
            return None
    while high - low > max(1, low // 200):  # `high` suffices, `low` does not
        middle = (low + high) // 2
        low, high = (low, middle) if _is_likely(plan, middle, plan.target) else (middle, high)
    return high


def reachable_target(plan: TestPlan) -> float | None:
    """Smallest target, to two digits, that the planned labels would prove with probability 0.8."""
    ladder = np.unique(
        [round(base * 10.0**power, 6) for power in (-4, -3, -2, -1) for base in np.arange(1, 10, 0.5)]
    )
    for target in ladder:
        if _is_likely(plan, plan.expected_labels, float(target)):
            return float(target)
    return None


def _is_likely(plan: TestPlan, labels: int, target: float) -> bool:
    return bool(_passing(plan, labels, target).max() >= LIKELY)


def _passing(plan: TestPlan, labels: int, target: float) -> np.ndarray:
    """Probability that each cutoff will pass by itself."""
    n, critical = _tests(plan, labels, target)
    return _belief(plan).passing(n, critical)


def _belief(plan: TestPlan) -> Belief:
    return _believed(plan.tune_n, plan.tune_wrong)


@lru_cache(maxsize=64)
def _believed(tune_n: tuple[int, ...], tune_wrong: tuple[float, ...]) -> Belief:
    return believed(np.asarray(tune_n), np.asarray(tune_wrong))


def _tests(plan: TestPlan, labels: int, target: float) -> tuple[np.ndarray, np.ndarray]:
    """Accepted labels per cutoff, and the largest number of wrong ones with which it passes; -1 if none."""
    coverage = np.asarray(plan.coverage)
    n = np.floor(coverage * labels).astype(np.int64)
    if plan.method in ("anytime", "betting"):
        shares = betting.bet_shares(np.asarray(plan.tune_n), np.asarray(plan.tune_wrong), target)
        if plan.method == "anytime":
            return planned_tests(n, coverage, shares, target, plan.delta)
        return n, betting.critical_count(n, shares, target, plan.delta)
    return n, exact.critical_count(n, target, plan.delta)
