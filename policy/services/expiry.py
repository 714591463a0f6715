"""Certificates that no longer count: by date, by what has been seen since, by labels that have changed."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from cases.models import Label
from cases.services.versions import bump
from cases.types import Purpose
from hitl.audit.log import record
from hitl.shared.actor import Actor
from models_store.selectors import evaluation_of
from policy.models import Certificate, Policy
from policy.proofs import Claim, prove
from policy.samples import fair_labels
from policy.services.locking import locked_policy
from policy.standing import points_of
from policy.terms import NothingKnown, terms_of
from policy.types import LIVE_CERTIFICATES, CertificateStatus

LATELY = timedelta(hours=1)  # the sweeper comes every two minutes
LABELS_PER_LABEL = 10  # a certificate of n labels has had its time after so many times n more


def mark_expired(now: datetime) -> int:
    """Say of ended certificates that they are; the rule itself reads the date and needs no mark."""
    ended = Certificate.objects.filter(status__in=LIVE_CERTIFICATES, valid_until__lte=now)
    return ended.update(status=CertificateStatus.EXPIRED)


def end_outlived(*, actor: Actor, now: datetime) -> int:
    """End certificates since which ten times the labels they rest on have come in; return how many."""
    ended = 0
    for certificate in Certificate.objects.filter(status__in=LIVE_CERTIFICATES, valid_until__gt=now):
        since = Label.objects.filter(workflow_id=certificate.workflow_id, at__gt=certificate.valid_from)
        since = since.exclude(purpose=Purpose.GOLD)
        most = LABELS_PER_LABEL * int(certificate.seen["n_labels"])
        if most and since.order_by()[: most + 1].count() > most:
            _end(certificate.pk, CertificateStatus.EXPIRED, "ten times its labels have come in", actor, now)
            ended += 1
    return ended


def recheck(*, actor: Actor, now: datetime) -> int:
    """Test live certificates again whose labels have changed; end those that no longer pass.

    Only what was proved can be lost by this: a refused attempt is not tested again because a label changed.
    Certificates of trials are tested again by the watch, from the labels in decision order.
    """
    ended = 0
    for certificate in _touched(now):
        if not _still_passes(certificate):
            _end(certificate.pk, CertificateStatus.SUPERSEDED, "labels it rests on have changed", actor, now)
            ended += 1
    return ended


def _touched(now: datetime) -> list[Certificate]:
    """Return the live certificates of which a label was lately amended, taken back or voided."""
    touched = []
    for certificate in Certificate.objects.filter(status__in=LIVE_CERTIFICATES, trial=None).select_related(
        "release"
    ):
        changed = Label.objects.filter(
            workflow_id=certificate.workflow_id, superseded_at__gt=max(certificate.valid_from, now - LATELY)
        )
        ids = set(changed.values_list("pk", flat=True))
        evaluation = evaluation_of(certificate.release_id) if ids else None
        if evaluation is not None and not ids.isdisjoint(evaluation.label_ids):
            touched.append(certificate)
    return touched


def _still_passes(certificate: Certificate) -> bool:
    policy = Policy.objects.get(pk=certificate.workflow_id)
    sample = fair_labels(certificate.release)
    if sample is None:
        return False
    if sample.digest == certificate.evidence.get("labels_sha256"):
        return True
    claim = Claim(certificate.scope, certificate.target, certificate.confidence, certificate.loss)
    try:
        terms = terms_of(policy, labels=certificate.release.labels)
    except NothingKnown:
        return False
    proof = prove(sample, claim, terms, labels=certificate.release.labels)
    proved = {unit["label"]: set(unit["passed"]) for unit in proof.seen["units"]}
    loosest = {label: min(unit, default=None) for label, unit in proved.items()}
    return all(
        not points or ((least := loosest.get(label)) is not None and points[-1] >= least)
        for label, points in points_of(certificate).items()
    )


@transaction.atomic
def _end(certificate_id: UUID, status: str, why: str, actor: Actor, now: datetime) -> None:
    certificate = Certificate.objects.get(pk=certificate_id)
    policy = locked_policy(certificate.workflow_id)
    ended = Certificate.objects.filter(pk=certificate_id, status__in=LIVE_CERTIFICATES)
    if ended.update(status=status, valid_until=max(now, certificate.valid_from)):
        bump(policy.workflow_id)
        detail = {"status": status, "why": why, "workflow": policy.workflow.slug}
        record(action="certificate.ended", actor=actor, now=now, about=certificate, detail=detail)
