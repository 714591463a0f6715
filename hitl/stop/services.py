"""Stop all automation at once, and start it again.

Stopping locks no workflow and asks no broker: it writes one row, and the statement that writes a decision
compares it (ADR 0059). So the next case is decided by people in every process, however busy the workflows
are.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from hitl.accounts.automation import require_lowerer, require_raiser
from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict
from hitl.shared.given_reason import checked_reason
from hitl.stop.models import Stop
from hitl.stop.selectors import stop_in_force

MAX_REASON = 200


class NotStopped(Conflict):
    """Automation is not stopped: there is nothing to start."""

    code = "not_stopped"


@transaction.atomic
def stop_everything(*, reason: str, actor: Actor, now: datetime) -> Stop:
    """Send every case of every workflow to people from the next one on.

    Suggestions and the share of blind reviews stay as they are: a stop says nothing against a model. Stopped
    already, nothing changes: the first time and reason are what has to be explained.

    Raises:
        NotAllowed, Invalid: nothing is changed.
    """
    require_lowerer(actor)
    said = checked_reason(reason, most=MAX_REASON)
    if (present := stop_in_force()) is not None:
        return present
    try:
        with transaction.atomic():
            stop = Stop.objects.create(reason=said, stopped_by=actor.name, stopped_at=now)
    except IntegrityError:  # somebody else was faster
        return Stop.objects.get(started_at=None)
    record(action="automation.stopped", actor=actor, now=now, about=stop, detail={"reason": said})
    emit([News("automation.stopped", stop.id, None, now, {"reason": said, "by": actor.name})])
    return stop


@transaction.atomic
def start_everything(*, reason: str, actor: Actor, now: datetime) -> Stop:
    """Let the rules of all workflows decide again; each as far as its own proof, degree and breaker allow.

    Raises:
        NotAllowed, Invalid, NotStopped: nothing is changed.
    """
    require_raiser(actor)
    said = checked_reason(reason, most=MAX_REASON)
    stop = Stop.objects.select_for_update(no_key=True).filter(started_at=None).first()
    if stop is None:
        raise NotStopped
    stop.started_at, stop.started_by, stop.started_because = max(now, stop.stopped_at), actor.name, said
    stop.save(update_fields=["started_at", "started_by", "started_because"])
    detail = {"reason": said, "stopped_at": stop.stopped_at.isoformat(), "stopped_for": stop.reason}
    record(action="automation.started", actor=actor, now=now, about=stop, detail=detail)
    emit([News("automation.started", stop.id, None, now, {"reason": said, "by": actor.name})])
    return stop
