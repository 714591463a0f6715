"""Set the terms of a metric's alarm, and go back to the usual ones; past ones stay in the history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cases.models import Workflow
from hitl.accounts.types import Role
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotAllowed, Problem
from monitoring.models import AlarmRule
from monitoring.types import MetricKey, Reference

SETTING = (Role.OPERATOR,)


@transaction.atomic
def set_alarm_rule(
    *,
    workflow_id: UUID,
    key: MetricKey,
    reference: Reference,
    least_effect: float,
    is_watched: bool,
    reason: str,
    back_test: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> AlarmRule:
    """Put terms into force from the next check on.

    Args:
        least_effect: smallest difference of interest, in [0, 1].
        is_watched: False: it is read and shown, and raises no alarm.
        back_test: what the terms would have done on what was read here, as it was shown.

    Raises:
        NotAllowed, Invalid: nothing is changed.
    """
    _require(actor, reason)
    if not 0 < least_effect <= 1:
        error = Problem(field="least_effect", error="is no share", fix="Use a number above 0, at most 1.")
        raise Invalid([error])
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)
    _end(workflow_id, key, reference, now)
    rule = AlarmRule.objects.create(
        workflow_id=workflow_id,
        **key._asdict(),
        reference=reference,
        least_effect=least_effect,
        is_watched=is_watched,
        reason=reason,
        back_test=dict(back_test),
        set_by=actor.name,
        set_at=now,
    )
    _note("alarm_rule.set", rule, actor, now)
    return rule


@transaction.atomic
def end_alarm_rule(
    *, workflow_id: UUID, key: MetricKey, reference: Reference, reason: str, actor: Actor, now: datetime
) -> bool:
    """Go back to the usual terms; return whether others were in force.

    Raises:
        NotAllowed, Invalid: nothing is changed.
    """
    _require(actor, reason)
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow_id)
    rule = _end(workflow_id, key, reference, now)
    if rule is not None:
        rule.reason = reason
        _note("alarm_rule.ended", rule, actor, now)
    return rule is not None


def _require(actor: Actor, reason: str) -> None:
    if not actor.has(*SETTING):
        raise NotAllowed("The terms of alarms are set by operators.")
    if not reason.strip():
        raise Invalid([Problem(field="reason", error="is empty", fix="Say why: it stays in the history.")])


def _end(workflow_id: UUID, key: MetricKey, reference: Reference, now: datetime) -> AlarmRule | None:
    rows = AlarmRule.objects.filter(workflow_id=workflow_id, reference=reference, **key._asdict())
    rule = rows.filter(ended_at=None).first()
    if rule is not None:
        AlarmRule.objects.filter(pk=rule.pk).update(ended_at=now)
    return rule


def _note(action: str, rule: AlarmRule, actor: Actor, now: datetime) -> None:
    detail = {
        "family": rule.family,
        "field": rule.field,
        "measure": rule.measure,
        "reference": rule.reference,
        "least_effect": rule.least_effect,
        "is_watched": rule.is_watched,
        "reason": rule.reason,
        "back_test": rule.back_test,
    }
    record(action=action, actor=actor, now=now, about=Workflow(pk=rule.workflow_id), detail=detail)
