"""Handovers: what a challenger must show to inherit its champion's evidence, fixed beforehand."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.canonical import canonical_json, sha256
from models_store.models import Release, RoleSpan
from models_store.selectors import evaluation_of, training_settings
from models_store.types import ReleaseRole
from policy.models import Certificate, CutoffSet, Decision, DegreeChange, HandoverTrial, Policy
from policy.proof.doubt import next_share
from policy.proof.proofs import Claim, Proof
from policy.proof.terms import terms_of
from policy.selectors import certificate_for
from policy.services.certify import claim_of, issue
from policy.services.cutoffs import certified_cutoffs
from policy.services.freezing import count_plan
from policy.services.locking import locked_policy
from policy.types import ChangeStatus, Scope, TrialOutcome
from science.guarantee.elond import Share
from science.guarantee.handover import Handover
from science.guarantee.handover_plan import HandedOver, HandoverPlan

METHOD = "handover, anytime"
WINDOW = timedelta(days=90)  # of the champion's evidence, counted back to the first of that month
BELIEVED = 0.5  # of the target: the error that a challenger's cutoff is believed to have at most
MIN_BELIEVED = 50  # accepted cases of its evaluation without which nothing is believed


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is fixed at the freeze."""

    plan: HandoverPlan
    cutoffs: dict[str, float]
    window_from: datetime
    evidence: dict[str, Any]


class PlanChanged(Exception):
    """What was frozen is not what is stored: this handover proves nothing any more."""


@transaction.atomic
def freeze_handover(
    workflow_id: UUID,
    champion: Release,
    in_force: CutoffSet,
    release: Release,
    *,
    actor: Actor,
    now: datetime,
) -> HandoverTrial | None:
    """Freeze a plan and start its handover; None where there is nothing to hand over, or nothing that may be.

    Only an overall promise is handed over: errors of one label cannot be inherited from another's. On a day
    on which fewer were audited than the plan would count on, none is frozen: it would end at once, and the
    next as well, and each would have cost a share of the doubt. The plan is made and counted under the
    policy's lock, as that of a trial is.

    Raises:
        NothingKnown: misses are to be allowed for, and nothing bounds them yet; no plan is counted.
    """
    policy = locked_policy(workflow_id)
    cutoffs = cutoffs_believed(policy, release, now=now)
    if policy.scope != Scope.OVERALL or cutoffs is None:
        return None
    begin = _window(policy, champion, in_force, now)
    if begin > now:
        return None
    share = next_share(policy)
    frozen = _plan(policy, share, cutoffs, begin, release)
    return _open(policy, champion, in_force, release, frozen, actor=actor, now=now)


def _plan(
    policy: Policy, share: Share, cutoffs: dict[str, float], begin: datetime, release: Release
) -> Frozen:
    terms = terms_of(policy, labels=release.labels, delta=share.alpha)
    plan = HandoverPlan(target=terms.target, delta=terms.delta, pi_floor=policy.audit_base)
    evidence: dict[str, Any] = {"target_tested": terms.target, "delta_spent": terms.delta}
    evidence |= count_plan(policy, share)
    evidence["costs"] = list(terms.costs)
    evidence["shadow_share"] = training_settings(policy.workflow_id).shadow_share
    return Frozen(plan, cutoffs, begin, evidence | dict(terms.why))


def cutoffs_believed(policy: Policy, release: Release, *, now: datetime) -> dict[str, float] | None:
    """Return the cutoffs that a handover asks about: certified ones, else the loosest that may well hold.

    Belief only chooses what is tested: half the target's error on cases that the release was not trained on.
    """
    certificate = certificate_for(policy, release.pk, now=now)
    if certificate is not None and certified_cutoffs(certificate, release):
        return certified_cutoffs(certificate, release)
    evaluation = evaluation_of(release.pk)
    if evaluation is None:
        return None
    usable = sorted(
        (float(score), bool(wrong))
        for score, wrong in zip(evaluation.scores, evaluation.wrong, strict=True)
        if score == score
    )
    n = wrong = 0
    found = None
    for place in range(len(usable) - 1, -1, -1):
        n, wrong = n + 1, wrong + usable[place][1]
        is_step = place == 0 or usable[place - 1][0] < usable[place][0]
        if is_step and n >= MIN_BELIEVED and wrong <= BELIEVED * policy.target * n:
            found = usable[place][0]
    return None if found is None else dict.fromkeys(release.labels, found)


