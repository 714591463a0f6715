"""What a person does so that a release decides more: start its canary, widen it, promote it.

Where the policy asks for a second person, one operator asks and another approves; until then nothing changes.
What was asked for holds only while the release has the role and share that it was asked for in.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from hitl.accounts.automation import require_lowerer, require_raiser
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotFound
from hitl.shared.given_reason import checked_reason
from hitl.shared.transitions import move_one
from hitl.shared.words import Words
from models_store.models import Release, RoleSpan
from models_store.selectors import champion, previous_champion
from models_store.services import roles
from models_store.types import ReleaseRole
from monitoring.watch.canary.plan import plan_of
from policy.errors import CanaryMoved, NoModel, SecondPersonNeeded
from policy.models import Policy
from policy.models.canaries import ReleaseChange
from policy.selectors import open_canary
from policy.services import canaries, canary_start
from policy.services.locking import locked_policy
from policy.types import CHANGE_TRANSITIONS, ChangeStatus, ReleaseAction


def change_release(
    *,
    release_id: UUID,
    action: ReleaseAction,
    actor: Actor,
    now: datetime,
    reason: str,
    seen: str | None = None,
) -> ReleaseChange | None:
    """Do it, or ask for it where that takes two people; return what was asked for.

    Args:
        seen: what `present_role` said when the caller looked; None leaves that unchecked.

    Raises:
        NotFound, NotAllowed, Invalid, NoModel, EvidenceMissing, CanaryMoved, RoleMoved, RoleRefused,
        SchemaChanged, ArtifactRefused: nothing is changed.
    """
    require_raiser(actor)
    release = _release(release_id)
    words = checked_reason(
        reason, fix=Words("Say why: it stays in the model's history and in the audit log.")
    )
    policy = Policy.objects.get(workflow_id=release.workflow_id)
    if policy.needs_second_person and not _is_way_back(release, action):
        return _ask(release, action, words, seen, actor, now)
    _make(release, action, words, seen, actor, now)
    return None


def approve_change(*, change_id: UUID, actor: Actor, now: datetime) -> ReleaseChange:
    """Do what another operator asked for, if the release is as it was then.

    Raises:
        SecondPersonNeeded: the actor asked for it.
        NotFound, NotAllowed, Conflict, and as `change_release`: nothing is changed.
    """
    require_raiser(actor)
    found = _change(change_id)
    if found.asked_by_id == actor.id:
        raise SecondPersonNeeded
    with transaction.atomic():
        locked_policy(found.workflow_id)
        _settle(found, ChangeStatus.MADE, actor, now)
        reason = Words("%(reason)s (asked for by %(by)s)", reason=found.reason, by=found.asked_by)
        _make(found.release, ReleaseAction(found.action), reason, found.seen, actor, now)
    return found


@transaction.atomic
def decline_change(*, change_id: UUID, actor: Actor, now: datetime) -> ReleaseChange:
    """Turn down, or take back, what waits for a second person.

    Raises:
        NotFound, NotAllowed, Conflict: nothing is changed.
    """
    require_lowerer(actor)
    found = _change(change_id)
    _settle(found, ChangeStatus.DECLINED, actor, now)
    record(action="release.change_declined", actor=actor, now=now, about=found.release, detail=_detail(found))
    return found


def present_role(release: Release) -> str:
    """Return the role of a release, with its share while it is a canary: what a change is asked for in."""
    span = RoleSpan.objects.filter(release=release, until=None).first()
    role = span.role if span else ReleaseRole.TRAINED.value
    canary = open_canary(release.workflow_id)
    if role == ReleaseRole.CANARY and canary is not None and canary.release_id == release.pk:
        return f"{role} {canary.share}"
    return str(role)


def _is_way_back(release: Release, action: ReleaseAction) -> bool:
    """Whether it is the way back to the last champion: that one must be quick, and decided until just now."""
    return action is ReleaseAction.PROMOTE and previous_champion(release.workflow_id) == release


@transaction.atomic
def _ask(
    release: Release, action: ReleaseAction, reason: str, seen: str | None, actor: Actor, now: datetime
) -> ReleaseChange:
    locked_policy(release.workflow_id)
    role = present_role(release)
    if seen is not None and seen != role:
        raise CanaryMoved(role=role)
    ReleaseChange.objects.filter(release=release, status=ChangeStatus.ASKED).update(
        status=ChangeStatus.DECLINED, settled_by=actor.name, settled_at=now
    )
    change = ReleaseChange.objects.create(
        workflow_id=release.workflow_id,
        release=release,
        action=action,
        seen=role,
        reason=reason,
        asked_by=actor.name,
        asked_by_id=actor.id,
        asked_at=now,
    )
    record(action="release.change_asked", actor=actor, now=now, about=release, detail=_detail(change))
    return change


def _make(
    release: Release, action: ReleaseAction, reason: str, seen: str | None, actor: Actor, now: datetime
) -> None:
    role = present_role(release)
    if seen is not None and seen != role:
        raise CanaryMoved(role=role)
    canary = open_canary(release.workflow_id)
    own = canary if canary is not None and canary.release_id == release.pk else None
    if action is ReleaseAction.CANARY:
        before = champion(release.workflow_id)
        if before is None:
            raise NoModel
        policy = Policy.objects.get(workflow_id=release.workflow_id)
        labels = canary_start.canary_settings(release.workflow_id).min_labels
        plan = plan_of(policy, before, min_labels=labels, now=now)
        canary_start.start_canary(
            release_id=release.pk, plan=plan, actor=actor, now=now, reason=reason, seen=role
        )
    elif action is ReleaseAction.WIDEN:
        if own is None:
            raise CanaryMoved(role=role)
        canaries.widen_canary(canary_id=own.pk, actor=actor, now=now, reason=reason, seen=own.share)
    elif own is not None:
        canaries.promote_canary(canary_id=own.pk, actor=actor, now=now, reason=reason)
    else:
        roles.promote(release_id=release.pk, actor=actor, now=now, reason=reason, seen=role)


def _settle(change: ReleaseChange, status: ChangeStatus, actor: Actor, now: datetime) -> None:
    row = ReleaseChange.objects.filter(pk=change.pk)
    move_one(row, table=CHANGE_TRANSITIONS, to=status, settled_by=actor.name, settled_at=now)
    change.status, change.settled_by, change.settled_at = status, actor.name, now


def _release(release_id: UUID) -> Release:
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise NotFound("There is no such model.")
    return release


def _change(change_id: UUID) -> ReleaseChange:
    change = ReleaseChange.objects.select_related("release").filter(pk=change_id).first()
    if change is None:
        raise NotFound(change_id=str(change_id))
    if change.status != ChangeStatus.ASKED:
        raise Conflict("This no longer waits for approval.")
    return change


def _detail(change: ReleaseChange) -> dict[str, str]:
    return {
        "release": change.release.name,
        "change": change.action,
        "seen": change.seen,
        "reason": change.reason,
        "asked_by": change.asked_by,
    }
