"""Widen, hold, resume, promote and roll back a canary: one transaction each, behind the policy's lock.

More takes an operator, and a second one where the policy says so: `monitoring.watch.canary.changes`. Less
takes whoever is on duty. A canary that a person has started is moved by the watch, by the rules of its start.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.accounts.automation import require_lowerer, require_raiser
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.canonical import canonical_json, sha256
from hitl.shared.errors import NotFound
from hitl.shared.words import Words
from models_store.services import roles
from models_store.types import ReleaseRole
from policy.errors import CanaryMoved
from policy.models.canaries import Canary
from policy.selectors import open_canary
from policy.services.locking import locked_policy
from policy.types import CanaryEnd, CanaryHold


@transaction.atomic
def widen_canary(
    *,
    canary_id: UUID,
    actor: Actor,
    now: datetime,
    reason: str,
    evidence: Mapping[str, Any] | None = None,
    seen: int | None = None,
) -> Canary:
    """Give a canary the share of its next step.

    Raises:
        NotFound, NotAllowed: nothing is changed.
        CanaryMoved: it has ended, is at its last step, has another share than was seen, or is the watch's to
            move no more, since a person holds it.
    """
    canary = _locked(canary_id)
    _require_move(canary, actor)
    share = canary.next_share
    if share is None or (seen is not None and seen != canary.share):
        raise CanaryMoved(share=canary.share)
    before = canary.share
    moved = Canary.objects.filter(pk=canary.pk, ended_at=None, share=before).update(
        share=share, step_since=now, hold="", hold_reason="", hold_since=None, verdict={}
    )
    if not moved:
        raise CanaryMoved(share=before)
    canary.refresh_from_db()
    bump(canary.workflow_id)
    tell("canary.widened", canary, actor, now, before=before, reason=reason, evidence=dict(evidence or {}))
    return canary


@transaction.atomic
def hold_canary(
    *, canary_id: UUID, actor: Actor, now: datetime, reason: str, by: CanaryHold = CanaryHold.PERSON
) -> Canary:
    """Keep a canary at its share. A person's hold stands whatever else comes; any other gives way to this.

    Held already by the same, it is told to nobody again; the reason is the latest.

    Raises:
        NotFound, NotAllowed, CanaryMoved: nothing is changed.
    """
    canary = _locked(canary_id)
    require_lowerer(actor)
    if canary.hold == CanaryHold.PERSON:
        return canary
    if canary.hold == by:
        Canary.objects.filter(pk=canary.pk).exclude(hold_reason=reason).update(hold_reason=reason)
        canary.hold_reason = reason
        return canary
    Canary.objects.filter(pk=canary.pk).update(hold=by, hold_reason=reason, hold_since=now)
    canary.refresh_from_db()
    tell("canary.held", canary, actor, now, by=by, reason=reason)
    return canary


@transaction.atomic
def resume_canary(
    *, canary_id: UUID, actor: Actor, now: datetime, reason: str, held: str | None = None
) -> Canary:
    """Let a canary go on by its rules; what would hold it again does at the next look.

    Args:
        held: what the caller believes holds it; None leaves that unchecked.

    Raises:
        NotFound, NotAllowed, CanaryMoved: nothing is changed.
    """
    canary = _locked(canary_id)
    require_more(actor)
    if not canary.hold or (held is not None and held != canary.hold):
        raise CanaryMoved(share=canary.share)
    before = canary.hold
    Canary.objects.filter(pk=canary.pk).update(hold="", hold_reason="", hold_since=None)
    canary.refresh_from_db()
    tell("canary.resumed", canary, actor, now, held=before, reason=reason)
    return canary


@transaction.atomic
def roll_back_canary(
    *, canary_id: UUID, actor: Actor, now: datetime, reason: str, evidence: Mapping[str, Any] | None = None
) -> Canary:
    """Retire a canary: the champion decides its arms from the next case on.

    Raises:
        NotFound, NotAllowed, CanaryMoved: nothing is changed.
    """
    canary = _locked(canary_id)
    require_lowerer(actor)
    end_canary(canary, CanaryEnd.ROLLED_BACK, reason, now)
    roles.give_up(release_id=canary.release_id, actor=actor, now=now, reason=reason, evidence=evidence)
    tell("release.rolled_back", canary, actor, now, reason=reason, evidence=dict(evidence or {}))
    return canary


@transaction.atomic
def promote_canary(
    *, canary_id: UUID, actor: Actor, now: datetime, reason: str, evidence: Mapping[str, Any] | None = None
) -> Canary:
    """Make a canary the champion.

    Raises:
        NotFound, NotAllowed, CanaryMoved, SchemaChanged, ArtifactRefused: nothing is changed.
    """
    canary = _locked(canary_id)
    _require_move(canary, actor)
    end_canary(canary, CanaryEnd.PROMOTED, reason, now)
    roles.promote(
        release_id=canary.release_id,
        actor=actor,
        now=now,
        reason=reason,
        evidence={"canary": str(canary.pk), **(evidence or {})},
        seen=ReleaseRole.CANARY,
    )
    return canary


@transaction.atomic
def set_canary_audits(canary_id: UUID, *, rate: float, actor: Actor, now: datetime) -> None:
    """Audit a canary's automatic decisions with this probability from the next case on."""
    canary = _locked(canary_id)
    if Canary.objects.filter(pk=canary.pk).exclude(audit_rate=rate).update(audit_rate=rate):
        bump(canary.workflow_id)
        detail = {"canary": str(canary.pk), "audit_rate": [canary.audit_rate, rate]}
        record(action="canary.audits", actor=actor, now=now, about=canary, detail=detail)