def _window(policy: Policy, champion: Release, in_force: CutoffSet, now: datetime) -> datetime:
    """Return from when on the champion's evidence counts; later than `now` where that is not yet so.

    From a date of the calendar, or from when something began that evidence is judged by: the champion, its
    cutoffs, the degree, full audits. None of these is chosen by looking at what came after it. A rate
    below the base, which a shortage of reviewers brings, ends with its day.
    """
    begins = [(now - WINDOW).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
    begins.append(RoleSpan.objects.get(release=champion, role=ReleaseRole.CHAMPION, until=None).since)
    begins.append(in_force.in_force_from or now)
    if policy.evidence_from is not None:
        begins.append(policy.evidence_from)
    degrees = DegreeChange.objects.filter(workflow_id=policy.workflow_id, status=ChangeStatus.MADE)
    begins.append(degrees.aggregate(at=Max("settled_at"))["at"] or begins[0])
    rows = Decision.objects.filter(workflow_id=policy.workflow_id, sequence=0, decided_at__gte=max(begins))
    low = rows.filter(route="auto", inclusion_probability__lt=policy.audit_base)
    last = low.aggregate(at=Max("decided_at"))["at"]
    if last is not None:
        next_day = last.astimezone(UTC) + timedelta(days=1)
        begins.append(next_day.replace(hour=0, minute=0, second=0, microsecond=0))
    return max(begins)


def _open(
    policy: Policy,
    champion: Release,
    in_force: CutoffSet,
    release: Release,
    frozen: Frozen,
    *,
    actor: Actor,
    now: datetime,
) -> HandoverTrial:
    trial = HandoverTrial(
        workflow_id=policy.workflow_id,
        release=release,
        champion=champion,
        cutoffs=frozen.cutoffs,
        champion_cutoffs=in_force.cutoffs,
        plan=frozen.plan.to_json(),
        evidence=frozen.evidence | {"champion_certificate": str(in_force.certificate_id)},
        window_from=frozen.window_from,
        frozen_at=now,
        read_at=now,
        **asdict(claim_of(policy)),
    )
    trial.plan_sha256 = _hash(trial)
    trial.save()
    detail = {
        "release": release.name,
        "champion": champion.name,
        "plan": trial.plan,
        "cutoffs": trial.cutoffs,
        "window_from": trial.window_from.isoformat(),
        **trial.evidence,
    }
    record(action="handover.opened", actor=actor, now=now, about=trial, detail=detail)
    return trial


def restore(trial: HandoverTrial) -> Handover:
    """Return the evidence so far.

    Raises:
        PlanChanged: plan, cutoffs or windows are not those that were frozen.
    """
    if _hash(trial) != trial.plan_sha256:
        raise PlanChanged
    plan = HandoverPlan.from_json(trial.plan)
    return Handover(plan) if trial.state is None else Handover.from_json(plan, trial.state)


def begin_again(trial: HandoverTrial) -> None:
    """Reset the row because a label has changed: the next run reads all of them again."""
    trial.state, trial.cursor_at, trial.cursor_case, trial.n_overdue = None, None, None, 0


def keep(trial: HandoverTrial, handover: Handover, *, now: datetime) -> None:
    """Save the progress of a handover."""
    trial.state, trial.verdict, trial.read_at = handover.to_json(), asdict(handover.verdict()), now
    trial.save(update_fields=["state", "verdict", "read_at", "cursor_at", "cursor_case", "n_overdue"])


def end_handover(trial: HandoverTrial, *, outcome: str, reason: str, actor: Actor, now: datetime) -> None:
    """End a handover; whoever ended it first has."""
    ended = HandoverTrial.objects.filter(pk=trial.pk, ended_at=None)
    if ended.update(ended_at=now, outcome=outcome, reason=reason):
        detail = {"outcome": outcome, "reason": reason, "release": str(trial.release_id)}
        record(action="handover.ended", actor=actor, now=now, about=trial, detail=detail)


@transaction.atomic
def certify_handover(
    trial: HandoverTrial, handover: Handover, passed: HandedOver, *, actor: Actor, now: datetime
) -> Certificate:
    """Make a full certificate of what a challenger has inherited and shown, and end the handover."""
    locked_policy(trial.workflow_id)
    cutoff = next(iter(trial.cutoffs.values()))
    champion, challenger = handover.champion, handover.challenger
    share = challenger.decided / max(1, challenger.cases)
    windows = {
        "champion": [trial.window_from.isoformat(), _iso(trial.cursor_at)],
        "challenger": [trial.frozen_at.isoformat(), _iso(trial.cursor_at)],
    }
    unit = {
        "label": None,
        "n_labels": champion.audits + challenger.labels,
        "cutoff": cutoff,
        "passed": [cutoff],
        "automation": share,
        "n_accepted": challenger.decided,
        "n_wrong": challenger.wrong,
        "upper_bound": trial.plan["target"],
        "why": "",
        "labels_needed": None,
    }
    proof = Proof(
        is_proved=True,
        is_provisional=False,
        seen={"n_labels": champion.audits + challenger.labels, "n_overdue": trial.n_overdue, "units": [unit]},
        evidence={
            **trial.evidence,
            "method": METHOD,
            "handover": str(trial.pk),
            "plan": trial.plan,
            "plan_sha256": trial.plan_sha256,
            "labels": list(trial.release.labels),
            "source": "handover",
            "champion": trial.champion.name,
            "assumes": passed.assumes,
            "windows": windows,
            "e_value": passed.e_value,
            "champion_bound": passed.champion_bound,
            "cases": passed.cases,
            "disagreements": passed.labels,
            "champion_audits": champion.audits,
        },
    )
    end_handover(trial, outcome=TrialOutcome.CERTIFIED, reason="", actor=actor, now=now)
    certificate = issue(
        release=trial.release,
        claim=Claim(trial.scope, trial.target, trial.confidence, trial.loss),
        proof=proof,
        attempt_sha256=trial.pk.hex,
        actor=actor,
        now=now,
    )
    HandoverTrial.objects.filter(pk=trial.pk).update(certificate=certificate)
    return certificate


def _hash(trial: HandoverTrial) -> str:
    frozen = [
        trial.plan,
        trial.cutoffs,
        trial.champion_cutoffs,
        str(trial.release_id),
        str(trial.champion_id),
        trial.window_from.astimezone(UTC).isoformat(),
        trial.frozen_at.astimezone(UTC).isoformat(),
    ]
    return sha256(canonical_json(frozen)).hex()


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
