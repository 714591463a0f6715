"""One run of the error budget over one workflow: line up, take in, look ahead, close."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from hitl.audit.log import record
from hitl.outbox.events import News, emit
from monitoring.models import BudgetPeriod
from monitoring.watch.budget import feed
from monitoring.watch.budget.closing import close_period, is_complete
from monitoring.watch.budget.forecast import forecast_of, is_too_high
from monitoring.watch.budget.periods import ACTOR, line_up
from monitoring.watch.budget.units import budgets_of

log = logging.getLogger(__name__)


def advance(workflow_id: UUID, *, now: datetime, settle: timedelta) -> None:
    """Feed the open periods of a workflow; done again at any time, it does nothing twice."""
    try:
        line_up(workflow_id, now=now, settle=settle)
    except IntegrityError:
        log.info("another run was faster", extra={"workflow": str(workflow_id)})  # untranslated: a log
    begun = BudgetPeriod.objects.filter(workflow_id=workflow_id, closed_at=None, begins_at__lte=now - settle)
    for pk in begun.order_by("begins_at").values_list("pk", flat=True):
        _advance(pk, now=now, settle=settle)


@transaction.atomic
def _advance(pk: UUID, *, now: datetime, settle: timedelta) -> None:
    periods = BudgetPeriod.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    period = periods.select_related("workflow").filter(pk=pk, closed_at=None).first()
    if period is None:
        return
    is_over = feed.feed(period, now=now, settle=settle)
    if is_over and not is_complete(period):  # a decision was written long after it was dated
        feed.begin_again(period)
        is_over = feed.feed(period, now=now, settle=settle) and is_complete(period)
    if is_over:
        close_period(period, now=now)
        return
    if now < period.ends_at:
        _look_ahead(period, now)
    period.save()


def _look_ahead(period: BudgetPeriod, now: datetime) -> None:
    """Say so, once, when the decisions to come look too wrong; the rates of audits follow."""
    period.forecast = forecast_of(period, now=now)
    if not is_too_high(period.forecast):
        period.overspends_since = None
    elif period.overspends_since is None:
        period.overspends_since = now
        facts = {
            "period": str(period.pk),
            "ends_at": period.ends_at.isoformat(),
            "target": period.target,
            "expected_error": period.forecast["error"],
            "estimate": sum(one.spent().estimate for one in budgets_of(period)),
        }
        record(action="budget.overspending", actor=ACTOR, now=now, about=period.workflow, detail=facts)
        emit([News("budget.overspending", period.pk, period.workflow_id, now, facts)])
