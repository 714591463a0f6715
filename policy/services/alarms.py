"""What follows from live evidence: audit more, step down, stop. Never more automation."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.words import Words, figure
from policy.models import Certificate, CutoffSet, Policy, Trial, Watch
from policy.proof.live_tests import LiveWatch, UnitLabel
from policy.services.breaker import trip_breaker
from policy.services.cutoffs import step_down
from policy.services.degrees import set_degree
from policy.services.locking import locked_policy
from policy.services.trial_plans import units_of
from policy.services.trials import end_trial
from policy.services.watches import end_watch
from policy.types import CertificateStatus, Degree, Scope, TrialKind, TrialOutcome, TrippedBy
from science.guarantee.audits import AuditPolicy, blind_share
from science.guarantee.monitor import Level

NOTICEABLE = 0.1  # relative change of a rate that is worth a new version of the policy


@transaction.atomic
def set_rates(
    workflow_id: UUID,
    *,
    level: Level,
    automatic: float,
    automation_rate: float,
    capacity: float | None,
    after_alarm: float = 0.0,
    is_recovering: bool = False,
    actor: Actor,
    now: datetime,
) -> bool:
    """Audit as often as the level asks for; return whether a rate has changed.

    At amber every reviewed case is answered blind, so that the many audits do not stand out; else at least as
    many reviewed cases are blind as there are audits. Rates that are hardly different stay, but never a blind
    share below what is called for; it rises by a little more, so that it need not rise again at once.

    Args:
        automatic: cases a week that the model decides.
        automation_rate: share of all cases that it decides now.
        capacity: audits a week that reviewers can do; None when nothing limits them.
        after_alarm: audit rate that an alarm still asks for (`science.guarantee.audits.rate_after_alarm`).
        is_recovering: the promise is to be proved again, which nothing does sooner than blind answers.
    """
    policy = locked_policy(workflow_id)
    rates = AuditPolicy(base=policy.audit_base, amber=policy.audit_amber)
    audit = rates.rate(
        level,
        weekly_automatic=automatic or None,
        automatic=automatic,
        capacity=capacity,
        wanted=after_alarm,
    )
    audit = max(audit, policy.audit_least)
    blind = blind_share(
        review_rate=1 - automation_rate,
        audit_rate=audit,
        automation_rate=automation_rate,
        level=level,
        at_least=policy.blind_share,
    )
    if is_recovering or policy.breaker_tripped_at is not None:
        blind = 1.0
    audit, blind = max(round(audit, 4), policy.audit_least), max(blind, policy.blind_share)
    is_enough = blind <= policy.blind_rate
    is_least = policy.audit_rate >= policy.audit_least
    if is_enough and is_least and _alike(audit, policy.audit_rate) and _alike(blind, policy.blind_rate):
        return False
    if blind > policy.blind_share:
        blind *= 1 + NOTICEABLE / 2
    blind = min(1.0, round(blind, 4))
    detail = {"level": level.value, "audit_rate": [policy.audit_rate, audit]}
    detail["blind_rate"] = [policy.blind_rate, blind]
    policy.audit_rate, policy.blind_rate = audit, blind
    policy.save(update_fields=["audit_rate", "blind_rate"])
    bump(workflow_id)
    record(action="audits.changed", actor=actor, now=now, about=policy.workflow, detail=detail)
    return True


@transaction.atomic
def declare_least(workflow_id: UUID, *, rate: float, actor: Actor, now: datetime) -> bool:
    """Audit no automatic decision with a smaller chance from the next case on; return whether that is new.

    An error budget is proved relative to a rate that was declared before its first decision. Audits that are
    rarer now are raised at once; those that are more frequent stay.
    """
    policy = locked_policy(workflow_id)
    if policy.audit_least == rate:
        return False
    detail = {"audit_least": [policy.audit_least, rate], "audit_rate": [policy.audit_rate]}
    policy.audit_least, policy.audit_rate = rate, max(rate, policy.audit_rate)
    detail["audit_rate"].append(policy.audit_rate)
    policy.save(update_fields=["audit_least", "audit_rate"])
    bump(workflow_id)
    record(action="audits.declared", actor=actor, now=now, about=policy.workflow, detail=detail)
    return True


def _alike(a: float, b: float) -> bool:
    return abs(a - b) <= NOTICEABLE * max(a, b) and (a == 1.0) == (b == 1.0)


@transaction.atomic
def mark_level(watch: Watch, level: Level, *, actor: Actor, now: datetime) -> None:
    """Mark a certificate as watched closely, or no longer; a provisional one stays provisional."""
    wanted, other = CertificateStatus.CERTIFIED, CertificateStatus.AMBER
    if level is not Level.GREEN:
        wanted, other = other, wanted
    locked_policy(watch.workflow_id)
    if Certificate.objects.filter(pk=watch.pk, status=other).update(status=wanted):
        detail = {"level": level.value, "before": other, "after": wanted}
        record(action="certificate.level", actor=actor, now=now, about=watch.certificate, detail=detail)


@transaction.atomic
def heed_red(watch: Watch, live: LiveWatch, *, actor: Actor, now: datetime) -> bool:
    """At red, step down to stricter cutoffs that are proved and not in doubt, or stop; return whether it did.

    What was labelled before proves nothing any more: new certificates rest on cases from now on. What is left
    of this certificate was proved in the world that is no more: it runs provisionally, while all that people
    see is answered blind, until a test frozen after the alarm has passed. A second alarm about the same
    certificate belongs to the same change: what came in since the first still speaks.
    """
    policy = locked_policy(watch.workflow_id)
    cutoffs = (
        CutoffSet.objects.select_related("release", "certificate")
        .filter(certificate_id=watch.pk, in_force_from__isnull=False, in_force_until=None)
        .first()
    )
    if cutoffs is None:
        return False
    in_force = units_of(cutoffs)
    red = live.red_units(in_force)
    if not red:
        return False
    certificate = cutoffs.certificate
    is_same_change = certificate is not None and bool(certificate.refuted)
    policy.evidence_from = policy.evidence_from if is_same_change else now
    policy.blind_rate = 1.0
    policy.save(update_fields=["evidence_from", "blind_rate"])
    over = Trial.objects.filter(workflow_id=watch.workflow_id, ended_at=None)
    if is_same_change:
        over = over.exclude(kind=TrialKind.RECOVER)
    for trial in over:
        ended = Words("Audits refuted the promise while the trial was running.")
        end_trial(trial, outcome=TrialOutcome.ABANDONED, reason=ended, actor=actor, now=now)
    Certificate.objects.filter(pk=watch.pk).update(refuted=live.refuted())
    if certificate is not None:
        certificate.refuted = live.refuted()
    left = {label: _lower(live, label, cutoff, red) for label, cutoff in in_force.items()}
    kept = {label: cutoff for label, cutoff in left.items() if cutoff is not None}
    if policy.degree == Degree.FULL:
        no_longer = Words("Live audits no longer support automating every case.")
        set_degree(
            workflow_id=policy.workflow_id, degree=Degree.PARTIAL, actor=actor, now=now, reason=no_longer
        )
        policy = locked_policy(watch.workflow_id)
    if not kept:
        _stop(policy, watch, live, in_force, actor, now)
        return True
    release = cutoffs.release
    numbers = (
        dict.fromkeys(release.labels, kept[None])
        if policy.scope == Scope.OVERALL
        else {label: cutoff for label, cutoff in kept.items() if label is not None}
    )
    reason = _refuted(red)
    step_down(policy, cutoffs, numbers, reason=reason, actor=actor, now=now)
    return True


def _lower(live: LiveWatch, label: UnitLabel, cutoff: float, red: list[UnitLabel]) -> float | None:
    return live.step_down(label, cutoff) if label in red else cutoff


def _refuted(red: list[UnitLabel]) -> str:
    if red == [None]:
        return Words(
            "Live audits refuted the cutoff; stricter ones that are not in doubt take over, provisionally."
        )
    return Words(
        "Live audits refuted the cutoffs of %(labels)s; stricter ones that are not in doubt take over,"
        " provisionally.",
        labels=", ".join(str(label) for label in red),
    )


def _stop(
    policy: Policy,
    watch: Watch,
    live: LiveWatch,
    in_force: dict[UnitLabel, float],
    actor: Actor,
    now: datetime,
) -> None:
    Certificate.objects.filter(pk=watch.pk).update(status=CertificateStatus.TRIPPED)
    end_watch(watch, now=now)
    reason = Words(
        "Live audits: %(wrong)s of %(labels)s were wrong, too many for the promise (evidence against it:"
        " %(evidence)s).",
        wrong=figure(watch.n_wrong),
        labels=watch.n_labels,
        evidence=figure(live.highest(in_force), ".0f"),
    )
    trip_breaker(workflow_id=policy.workflow_id, reason=reason, actor=actor, now=now, by=TrippedBy.EVIDENCE)
    news = {"certificate": str(watch.pk), "labels": watch.n_labels, "wrong": watch.n_wrong}
    emit([News("promise.broken", watch.pk, policy.workflow_id, now, news)])


@transaction.atomic
def heed_overdue(workflow_id: UUID, *, overdue: int, drawn: int, actor: Actor, now: datetime) -> bool:
    """Stop automation when too many audits are overdue; return whether it did.

    Args:
        overdue: audits past their deadline and unanswered.
        drawn: audits of the last two weeks.
    """
    if overdue < max(MIN_OVERDUE, OVERDUE_SHARE * drawn):
        return False
    policy = locked_policy(workflow_id)
    if policy.breaker_tripped_at is not None or not policy.automates:
        return False
    reason = Words(
        "Audits are overdue: %(overdue)s are past their deadline and nobody has answered them.",
        overdue=overdue,
    )
    trip_breaker(workflow_id=workflow_id, reason=reason, actor=actor, now=now, by=TrippedBy.OVERDUE)
    return True


MIN_OVERDUE, OVERDUE_SHARE = 10, 0.25
