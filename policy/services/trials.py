"""Trials: test plans, fixed before their first label, that live labels prove or do not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from hitl.audit.log import record
from hitl.shared.actor import Actor
from models_store.models import Release
from policy.models import Certificate, CutoffSet, Policy, Trial
from policy.proof.doubt import next_share
from policy.proof.group_sizes import group_cap
from policy.proof.live_tests import Block, LiveTest, UnitLabel
from policy.proof.proofs import Claim, Proof, Terms, unit_of
from policy.proof.samples import believed
from policy.proof.terms import terms_of
from policy.services.certify import claim_of, issue
from policy.services.locking import locked_policy
from policy.types import Scope, TrialKind, TrialOutcome
from science.guarantee.elond import Share
from science.guarantee.exact import fewest_labels
from science.guarantee.grid import coverage_grid
from science.guarantee.planning import TestPlan, expected_automation, labels_needed, plan_on_grid
from science.guarantee.verdict import Certified
from science.rule import PROVISIONAL_RAMP

METHOD = "anytime, live labels in decision order"
MAX_PLANNED = 20_000  # labels a plan is made for; it may be looked at beyond
MIN_TO_RECOVER = 150  # labels from after an alarm that say what is worth testing
ENOUGH = 0.9  # of what was to be confirmed: more is not waited for


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
            plans[label] = _planned(
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
        plan = _planned(
            grid, own.scores, own.losses, target=terms.target, delta=each, pi_floor=pi_floor, cap=cap
        )
        if labels_needed(plan) is not None:
            plans[label] = plan
    evidence = {"tuned_on": f"{len(known)} labels after the alarm", "target_tested": terms.target}
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


def _planned(
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


@transaction.atomic
def freeze_plan(
    workflow_id: UUID,
    release: Release,
    *,
    kind: TrialKind,
    plan: Callable[[Policy, Share, int], Planned | None],
    cutoffs: dict[str, float],
    actor: Actor,
    now: datetime,
) -> Trial | None:
    """Freeze a plan and start its trial; from now on its labels count and it may not change.

    It is made and counted under the policy's lock, so that no two plans have the same number. None where
    `plan` has nothing to ask.

    Raises:
        NothingKnown: misses are to be allowed for, and nothing bounds them yet; no plan is counted.
    """
    policy = locked_policy(workflow_id)
    share, cap = next_share(policy), group_cap(workflow_id, now=now)
    planned = plan(policy, share, cap)
    if planned is None:
        return None
    policy.plans_frozen = share.number
    policy.save(update_fields=["plans_frozen"])
    claim = claim_of(policy)
    evidence = planned.evidence | {
        "plan_number": share.number,
        "issued_before": share.issued,
        "alpha": share.alpha,
        "group_cap": cap,
    }
    trial = Trial.objects.create(
        workflow_id=policy.workflow_id,
        release=release,
        kind=kind,
        number=share.number,
        group_cap=cap,
        scope=claim.scope,
        target=claim.target,
        confidence=claim.confidence,
        loss=claim.loss,
        cutoffs=cutoffs,
        plans=planned.rows(),
        evidence=evidence,
        states=LiveTest.begin(planned.plans, cap=cap).states(),
        frozen_at=now,
        read_at=now,
    )
    detail = {"kind": kind, "release": str(release.id), **evidence}
    record(action="trial.opened", actor=actor, now=now, about=trial, detail=detail)
    return trial


def begin_again(trial: Trial) -> None:
    """Reset the row of a trial because a label has changed: the next run reads all labels again."""
    plans = {entry["label"]: TestPlan.from_json(entry["plan"]) for entry in trial.plans}
    trial.states, trial.cursor_at, trial.cursor_case = (
        LiveTest.begin(plans, cap=trial.group_cap).states(),
        None,
        None,
    )
    trial.n_labels, trial.n_wrong, trial.n_overdue = 0, 0.0, 0


def keep(trial: Trial, test: LiveTest, *, now: datetime) -> None:
    """Save the progress of a trial."""
    trial.states, trial.read_at = test.states(), now
    trial.save(
        update_fields=["states", "read_at", "cursor_at", "cursor_case", "n_labels", "n_wrong", "n_overdue"]
    )


def end_trial(trial: Trial, *, outcome: str, reason: str, actor: Actor, now: datetime) -> None:
    """Close a trial; one that has ended stays as it is."""
    open_one = Trial.objects.filter(pk=trial.pk, ended_at=None)
    if open_one.update(ended_at=now, outcome=outcome, reason=reason):
        detail = {"outcome": outcome, "reason": reason, "labels": trial.n_labels, "wrong": trial.n_wrong}
        record(action="trial.ended", actor=actor, now=now, about=trial, detail=detail)


def is_enough(trial: Trial, test: LiveTest) -> bool:
    """Tell whether the trial has proved enough to stop and certify.

    All of it, nearly all of it (after an alarm: of what was expected), or, once the planned labels are in,
    more than the ramp lets through now.
    """
    if test.is_complete:
        return True
    proved, asked, seen, planned = 0.0, 0.0, 0.0, 0.0
    expected = trial.evidence.get("expected_automation") or [1.0] * len(test.tests)
    for (label, verdict), share in zip(test.verdicts().items(), expected, strict=True):
        plan = test.tests[label].plan
        weight = float(plan.tune_n[-1]) or 1.0
        asked += weight * share
        planned += plan.expected_labels
        seen += test.n_labels(label)[0]
        if isinstance(verdict, Certified):
            proved += weight * verdict.automation
    if not proved:
        return False
    return proved >= ENOUGH * asked or (seen >= planned and proved > PROVISIONAL_RAMP * asked)


@transaction.atomic
def certify_trial(trial: Trial, test: LiveTest, *, actor: Actor, now: datetime) -> Certificate:
    """Make a certificate of what a trial has proved so far, and end the trial."""
    locked_policy(trial.workflow_id)
    automated = _automation_before(trial)
    units = []
    for label, verdict in test.verdicts().items():
        unit = unit_of(label, test.n_labels(label)[0], verdict)
        unit["automation"] *= automated.get(label, 1.0)
        units.append(unit)
    claim = Claim(trial.scope, trial.target, trial.confidence, trial.loss)
    proof = Proof(
        is_proved=any(unit["cutoff"] is not None for unit in units),
        is_provisional=False,
        seen={
            "n_labels": trial.n_labels,
            "n_groups": test.n_groups,
            "n_overdue": trial.n_overdue,
            "from": trial.frozen_at.isoformat(),
            "until": trial.cursor_at.isoformat() if trial.cursor_at else "",
            "units": units,
        },
        evidence={
            **trial.evidence,
            "method": METHOD,
            "trial": str(trial.pk),
            "plans": trial.plans,
            "labels": list(trial.release.labels),
            "source": "live",
            "drawn": f"decisions from {trial.frozen_at.isoformat()} on",
            "until": [trial.cursor_at.isoformat() if trial.cursor_at else "", str(trial.cursor_case)],
        },
    )
    end_trial(trial, outcome=TrialOutcome.CERTIFIED, reason="", actor=actor, now=now)
    return issue(
        release=trial.release,
        claim=claim,
        proof=proof,
        attempt_sha256=trial.pk.hex,
        actor=actor,
        now=now,
        trial=trial,
    )


def _automation_before(trial: Trial) -> dict[UnitLabel, float]:
    """Share of all traffic that the loosest point of each unit accepted: a trial sees no other cases."""
    if trial.kind != TrialKind.CONFIRM:
        return {}
    last = (
        Certificate.objects.filter(release_id=trial.release_id, valid_from__lte=trial.frozen_at)
        .order_by("-valid_from", "-id")
        .first()
    )
    return {unit["label"]: float(unit["automation"]) for unit in last.seen["units"]} if last else {}


def open_trial_of(workflow_id: UUID) -> Trial | None:
    """Return the trial that is going on; there is at most one."""
    return Trial.objects.select_related("release").filter(workflow_id=workflow_id, ended_at=None).first()
