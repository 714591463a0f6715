"""What people do with an alarm: acknowledge it, silence it for a while, close it and say what it was."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, NotFound, Problem
from hitl.shared.given_reason import checked_reason
from hitl.shared.transitions import move_one
from hitl.shared.words import Words
from monitoring.alarms.found import facts_of, keep_sign
from monitoring.models import Alarm
from monitoring.types import ALARM_TRANSITIONS, AlarmStatus, Verdict

ANSWERING = (Role.LEAD, Role.OPERATOR)
LONGEST_SILENCE = timedelta(days=30)
_SAY = Words("Say it in a sentence: it stays in the audit log.")


@transaction.atomic
def acknowledge_alarm(*, alarm_id: UUID, actor: Actor, now: datetime) -> Alarm:
    """Say that somebody looks at it.

    Raises:
        NotAllowed, NotFound, Conflict: nothing is changed.
    """
    return _moved(alarm_id, AlarmStatus.ACKNOWLEDGED, "alarm.acknowledged", actor, now, silenced_until=None)


@transaction.atomic
def silence_alarm(*, alarm_id: UUID, until: datetime, actor: Actor, now: datetime, reason: str) -> Alarm:
    """Leave it alone until a time; then it is open again.

    Raises:
        Invalid: no reason, or a time that has passed or lies beyond 30 days.
        NotAllowed, NotFound, Conflict: nothing is changed.
    """
    if not now < until <= now + LONGEST_SILENCE:
        raise Invalid([_problem("until", "is not within the next 30 days", "Choose a time in them.")])
    reason = checked_reason(reason, fix=_SAY)
    return _moved(
        alarm_id,
        AlarmStatus.SILENCED,
        "alarm.silenced",
        actor,
        now,
        {"reason": reason, "until": until.isoformat()},
        silenced_until=until,
    )


@transaction.atomic
def close_alarm(*, alarm_id: UUID, verdict: str, note: str, actor: Actor, now: datetime) -> Alarm:
    """Say what it was. A difference that is still there and was expected is the new normal from then on.

    Raises:
        Invalid: no such verdict, or no word about what was found.
        NotAllowed, NotFound, Conflict: nothing is changed.
    """
    if verdict not in Verdict.values:
        raise Invalid([_problem("verdict", "is none", f"Use one of {', '.join(Verdict.values)}.")])
    note = checked_reason(note, fix=_SAY, field="note")
    alarm = _moved(
        alarm_id,
        AlarmStatus.CLOSED,
        "alarm.closed",
        actor,
        now,
        {"verdict": verdict, "note": note},
        closed_at=now,
        silenced_until=None,
        verdict=verdict,
        note=note,
    )
    keep_sign(workflow_id=alarm.workflow_id, actor=actor, now=now)
    return alarm


def _moved(
    alarm_id: UUID,
    to: AlarmStatus,
    action: str,
    actor: Actor,
    now: datetime,
    said: dict[str, str] | None = None,
    **changes: object,
) -> Alarm:
    if not actor.has(*ANSWERING):
        raise NotAllowed("Alarms are answered by leads and operators.")
    if not Alarm.objects.filter(pk=alarm_id).exists():
        raise NotFound("There is no such alarm.")
    move_one(Alarm.objects.filter(pk=alarm_id), table=ALARM_TRANSITIONS, to=to, **changes)
    alarm = Alarm.objects.get(pk=alarm_id)
    record(action=action, actor=actor, now=now, about=alarm, detail={**facts_of(alarm), **(said or {})})
    return alarm


def _problem(field: str, error: str, fix: str) -> Problem:
    return Problem(field=field, error=error, fix=fix)
