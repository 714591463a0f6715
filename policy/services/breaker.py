"""The switch that takes automation away when the live evidence no longer supports the promise."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cases.services.versions import bump
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from policy.access import require_lowerer, require_raiser
from policy.errors import AlreadyThere
from policy.models import Policy
from policy.services.locking import locked_policy

_LONGEST_REASON = 200


@transaction.atomic
def trip_breaker(*, workflow_id: UUID, reason: str, actor: Actor, now: datetime) -> Policy:
    """Send every case of the workflow to people from the next one on, in every process.

    Tripping a tripped breaker changes nothing: the first time and reason are what has to be explained.

    Raises:
        NotFound, NotAllowed, Invalid: nothing is changed.
    """
    policy = locked_policy(workflow_id)
    require_lowerer(actor)
    if policy.breaker_tripped_at is not None:
        return policy
    policy.breaker_tripped_at, policy.breaker_reason = now, _checked(reason)
    policy.save(update_fields=["breaker_tripped_at", "breaker_reason"])
    bump(workflow_id)
    record(
        action="breaker.tripped",
        actor=actor,
        now=now,
        about=policy.workflow,
        detail={"reason": policy.breaker_reason},
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
    *, workflow_id: UUID, reason: str, actor: Actor, now: datetime, seen: int | None = None
) -> Policy:
    """Let the rule decide again; an operator answers for it with a reason.

    Raises:
        NotFound, NotAllowed, Invalid, AlreadyThere, ChangedMeanwhile: nothing is changed.
    """
    policy = locked_policy(workflow_id, seen=seen)
    require_raiser(actor)
    if policy.breaker_tripped_at is None:
        raise AlreadyThere("The breaker has not tripped.")
    detail = {
        "reason": _checked(reason),
        "tripped_at": policy.breaker_tripped_at.isoformat(),
        "tripped_for": policy.breaker_reason,
    }
    policy.breaker_tripped_at, policy.breaker_reason = None, ""
    policy.save(update_fields=["breaker_tripped_at", "breaker_reason"])
    bump(workflow_id)
    record(action="breaker.reset", actor=actor, now=now, about=policy.workflow, detail=detail)
    return policy


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        error = f"The reason has {len(reason)} characters."
        fix = f"Say why in 1 to {_LONGEST_REASON} characters."
        raise Invalid([{"field": "reason", "error": error, "fix": fix}])
    return reason
