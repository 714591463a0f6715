"""The breaker: people decide everything when live evidence no longer supports the promise."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.accounts.automation import require_lowerer, require_raiser
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.given_reason import checked_reason
from hitl.shared.words import Words
from policy.errors import AlreadyThere
from policy.models import Policy
from policy.services.locking import locked_policy
from policy.types import TrippedBy

MAX_REASON = 200


@transaction.atomic
def trip_breaker(
    *, workflow_id: UUID, reason: str, actor: Actor, now: datetime, by: str = TrippedBy.PERSON
) -> Policy:
    """Send every case of the workflow to people from the next one on, in every process.

    They answer blind from now on: only such answers can prove the promise again. Tripping a tripped breaker
    changes nothing: the first time and reason are what has to be explained.

    Raises:
        NotFound, NotAllowed, Invalid: nothing is changed.
    """
    policy = locked_policy(workflow_id)
    require_lowerer(actor)
    if policy.breaker_tripped_at is not None:
        return policy
    policy.breaker_tripped_at, policy.breaker_by = now, by
    policy.breaker_reason = checked_reason(reason, most=MAX_REASON)
    policy.blind_rate = 1.0
    policy.save(update_fields=["breaker_tripped_at", "breaker_reason", "breaker_by", "blind_rate"])
    bump(workflow_id)
    record(
        action="breaker.tripped",
        actor=actor,
        now=now,
        about=policy.workflow,
        detail={"reason": policy.breaker_reason, "by": by},
    )
    emit(
        [
            News(
                kind="breaker.tripped",
                subject_id=workflow_id,
                workflow_id=workflow_id,
                at=now,
                payload={"reason": policy.breaker_reason},
            )
        ]
    )
    return policy


@transaction.atomic
def reset_breaker(
    *, workflow_id: UUID, reason: str, actor: Actor, now: datetime, seen: str | None = None
) -> Policy:
    """Reset the breaker, so that the rule decides again; an operator gives the reason.

    Raises:
        NotFound, NotAllowed, Invalid, AlreadyThere, ChangedMeanwhile: nothing is changed.
    """
    policy = locked_policy(workflow_id, seen=seen)
    require_raiser(actor)
    if policy.breaker_tripped_at is None:
        raise AlreadyThere("The breaker has not tripped.")
    _reset(policy, checked_reason(reason, most=MAX_REASON), actor, now)
    return policy


PROVED_AGAIN = Words("The promise has been proved again on labels from after the alarm.")
BELIEVED_AGAIN = Words(
    "A model that learned since the alarm is believed to keep the promise, on labels from after it."
    " A part of what it accepts is automated until live answers prove it."
)


def rearm(policy: Policy, *, is_proved: bool, actor: Actor, now: datetime) -> bool:
    """Reset the breaker because the promise is proved again, or believed again, inside the caller's lock.

    A belief lets a part be automated again, as for any first model (ADR 0080). Only what live evidence took
    away does evidence give back; what a person tripped, a person resets.
    """
    if policy.breaker_tripped_at is None or policy.breaker_by != TrippedBy.EVIDENCE:
        return False
    blind_rate = policy.blind_rate
    _reset(policy, PROVED_AGAIN if is_proved else BELIEVED_AGAIN, actor, now)
    # A provisional proof is to be confirmed by blind answers: the watch lowers their share once it is.
    policy.blind_rate = blind_rate
    policy.save(update_fields=["blind_rate"])
    return True


def _reset(policy: Policy, reason: str, actor: Actor, now: datetime) -> None:
    detail = {
        "reason": reason,
        "tripped_at": policy.breaker_tripped_at.isoformat() if policy.breaker_tripped_at else "",
        "tripped_for": policy.breaker_reason,
    }
    policy.breaker_tripped_at, policy.breaker_reason, policy.breaker_by = None, "", ""
    policy.audit_rate, policy.blind_rate = policy.audit_base, policy.blind_share
    policy.save(
        update_fields=["breaker_tripped_at", "breaker_reason", "breaker_by", "audit_rate", "blind_rate"]
    )
    bump(policy.workflow_id)
    record(action="breaker.reset", actor=actor, now=now, about=policy.workflow, detail=detail)
    emit([News("breaker.reset", policy.workflow_id, policy.workflow_id, now, {"reason": reason})])
