"""What a trial will ask, chosen from labels that are known, before its first label."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models_store.models import Release
from policy.models import CutoffSet, Policy
from policy.proof.live_tests import Block, UnitLabel
from policy.proof.proofs import Terms
from policy.proof.samples import believed
from policy.proof.terms import terms_of
from policy.types import Scope
from science.guarantee.elond import Share
from science.guarantee.exact import fewest_labels
from science.guarantee.grid import coverage_grid
from science.guarantee.planning import TestPlan, expected_automation, labels_needed, plan_on_grid
from science.ramp import PROVISIONAL_RAMP

MAX_PLANNED = 20_000  # labels a plan is made for; it may be looked at beyond
MIN_TO_RECOVER = 150  # labels from after an alarm that say what is worth testing


@dataclass(frozen=True, slots=True)
class Planned:
    """Test plans per unit, and the data they were made from."""

    plans: dict[UnitLabel, TestPlan]
    evidence: dict[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """The plans as a trial stores them."""
        return [{"label": label, "plan": plan.to_json()} for label, plan in self.plans.items()]


def plan_confirmation(
    policy: Policy, share: Share, cap: int, release: Release, cutoffs: CutoffSet
) -> Planned | None:
    """Return the test plan that confirms, on fresh labels, the cutoffs that a provisional certificate allows.

    Only points that it passed are asked about, as strict as those in force or stricter: of cases above them
    three in four are reviewed blind while the ramp is on, so the proof takes days and not months. None when
    there is nothing to ask.
    """
    certificate, sample = cutoffs.certificate, believed(release, since=policy.evidence_from)
    if certificate is None or sample is None:
        return None
    terms = terms_of(policy, labels=release.labels, delta=share.alpha)
    losses = sample.losses(np.array(terms.costs))
    passed = {unit["label"]: unit for unit in certificate.seen["units"]}
    plans: dict[UnitLabel, TestPlan] = {}
    for label, cutoff in units_of(cutoffs).items():
        grid = [point for point in passed[label]["passed"] if point >= cutoff]
        own = sample.scores >= cutoff
        if label is not None:
            own &= sample.predicted == release.labels.index(label)
        if grid:
            plans[label] = planned_test(
                np.array(grid),
                sample.scores[own],
                losses[own],
                target=terms.target,
                delta=terms.delta / max(1, len(passed)),
                pi_floor=1 - PROVISIONAL_RAMP,
                cap=cap,
            )
    evidence = {"tuned_on": sample.digest, "target_tested": terms.target, "delta": terms.delta, **terms.why}
    return Planned(plans, evidence | {"costs": list(terms.costs)}) if plans else None


def plan_recovery(
    policy: Policy, share: Share, cap: int, release: Release, tuning: Block, *, pi_floor: float
) -> Planned | None:
    """Return the test plan that proves the promise again by labels from after an alarm.

    All that people see is reviewed blind meanwhile, and at most a quarter of what stricter cutoffs accept is
    not seen: every score is asked about. `tuning` are draws from after the alarm that the release scored; of
    a model that learned from labels since then its evaluation says as much at once. None while there are too
    few, or while they say that no number of labels would do.
    """
    terms = terms_of(policy, labels=release.labels, delta=share.alpha)
    known = tuning.where(~np.isnan(tuning.losses))
    known = max(_believed_since(policy, release, terms), known, key=len)
    if len(known) < MIN_TO_RECOVER:
        return None
    labels: list[UnitLabel] = [None] if policy.scope == Scope.OVERALL else list(release.labels)
    each, plans = terms.delta / len(labels), {}
    for label in labels:
        own = known.of(label)
        if len(own) < MIN_TO_RECOVER / len(labels) / 2:
            continue
        grid = coverage_grid(own.scores, target=terms.target, delta=each, expected_labels=2_000)
        plan = planned_test(
            grid, own.scores, own.losses, target=terms.target, delta=each, pi_floor=pi_floor, cap=cap
        )
        if labels_needed(plan) is not None:
            plans[label] = plan
    tuned_on = f"{len(known)} labels after the alarm"  # untranslated: evidence is kept as it was hashed
    evidence = {"tuned_on": tuned_on, "target_tested": terms.target}
    evidence |= {"delta": terms.delta, "costs": list(terms.costs), **terms.why}
    evidence["expected_automation"] = [expected_automation(plan) for plan in plans.values()]
    return Planned(plans, evidence) if plans else None


def _believed_since(policy: Policy, release: Release, terms: Terms) -> Block:
    """Return what the release is believed to be on labels from after the alarm, as draws of chance 1."""
    sample = believed(release, since=policy.evidence_from)
    n = len(sample) if sample is not None else 0
    return Block(
        scores=sample.scores if sample is not None else np.zeros(0),
        predicted=np.array(release.labels, dtype=object)[sample.predicted if sample is not None else []],
        losses=sample.losses(np.array(terms.costs)) if sample is not None else np.zeros(0),
        inclusion_probability=np.ones(n),
        reference_rate=np.ones(n),
    )


def planned_test(
    grid: np.ndarray,
    scores: np.ndarray,
    losses: np.ndarray,
    *,
    target: float,
    delta: float,
    pi_floor: float,
    cap: int,
) -> TestPlan:
    """Return a test plan for as many labels as were needed before, or as the tuning cases suggest.

    Where up to `cap` labels make one bet, as many times more are needed.
    """
    least = int(1.5 * fewest_labels(target, delta))

    def for_labels(n: int) -> TestPlan:
        return plan_on_grid(
            grid, scores, losses, target=target, delta=delta, expected_labels=n, pi_floor=pi_floor
        )

    first = for_labels(max(least, len(scores)))
    needed = labels_needed(first) or 0
    return for_labels(cap * min(MAX_PLANNED, max(least, int(1.25 * needed), len(scores))))


def units_of(cutoffs: CutoffSet) -> dict[UnitLabel, float]:
    """Return the cutoff of each unit of the promise: one number, or one per label."""
    if cutoffs.scope == Scope.OVERALL:
        numbers = list(cutoffs.cutoffs.values())
        return {None: float(numbers[0])} if numbers else {}
    return {label: float(cutoff) for label, cutoff in cutoffs.cutoffs.items()}
