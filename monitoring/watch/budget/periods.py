"""Begin a workflow's periods, each with terms that are fixed before its first decision (ADR 0055)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from hitl.audit.log import record
from hitl.shared.actor import system
from monitoring.models import BudgetPeriod
from monitoring.watch import draws
from monitoring.watch.budget.calendar import end_of_period
from monitoring.watch.budget.plan import Planned, as_columns, plan_period
from monitoring.watch.budget.units import fresh
from policy.models import Policy
from policy.services.alarms import declare_least
from policy.services.locking import locked_policy

ACTOR = system("error budget")
AHEAD = timedelta(days=1)  # the next period's terms are fixed so long before it begins
PLANNED_ANEW = timedelta(hours=1)  # while nothing has been automated


def line_up(workflow_id: UUID, *, now: datetime, settle: timedelta) -> None:
    """See that a period runs, that the next one is settled before it begins, and that none is left between.

    The first begins `settle` from now, once every process audits as often as is declared. While nothing has
    been automated, a period is planned anew: the plan of a workflow without traffic is a guess.
    """
    if _step(workflow_id, now) is None and _declared(workflow_id) == _wanted(workflow_id, now):
        return
    with transaction.atomic():
        policy = locked_policy(workflow_id)
        step = _step(workflow_id, now)
        if step is not None:
            step(policy, _last(workflow_id), now, settle)
        declare_least(workflow_id, rate=_wanted(workflow_id, now), actor=ACTOR, now=now)


Step = Callable[[Policy, BudgetPeriod | None, datetime, timedelta], None]


def _step(workflow_id: UUID, now: datetime) -> Step | None:
    """Return what is to be done now."""
    last = _last(workflow_id)
    if last is None or last.closed_at is not None or last.ends_at <= now:
        return _begin_now
    if last.begins_at > now:
        return None
    if last.ends_at - AHEAD <= now:
        return _begin_next
    is_young = now - last.frozen_at < PLANNED_ANEW
    if is_young or draws.delivered(workflow_id, since=last.begins_at, until=now).exists():
        return None
    return _plan_anew


def _last(workflow_id: UUID) -> BudgetPeriod | None:
    return BudgetPeriod.objects.filter(workflow_id=workflow_id).order_by("-begins_at").first()


def _begin_now(policy: Policy, last: BudgetPeriod | None, now: datetime, settle: timedelta) -> None:
    """Begin the first period; or the next where nothing ran this in time: until then the last one goes on."""
    begins_at = now + settle
    if last is not None and last.closed_at is None:
        BudgetPeriod.objects.filter(pk=last.pk).update(ends_at=begins_at)
    _begin(policy, begins_at=begins_at, now=now)


def _begin_next(policy: Policy, last: BudgetPeriod | None, now: datetime, settle: timedelta) -> None:
    if last is not None:
        _begin(policy, begins_at=last.ends_at, now=now)


def _begin(policy: Policy, *, begins_at: datetime, now: datetime) -> None:
    ends_at = end_of_period(begins_at, policy.budget_period)
    planned = plan_period(policy, begins_at=begins_at, ends_at=ends_at, now=now)
    period = BudgetPeriod.objects.create(
        workflow_id=policy.workflow_id,
        length=policy.budget_period,
        begins_at=begins_at,
        ends_at=ends_at,
        frozen_at=now,
        scope=policy.scope,
        loss=policy.loss,
        target=policy.target,
        confidence=policy.confidence,
        read_at=now,
        states=_states(planned, policy.loss),
        **as_columns(planned),
    )
    _record(period, "budget.planned", now)


def _plan_anew(policy: Policy, period: BudgetPeriod | None, now: datetime, settle: timedelta) -> None:
    """Nothing was delivered yet, so what is promised of the period may still change, and its plan."""
    if period is None:
        return
    for name in ("scope", "loss", "target", "confidence"):
        setattr(period, name, getattr(policy, name))
    planned = plan_period(policy, begins_at=now, ends_at=period.ends_at, now=now)
    before = period.terms
    for name, value in (as_columns(planned) | {"states": _states(planned, policy.loss)}).items():
        setattr(period, name, value)
    period.frozen_at = period.read_at = now
    period.cursor_at = period.cursor_case = None
    period.save()
    if period.terms != before:
        _record(period, "budget.planned", now)


def _states(planned: Planned, loss: str) -> list[object]:
    return [budget.to_json() for budget in fresh(planned.terms, loss)]


def _wanted(workflow_id: UUID, now: datetime) -> float:
    """Return the highest rate declared by a period that takes decisions in, or is about to."""
    going_on = BudgetPeriod.objects.filter(workflow_id=workflow_id, ends_at__gt=now)
    rates = [one["rate"] for terms in going_on.values_list("terms", flat=True) for one in terms]
    return max(rates, default=0.0)


def _declared(workflow_id: UUID) -> float:
    return Policy.objects.values_list("audit_least", flat=True).get(workflow_id=workflow_id)


def _record(period: BudgetPeriod, action: str, now: datetime) -> None:
    detail = {
        "period": str(period.pk),
        "begins_at": period.begins_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "scope": period.scope,
        "loss": period.loss,
        "units": period.units,
        "terms": period.terms,
        "plan": period.plan,
    }
    record(action=action, actor=ACTOR, now=now, about=period.workflow, detail=detail)
