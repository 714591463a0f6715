"""Certificates that no longer count: by date, by what has been seen since, by labels that have changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction

from cases.models import Label
from cases.services.versions import bump
from cases.types import Purpose
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.words import Words
from models_store.selectors import evaluation_of
from policy.in_force.basis import points_of
from policy.models import Certificate
from policy.proof.live_tests import UnitLabel
from policy.proof.proofs import Claim, Terms, believe
from policy.proof.samples import believed
from policy.services.locking import locked_policy
from policy.types import LIVE_CERTIFICATES, CertificateStatus

MARGIN = timedelta(minutes=5)  # a change is dated before it commits
LABELS_PER_LABEL = 10  # a certificate of n labels has had its time after so many times n more


def mark_expired(now: datetime) -> int:
    """Mark certificates whose date has passed as expired; the rule reads the date itself."""
    ended = Certificate.objects.filter(status__in=LIVE_CERTIFICATES, valid_until__lte=now)
    return ended.update(status=CertificateStatus.EXPIRED)


def end_outlived(*, actor: Actor, now: datetime) -> int:
    """End certificates since which ten times as many labels as they rest on have come in; return how many."""
    ended = 0
    for certificate in Certificate.objects.filter(status__in=LIVE_CERTIFICATES, valid_until__gt=now):
        since = Label.objects.filter(workflow_id=certificate.workflow_id, at__gt=certificate.valid_from)
        since = since.exclude(purpose=Purpose.KNOWN_ANSWER)
        most = LABELS_PER_LABEL * int(certificate.seen["n_labels"])
        if most and since.order_by()[: most + 1].count() > most:
            _end(
                certificate.pk,
                CertificateStatus.EXPIRED,
                Words("ten times its labels have come in"),
                actor,
                now,
            )
            ended += 1
    return ended


def recheck(*, actor: Actor, now: datetime) -> int:
    """Test live certificates again whose labels have changed; end those that no longer pass.

    Only what was proved can be lost by this: a refused attempt is not tested again because a label changed.
    Certificates of trials and handovers are tested again by the watch, from the labels in decision order.
    """
    ended = 0
    live = Certificate.objects.filter(status__in=LIVE_CERTIFICATES, trial=None, handover=None)
    for certificate in live.select_related("release"):
        if not _is_touched(certificate):
            continue
        if _still_passes(certificate):
            _remember(certificate, now)
        else:
            end_for_changed_labels(certificate, actor=actor, now=now)
            ended += 1
    return ended


def end_for_changed_labels(certificate: Certificate, *, actor: Actor, now: datetime) -> None:
    """End a certificate that its labels, as they are now, no longer prove."""
    _end(certificate.pk, CertificateStatus.SUPERSEDED, Words("labels it rests on have changed"), actor, now)


def is_proved(certificate: Certificate, proved: Mapping[UnitLabel, Sequence[float]]) -> bool:
    """Tell whether the cutoffs that pass now, by unit, cover everything that the certificate allows."""
    return all(
        not points or points[-1] >= min(proved.get(unit, ()), default=np.inf)
        for unit, points in points_of(certificate).items()
    )


def _is_touched(certificate: Certificate) -> bool:
    """Whether a label it rests on was amended, taken back or voided since it was last tested."""
    tested = datetime.fromisoformat(
        certificate.evidence.get("tested_at") or certificate.valid_from.isoformat()
    )
    changed = Label.objects.filter(
        workflow_id=certificate.workflow_id, superseded_at__gt=tested - MARGIN, at__lte=certificate.valid_from
    )
    ids = set(changed.values_list("pk", flat=True))
    evaluation = evaluation_of(certificate.release_id) if ids else None
    return evaluation is not None and not ids.isdisjoint(evaluation.label_ids)


def _remember(certificate: Certificate, now: datetime) -> None:
    kept = certificate.evidence | {"tested_at": now.isoformat()}
    Certificate.objects.filter(pk=certificate.pk).update(evidence=kept)


def _still_passes(certificate: Certificate) -> bool:
    since = certificate.evidence.get("labels_since")
    sample = believed(certificate.release, since=datetime.fromisoformat(since) if since else None)
    if sample is None:
        return False
    if sample.digest == certificate.evidence.get("labels_sha256"):
        return True
    claim = Claim(certificate.scope, certificate.target, certificate.confidence, certificate.loss)
    tested = certificate.evidence  # what was allowed for then is allowed for again, no more and no less
    terms = Terms(tested["target_tested"], tested["delta_spent"], tuple(tested["costs"]))
    proof = believe(sample, claim, terms, labels=certificate.release.labels)
    return is_proved(certificate, {unit["label"]: unit["passed"] for unit in proof.seen["units"]})


@transaction.atomic
def _end(certificate_id: UUID, status: str, why: str, actor: Actor, now: datetime) -> None:
    certificate = Certificate.objects.get(pk=certificate_id)
    policy = locked_policy(certificate.workflow_id)
    ended = Certificate.objects.filter(pk=certificate_id, status__in=LIVE_CERTIFICATES)
    if ended.update(status=status, valid_until=max(now, certificate.valid_from)):
        bump(policy.workflow_id)
        detail = {"status": status, "why": why, "workflow": policy.workflow.slug}
        record(action="certificate.ended", actor=actor, now=now, about=certificate, detail=detail)
