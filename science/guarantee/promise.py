"""Start here: an operator's promise, and everything that can be computed for it.

    guarantee = Guarantee(target=0.01, confidence=0.95)
    plan = guarantee.plan(oof_scores, oof_losses, expected_labels=3000)     # from tuning data; then frozen
    guarantee.outlook(plan)                                                 # what it is likely to yield
    guarantee.certify(scores, losses, pi, plan=plan, rng=rng)               # Certified | NotCertified
    guarantee.sequential(plan)                                              # the same, peeking after every
    label guarantee.monitor(plan, horizon_cases=208_000)                          # is it still true?

It promises the average over accepted traffic, while traffic stays exchangeable with the sample that certified
it; not each case, not each segment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from science.guarantee.certify import Traffic, certify
from science.guarantee.curve import Curve, curve
from science.guarantee.exact import fewest_labels
from science.guarantee.losses import Loss
from science.guarantee.misses import correct_for_misses
from science.guarantee.monitor import RiskMonitor
from science.guarantee.out_of_fold import certify_out_of_fold
from science.guarantee.planning import Outlook, TestPlan, outlook, plan
from science.guarantee.sequential import AnytimeCertifier
from science.guarantee.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Guarantee:
    """The largest acceptable selective risk and the confidence with which it must hold.

    Attributes:
        target: largest share of wrong automatic decisions; with costs, the largest mean cost of one, in the
            costs' own unit.
        confidence: probability, over certification samples, that a certificate is true.
        loss: "error", or (true label, predicted label) -> cost.

    >>> Guarantee(target=0.01).fewest_labels
    299
    >>> Guarantee(target=0.5, loss={("fraud", "ok"): 50.0, ("ok", "fraud"): 5.0}).alpha
    0.01
    """

    target: float
    confidence: float = 0.95
    loss: Literal["error"] | Mapping[tuple[str, str], float] = "error"

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence must lie in (0, 1), not {self.confidence}.")
        if not 0 < self.alpha < 1:
            raise ValueError(f"target must lie between 0 and {self.losses.scale:g}, not {self.target}.")

    @property
    def losses(self) -> Loss:
        """Turns true and predicted labels into losses in [0, 1]."""
        return Loss() if self.loss == "error" else Loss(self.loss)

    @property
    def alpha(self) -> float:
        """The target on the scale of losses in [0, 1]."""
        return self.target / self.losses.scale

    @property
    def delta(self) -> float:
        """1 - confidence, rounded so that .95 gives .05."""
        return round(1 - self.confidence, 12)

    @property
    def fewest_labels(self) -> int:
        """Error-free labels without which nothing can be proved."""
        return fewest_labels(self.alpha, self.delta)

    def plan(
        self, tune_scores: np.ndarray, tune_losses: np.ndarray, *, expected_labels: int, **options: Any
    ) -> TestPlan:
        """Freeze what will be tested; see `planning.plan` for the options."""
        return plan(
            tune_scores,
            tune_losses,
            target=self.alpha,
            delta=self.delta,
            expected_labels=expected_labels,
            **options,
        )

    def outlook(self, plan: TestPlan) -> Outlook:
        """What a plan is likely to yield."""
        return outlook(plan)

    def certify(
        self,
        scores: np.ndarray,
        losses: np.ndarray,
        pi: np.ndarray,
        *,
        plan: TestPlan,
        rng: np.random.Generator,
        traffic: Traffic | None = None,
    ) -> Verdict:
        """Test a plan once, on labels that came after it."""
        self._check(plan)
        return certify(scores, losses, pi, plan=plan, rng=rng, traffic=traffic)

    def sequential(self, plan: TestPlan) -> AnytimeCertifier:
        """Test a plan while labels arrive."""
        self._check(plan)
        return AnytimeCertifier(plan)

    def certify_out_of_fold(
        self,
        oof_scores: np.ndarray,
        losses: np.ndarray,
        *,
        rng: np.random.Generator,
        pi: np.ndarray | None = None,
    ) -> Verdict:
        """A provisional certificate from the training labels."""
        return certify_out_of_fold(
            oof_scores, losses, target=self.alpha, confidence=1 - self.delta, rng=rng, pi=pi
        )

    def monitor(self, plan: TestPlan, *, horizon_cases: float, pfa: float = 0.01) -> RiskMonitor:
        """A monitor for every cutoff of a plan."""
        return RiskMonitor(plan.grid, target=self.alpha, horizon_cases=horizon_cases, pfa=pfa)

    def curve(
        self, scores: np.ndarray, losses: np.ndarray, grid: np.ndarray, *, pi: np.ndarray | None = None
    ) -> Curve:
        """Automation and error with intervals, for plots."""
        return curve(scores, losses, grid, pi=pi, confidence=self.confidence)

    def corrected_for_misses(self, missed: int, known_wrong: int) -> "Guarantee":
        """The stricter promise that must be tested because reviewers miss errors; see `misses`."""
        sharper = correct_for_misses(missed, known_wrong, target=self.alpha, delta=self.delta)
        return replace(self, target=sharper.target * self.losses.scale, confidence=1 - sharper.delta)

    def _check(self, plan: TestPlan) -> None:
        if plan.target > self.alpha or plan.delta > self.delta:
            raise ValueError(
                f"This plan tests {plan.target:g} at delta {plan.delta:g}, weaker than the promise of "
                f"{self.alpha:g} at {self.delta:g}. Make a new plan."
            )
