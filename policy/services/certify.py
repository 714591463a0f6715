"""Test a model for a promise and record the result."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from hitl.shared.words import Words
from models_store.models import Release
from models_store.selectors import champion
from policy.in_force.basis import basis_of
from policy.models import Certificate, Policy, Trial
from policy.proof.proofs import Claim, Proof, attempt_sha256, believe
from policy.proof.samples import believed
from policy.proof.terms import NothingKnown, terms_of
from policy.selectors import cutoffs_in_force
from policy.services.breaker import rearm
from policy.services.cutoffs import follow
from policy.services.locking import locked_policy
from policy.types import LIVE_CERTIFICATES, CertificateStatus
from science.decision_terms import Basis

VALID_FOR = timedelta(days=90)


def certify_release(*, release_id: UUID, actor: Actor, now: datetime) -> Certificate | None:
    """Ask what a release's labels let one believe of its workflow's promise; certify that provisionally.

    None of these labels was drawn after the release was made, so a quarter of what they allow is automated
    until a live test confirms it. The same labels and promise are tested once: asked again, the answer of the
    first time is returned (ADR 0017). None when there is not a single label to test on.

    The arithmetic runs before the lock is taken. If the promise changed meanwhile, the answer to the old one
    is kept as what it is, and the change of the promise has asked for a new one.

    Raises:
        NotFound: there is no such release, or its workflow has no policy.
    """
    release = Release.objects.filter(pk=release_id).first()
    policy = Policy.objects.filter(workflow_id=release.workflow_id).first() if release else None
    if release is None or policy is None:
        raise NotFound(release_id=str(release_id))
    sample = believed(release, since=policy.evidence_from)
    if sample is None:
        return None
    claim = claim_of(policy)
    name = attempt_sha256(sample, claim)
    earlier = Certificate.objects.filter(release=release, attempt_sha256=name).first()
    if earlier is not None:
        return earlier
    try:
        proof = believe(sample, claim, terms_of(policy, labels=release.labels), labels=release.labels)
    except NothingKnown as why:
        proof = _unproved(len(sample), str(why))
    if policy.evidence_from is not None:  # to take the same labels when it is tested again
        proof.evidence["labels_since"] = policy.evidence_from.isoformat()
    return issue(release=release, claim=claim, proof=proof, attempt_sha256=name, actor=actor, now=now)


def claim_of(policy: Policy) -> Claim:
    """Return what is promised now."""
    return Claim(policy.scope, policy.target, policy.confidence, policy.loss)


def _unproved(n_labels: int, why: str) -> Proof:
    unit: dict[str, Any] = {
        "label": None,
        "n_labels": n_labels,
        "cutoff": None,
        "passed": [],
        "automation": 0.0,
    }
    unit |= {"n_accepted": 0, "n_wrong": 0.0, "upper_bound": None, "why": why, "labels_needed": None}
    return Proof(False, True, {"n_labels": n_labels, "units": [unit]}, {"method": "none"})


@transaction.atomic
def issue(
    *,
    release: Release,
    claim: Claim,
    proof: Proof,
    attempt_sha256: str,
    actor: Actor,
    now: datetime,
    trial: Trial | None = None,
) -> Certificate:
    """Record a certificate or a failed attempt; put its cutoffs in force where the policy says so."""
    policy = locked_policy(release.workflow_id)
    earlier = Certificate.objects.filter(release=release, attempt_sha256=attempt_sha256).first()
    if earlier is not None:
        return earlier
    attempts = Certificate.objects.filter(release=release).count()
    certificate = Certificate.objects.create(
        workflow_id=release.workflow_id,
        release=release,
        status=_status(proof),
        method=proof.evidence["method"],
        seen=proof.seen,
        evidence=proof.evidence | {"attempt": attempts + 1, "artifact_sha256": release.artifact_sha256},
        valid_from=now,
        valid_until=now + VALID_FOR if proof.is_proved else now,
        attempt_sha256=attempt_sha256,
        made_by=actor.name,
        **asdict(claim),
    )
    if trial is not None:
        Trial.objects.filter(pk=trial.pk).update(certificate=certificate)
    if proof.is_proved and not proof.is_provisional:  # once for each plan, which makes one certificate
        policy.certificates_issued += 1
        policy.save(update_fields=["certificates_issued"])
    _supersede(certificate)
    bump(release.workflow_id)
    detail: dict[str, Any] = {
        "release": str(release.id),
        "workflow": policy.workflow.slug,
        **asdict(claim),
        "seen": proof.seen,
    }
    made = "certificate.believed" if proof.is_provisional else "certificate.made"
    action = made if proof.is_proved else "certificate.refused"
    record(action=action, actor=actor, now=now, about=certificate, detail=detail)
    if proof.is_proved and policy.follows_certificates and not _set_by_hand(release):
        follow(policy, certificate, actor=actor, now=now, reason=Words("The cutoffs of a new certificate."))
        if champion(release.workflow_id) == release:
            rearm(policy, is_proved=not proof.is_provisional, actor=actor, now=now)
    return certificate


@transaction.atomic
def resume_where_proved(*, workflow_id: UUID, actor: Actor, now: datetime) -> bool:
    """Let automation go on after an alarm, if what is in force is proved or believed on labels from after it.

    A model is certified before it takes the champion's place, so that its certificate alone resumes nothing.
    """
    policy, release = locked_policy(workflow_id), champion(workflow_id)
    cutoffs = cutoffs_in_force(release.id) if release else None
    if release is None or cutoffs is None or cutoffs.certificate is None or policy.evidence_from is None:
        return False
    is_live = basis_of(cutoffs, policy=policy, labels=release.labels) is not Basis.NONE
    since = cutoffs.certificate.evidence.get("labels_since")
    is_after = since is not None and datetime.fromisoformat(since) >= policy.evidence_from
    if not (policy.follows_certificates and is_live and is_after and now < cutoffs.certificate.valid_until):
        return False
    is_proved = not cutoffs.certificate.runs_provisionally(policy)
    return rearm(policy, is_proved=is_proved, actor=actor, now=now)


def _status(proof: Proof) -> CertificateStatus:
    if not proof.is_proved:
        return CertificateStatus.REFUSED
    return CertificateStatus.PROVISIONAL if proof.is_provisional else CertificateStatus.CERTIFIED


def _supersede(certificate: Certificate) -> None:
    """Of the attempts to prove one promise for one release, the latest stands, also when it failed."""
    Certificate.objects.filter(
        release_id=certificate.release_id,
        scope=certificate.scope,
        target=certificate.target,
        confidence=certificate.confidence,
        loss=certificate.loss,
        status__in=LIVE_CERTIFICATES,
    ).exclude(pk=certificate.pk).update(status=CertificateStatus.SUPERSEDED)


def _set_by_hand(release: Release) -> bool:
    """What an operator chose for this release is not replaced behind their back."""
    in_force = cutoffs_in_force(release.id)
    return in_force is not None and in_force.basis == Basis.BY_HAND
