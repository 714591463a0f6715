"""Start a canary: what it needs, what it runs by, and the cutoffs that it decides under."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.shared.actor import Actor
from hitl.shared.canonical import derived_key
from hitl.shared.errors import NotFound
from hitl.shared.words import Words
from models_store.models import Release
from models_store.selectors import champion
from models_store.services import roles
from models_store.types import ReleaseRole
from policy.errors import CanaryMoved, EvidenceMissing, NoModel
from policy.models import Policy
from policy.models.canaries import STEPS, Canary, CanarySettings
from policy.selectors import certificate_for, cutoffs_in_force
from policy.services.canaries import plan_sha256, require_more, tell
from policy.services.cutoffs import certified_cutoffs, follow
from policy.services.locking import locked_policy
from science.arms import first_arm

NO_PROOF = Words(
    "Nothing is proved of it that it could decide under. A canary decides under a certificate of its own: one"
    " inherited in shadow, or a provisional one, under which a quarter of what it accepts is automated."
)


def canary_settings(workflow_id: UUID) -> CanarySettings:
    """Return what the workflow's next canary runs by: the defaults where nobody has said."""
    return CanarySettings.objects.filter(workflow_id=workflow_id).first() or CanarySettings(
        workflow_id=workflow_id
    )


def hindrance(policy: Policy, release: Release, *, now: datetime) -> str:
    """Say why a release cannot decide a share now; empty where it can."""
    before = champion(release.workflow_id)
    if before is None:
        return Words("There is no champion that it could stand beside. Promote it.")
    if before == release:
        return Words("It is the champion.")
    if policy.automates and certificate_for(policy, release.pk, now=now) is None:
        return NO_PROOF
    return ""


@transaction.atomic
def start_canary(
    *,
    release_id: UUID,
    plan: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    reason: str,
    seen: str | None = None,
) -> Canary:
    """Let a release in shadow decide the first step's share of the cases, from the next case on.

    Args:
        plan: what will be tested and against what, fixed now (`monitoring.watch.canary.plan`).
        seen: the role that the caller saw it in.

    Raises:
        NotFound, NotAllowed, RoleRefused, RoleMoved, SchemaChanged, ArtifactRefused: nothing is changed.
        NoModel: there is no champion.
        CanaryMoved: the plan is against a champion of before.
        EvidenceMissing: nothing is proved of it that it could decide under.
    """
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model.")
    policy = locked_policy(release.workflow_id)
    require_more(actor)
    before = champion(release.workflow_id)
    if before is None:
        raise NoModel
    if plan["champion"] != before.name:  # it was made before the lock
        raise CanaryMoved(champion=before.name)
    missing = hindrance(policy, release, now=now)
    if missing:
        raise EvidenceMissing(missing)
    span = roles.move(
        release_id=release_id, to=ReleaseRole.CANARY, actor=actor, now=now, reason=reason, seen=seen
    )
    _put_cutoffs(policy, release, actor, now)
    settings = canary_settings(release.workflow_id)
    canary = Canary.objects.create(
        workflow_id=release.workflow_id,
        release=release,
        champion=before,
        first_arm=first_arm(derived_key("draws"), release.pk),
        steps=list(STEPS),
        share=STEPS[0],
        min_labels=settings.min_labels,
        min_hours=settings.min_hours,
        audit_rate=1.0,
        started_at=now,
        started_by=actor.name,
        step_since=now,
        plan=dict(plan),
        plan_sha256=plan_sha256(plan),
    )
    bump(release.workflow_id)
    tell("canary.started", canary, actor, now, span=span.pk, reason=reason, plan_sha256=canary.plan_sha256)
    return canary


def _put_cutoffs(policy: Policy, release: Release, actor: Actor, now: datetime) -> None:
    """Put the cutoffs of its certificate in force, where none are that rest on one."""
    in_force = cutoffs_in_force(release.pk)
    certificate = certificate_for(policy, release.pk, now=now)
    if certificate is None or (in_force is not None and in_force.certificate_id == certificate.pk):
        return
    if certified_cutoffs(certificate, release):
        follow(
            policy, certificate, actor=actor, now=now, reason=Words("A canary decides under its certificate.")
        )
