"""Prove that a release keeps the promise, or fail to; write either down, and put what was proved in force."""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import NotFound
from models_store.models import Release
from policy.models import Certificate, Policy
from policy.proofs import METHOD, Claim, Proof, fingerprint, prove
from policy.samples import fair_labels
from policy.selectors import cutoffs_in_force
from policy.services.cutoffs import follow
from policy.services.locking import locked_policy
from policy.types import LIVE_CERTIFICATES, CertificateStatus
from science.decide import Standing

VALID_FOR = timedelta(days=90)


def certify_release(*, release_id: UUID, actor: Actor, now: datetime) -> Certificate | None:
    """Certify a release for its workflow's promise, from what it said of labels it was not trained on.

    The labels also chose what was tested, so the certificate is at most provisional: a quarter of what it
    allows is automated until live audits confirm it. The same labels and promise are tested once: asked
    again, the answer of the first time is returned. None when there is not a single label to test on.

    The arithmetic runs before the lock is taken. If the promise changed meanwhile, the answer to the old one
    is kept as what it is, and the change of the promise has asked for a new one.

    Raises:
        NotFound: there is no such release, or its workflow has no policy.
    """
    release = Release.objects.filter(pk=release_id).first()
    policy = Policy.objects.filter(workflow_id=release.workflow_id).first() if release else None
    if release is None or policy is None:
        raise NotFound(release_id=str(release_id))
    sample = fair_labels(release)
    if sample is None:
        return None
    promise = Claim(policy.scope, policy.target, policy.confidence)
    proof = prove(sample, promise, labels=release.labels)
    name = fingerprint(sample, promise)
    return _write(release=release, promise=promise, proof=proof, name=name, actor=actor, now=now)


@transaction.atomic
def _write(
    *, release: Release, promise: Claim, proof: Proof, name: str, actor: Actor, now: datetime
) -> Certificate:
    policy = locked_policy(release.workflow_id)
    earlier = Certificate.objects.filter(release=release, fingerprint=name).first()
    if earlier is not None:
        return earlier
    attempts = Certificate.objects.filter(release=release).count()
    certificate = Certificate.objects.create(
        workflow_id=release.workflow_id,
        release=release,
        status=CertificateStatus.PROVISIONAL if proof.is_proved else CertificateStatus.REFUSED,
        method=METHOD,
        seen=proof.seen,
        evidence=proof.evidence | {"attempt": attempts + 1, "artifact_sha256": release.artifact_sha256},
        valid_from=now,
        valid_until=now + VALID_FOR if proof.is_proved else now,
        fingerprint=name,
        made_by=actor.name,
        **asdict(promise),
    )
    _supersede(certificate)
    bump(release.workflow_id)
    record(
        action="certificate.made" if proof.is_proved else "certificate.refused",
        actor=actor,
        now=now,
        about=certificate,
        detail={
            "release": str(release.id),
            "workflow": policy.workflow.slug,
            **asdict(promise),
            "seen": proof.seen,
        },
    )
    if proof.is_proved and policy.follows_certificates and not _set_by_hand(release):
        follow(policy, certificate, actor=actor, now=now, reason="The cutoffs of a new certificate.")
    return certificate


def _supersede(certificate: Certificate) -> None:
    """Of the attempts to prove one promise for one release, the latest stands, also when it failed."""
    Certificate.objects.filter(
        release_id=certificate.release_id,
        scope=certificate.scope,
        target=certificate.target,
        confidence=certificate.confidence,
        status__in=LIVE_CERTIFICATES,
    ).exclude(pk=certificate.pk).update(status=CertificateStatus.SUPERSEDED)


def _set_by_hand(release: Release) -> bool:
    """What an operator chose for this release is not replaced behind their back."""
    in_force = cutoffs_in_force(release.id)
    return in_force is not None and in_force.standing == Standing.BY_HAND
