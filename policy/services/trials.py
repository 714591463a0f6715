"""Trials: test plans, fixed before their first label, that live labels prove or do not."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hitl.audit.log import record
from hitl.shared.actor import Actor
from models_store.models import Release
from policy.models import Certificate, Policy, Trial
from policy.proof.doubt import next_share
from policy.proof.group_sizes import group_cap
from policy.proof.live_tests import LiveTest, UnitLabel
from policy.proof.proofs import Claim, Proof, unit_of
from policy.services.certify import claim_of, issue
from policy.services.freezing import count_plan
from policy.services.locking import locked_policy
from policy.services.trial_plans import Planned
from policy.types import TrialKind, TrialOutcome
from science.guarantee.elond import Share
from science.guarantee.planning import TestPlan
from science.guarantee.verdict import Certified
from science.ramp import PROVISIONAL_RAMP

METHOD = "anytime, live labels in decision order"  # untranslated: its name in the evidence
ENOUGH = 0.9  # of what was to be confirmed: more is not waited for


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
    claim = claim_of(policy)
    evidence = planned.evidence | count_plan(policy, share) | {"group_cap": cap}
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