@transaction.atomic
def close_abandoned(workflow_id: UUID, *, actor: Actor, now: datetime) -> None:
    """End the rows of canaries whose release has that role no more, whoever took it away."""
    policy = locked_policy(workflow_id)
    going = open_canary(policy.workflow_id)
    rows = Canary.objects.filter(workflow_id=workflow_id, ended_at=None)
    for canary in rows.exclude(pk=going.pk) if going else rows:
        end_canary(canary, CanaryEnd.ABANDONED, Words("Its release has another role now."), now)
        detail = {"canary": str(canary.pk), "release": str(canary.release_id)}
        record(action="canary.abandoned", actor=actor, now=now, about=canary, detail=detail)


def end_canary(canary: Canary, end: CanaryEnd, reason: str, now: datetime) -> None:
    """End the row, if nobody else has.

    Raises:
        CanaryMoved: somebody has.
    """
    ended = Canary.objects.filter(pk=canary.pk, ended_at=None)
    if not ended.update(ended_at=now, end=end, end_reason=reason, hold="", hold_reason="", hold_since=None):
        raise CanaryMoved(share=canary.share)
    canary.refresh_from_db()


def plan_sha256(plan: Mapping[str, Any]) -> str:
    """Return the digest of a plan."""
    return sha256(canonical_json(dict(plan))).hex()


def _locked(canary_id: UUID) -> Canary:
    """Return a canary that goes on, read again behind its policy's lock."""
    found = Canary.objects.filter(pk=canary_id).first()
    if found is None:
        raise NotFound("There is no such canary.")
    locked_policy(found.workflow_id)
    canary = Canary.objects.select_related("release", "champion", "workflow").get(pk=canary_id)
    if canary.ended_at is not None:
        raise CanaryMoved(share=canary.share)
    return canary


def require_more(actor: Actor) -> None:
    """Refuse who may not let the service decide more; the watch moves on what a person has started.

    Raises:
        NotAllowed: it is somebody else.
    """
    if actor.kind != "system":
        require_raiser(actor)


def _require_move(canary: Canary, actor: Actor) -> None:
    """Refuse who may not widen or promote it, and the watch where a person has held it since it looked.

    Raises:
        NotAllowed, CanaryMoved: it may not.
    """
    require_more(actor)
    if actor.kind == "system" and canary.hold == CanaryHold.PERSON:
        raise CanaryMoved(share=canary.share)


def tell(kind: str, canary: Canary, actor: Actor, now: datetime, **facts: Any) -> None:
    """Record a change of a canary, and tell subscribers of it."""
    detail = {"canary": str(canary.pk), "release": canary.release.name, "share": canary.share / 100, **facts}
    record(action=kind, actor=actor, now=now, about=canary.release, detail=detail)
    told = {"release": canary.release.name, "share": canary.share / 100, "reason": facts.get("reason", "")}
    emit([News(kind, canary.release_id, canary.workflow_id, now, told)])
