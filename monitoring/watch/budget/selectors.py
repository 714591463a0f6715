"""Questions about error budgets."""

from datetime import datetime
from uuid import UUID

from monitoring.models import BudgetPeriod
from policy.models import Policy


def policy_of(workflow_id: UUID) -> Policy:
    """Return the workflow's policy."""
    return Policy.objects.get(workflow_id=workflow_id)


def closed_period(workflow_id: UUID, period_id: UUID) -> BudgetPeriod | None:
    """Return a closed period of a workflow; None if there is none, or it is not closed yet."""
    closed = BudgetPeriod.objects.select_related("workflow").filter(closed_at__isnull=False)
    return closed.filter(pk=period_id, workflow_id=workflow_id).first()


def running(workflow_id: UUID, *, now: datetime) -> BudgetPeriod | None:
    """Return the period that takes decisions in now; None before the first begins."""
    periods = BudgetPeriod.objects.select_related("workflow").filter(workflow_id=workflow_id)
    return periods.filter(begins_at__lte=now, ends_at__gt=now).order_by("-begins_at").first()


def ended(workflow_id: UUID, *, now: datetime, most: int = 12) -> list[BudgetPeriod]:
    """Return the latest periods that are over, newest first; one that is not closed waits for its audits."""
    periods = BudgetPeriod.objects.select_related("workflow").filter(
        workflow_id=workflow_id, ends_at__lte=now
    )
    return list(periods.order_by("-begins_at")[:most])


def is_overspending(workflow_id: UUID) -> bool:
    """Tell whether decisions to come look too wrong for the promise."""
    periods = BudgetPeriod.objects.filter(workflow_id=workflow_id, closed_at=None)
    return periods.exclude(overspends_since=None).exists()
