"""Keep, for each workflow, the figures that take long: what audits say of error and budget (ADR 0074)."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from math import isnan
from uuid import UUID

from models_store.selectors import champions_of
from monitoring.models import LiveFigures
from monitoring.promise.live_error import live_error
from monitoring.watch.budget.selectors import running
from monitoring.watch.budget.view import BudgetView
from policy.models import Policy

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(minutes=3)  # the job runs each minute; what is younger is not computed again


def read_figures(*, now: datetime) -> int:
    """Compute anew what is old, or about another champion; return of how many workflows."""
    policies = list(Policy.objects.select_related("workflow").filter(workflow__archived_at=None))
    champions = champions_of([policy.workflow_id for policy in policies])
    kept = figures_of([policy.workflow_id for policy in policies])
    n_read = 0
    for policy in policies:
        release, known = champions.get(policy.workflow_id), kept.get(policy.workflow_id)
        is_fresh = known is not None and now - known.read_at < KEPT_FOR
        if is_fresh and known and known.release_id == (release.pk if release else None):
            continue
        try:
            values = _figures(policy, now)
        except Exception:  # one workflow's trouble must not blind the others
            log.exception("live figures failed", extra={"workflow": str(policy.workflow_id)})
            continue
        LiveFigures.objects.update_or_create(workflow_id=policy.workflow_id, defaults=values)
        n_read += 1
    return n_read


def figures_of(workflow_ids: Collection[UUID]) -> dict[UUID, LiveFigures]:
    """Return what is kept, by workflow."""
    return LiveFigures.objects.in_bulk(workflow_ids)


def _figures(policy: Policy, now: datetime) -> dict[str, object]:
    release = champions_of([policy.workflow_id]).get(policy.workflow_id)
    values: dict[str, object] = {
        "release_id": release.pk if release else None,
        "read_at": now,
        "n_answers": 0,
        **dict.fromkeys(("error", "error_low", "error_high", "budget_used", "burn_rate", "budget_until")),
    }
    if release is not None:
        accepted = live_error(policy, release, now=now).accepted
        if accepted.n and not isnan(accepted.value):
            values |= {"n_answers": accepted.n, "error": accepted.value}
            values |= {"error_low": accepted.interval.low, "error_high": accepted.interval.high}
    period = running(policy.workflow_id, now=now)
    budget = BudgetView(period, policy, now) if period else None
    if budget is not None and budget.counted:
        fullest = max(budget.units, key=lambda one: one.used)
        values |= {"budget_used": fullest.used, "burn_rate": fullest.course.burn_rate}
        values |= {"budget_until": budget.last_day}
    return values
