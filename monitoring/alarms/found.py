"""Raise an alarm, confirm it, clear it: what a check does with what it has found."""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from uuid import UUID

from django.db import transaction

from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from monitoring.alarms.contract import Contract
from monitoring.models import Alarm
from monitoring.signs.raised import clear_sign, raise_sign
from monitoring.types import AlarmStatus, CountFamily, SignKind


@dataclass(frozen=True, slots=True)
class Finding:
    """How large a difference is, in which window, and what it was held against; both in [0, 1]."""

    value: float
    threshold: float
    window_from: datetime
    window_until: datetime


@transaction.atomic
def raise_alarm(
    *, workflow_id: UUID, contract: Contract, finding: Finding, actor: Actor, now: datetime
) -> Alarm:
    """Raise a metric's alarm, or confirm the one that is not closed; what had passed stands again."""
    if not isfinite(finding.value) or not isfinite(finding.threshold):
        raise ValueError("an alarm needs a value and a threshold")
    alarm, is_new = Alarm.objects.select_for_update(no_key=True).get_or_create(
        **_named(workflow_id, contract),
        closed_at=None,
        defaults={
            "severity": contract.severity,
            "window_from": finding.window_from,
            "window_until": finding.window_until,
            "value": finding.value,
            "threshold": finding.threshold,
            "raised_at": now,
            "seen_at": now,
        },
    )
    was_passed = alarm.cleared_at is not None
    if not is_new:
        alarm.value, alarm.threshold, alarm.cleared_at = finding.value, finding.threshold, None
        alarm.window_from, alarm.window_until = finding.window_from, finding.window_until
        alarm.seen_at = max(now, alarm.seen_at)
        alarm.save()
    if is_new or was_passed:
        _tell("alarm.raised", alarm, actor, now)
    return alarm


@transaction.atomic
def clear_alarm(*, workflow_id: UUID, contract: Contract, actor: Actor, now: datetime) -> bool:
    """Note that a difference has passed; return whether an alarm stood. It is listed until it is closed."""
    rows = Alarm.objects.select_for_update(no_key=True)
    alarm = rows.filter(**_named(workflow_id, contract), closed_at=None, cleared_at=None).first()
    if alarm is None:
        return False
    alarm.cleared_at = max(now, alarm.raised_at)
    alarm.save(update_fields=["cleared_at"])
    _tell("alarm.cleared", alarm, actor, now)
    return True


@transaction.atomic
def end_silences(*, now: datetime, actor: Actor) -> int:
    """Open the alarms again whose silence is over; return how many."""
    rows = Alarm.objects.select_for_update(no_key=True, skip_locked=True)
    over = list(rows.filter(status=AlarmStatus.SILENCED, silenced_until__lte=now).order_by("id"))
    for alarm in over:
        alarm.status, alarm.silenced_until = AlarmStatus.OPEN, None
        alarm.save(update_fields=["status", "silenced_until"])
        record(action="alarm.silence_ended", actor=actor, now=now, about=alarm, detail=facts_of(alarm))
    return len(over)


def keep_sign(*, workflow_id: UUID, actor: Actor, now: datetime) -> None:
    """Let the early sign of drift stand while an alarm of inputs or outputs does, and no longer."""
    standing = Alarm.objects.filter(
        workflow_id=workflow_id,
        family__in=(CountFamily.INPUT, CountFamily.OUTPUT),
        closed_at=None,
        cleared_at=None,
    )
    largest = standing.order_by("-value").first()
    if largest is None:
        clear_sign(workflow_id=workflow_id, kind=SignKind.DATA_DRIFT, actor=actor, now=now)
        return
    evidence = {"alarms": standing.count(), "largest_difference": round(largest.value, 4)}
    raise_sign(workflow_id=workflow_id, kind=SignKind.DATA_DRIFT, evidence=evidence, actor=actor, now=now)


def facts_of(alarm: Alarm) -> dict[str, object]:
    """Return what is told of an alarm: names and numbers, no content of a case."""
    return {
        "alarm": str(alarm.pk),
        "family": alarm.family,
        "field": alarm.field,
        "measure": alarm.measure,
        "reference": alarm.reference,
        "severity": alarm.severity,
        "value": round(alarm.value, 4),
        "threshold": round(alarm.threshold, 4),
        "window_from": alarm.window_from.isoformat(),
        "window_until": alarm.window_until.isoformat(),
    }


def _named(workflow_id: UUID, contract: Contract) -> dict[str, object]:
    return {"workflow_id": workflow_id, **contract.key._asdict(), "reference": contract.reference}


def _tell(kind: str, alarm: Alarm, actor: Actor, now: datetime) -> None:
    facts = facts_of(alarm)
    record(action=kind, actor=actor, now=now, about=alarm, detail=facts)
    emit([News(kind, alarm.pk, alarm.workflow_id, now, facts)])
