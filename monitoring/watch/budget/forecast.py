"""What is believed of the decisions to come, from the latest audits; it proves nothing."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitoring.models import BudgetPeriod
from monitoring.watch import draws
from monitoring.watch.draws import MAX_DRAWN
from policy.models import CutoffSet
from science.guarantee.budget_course import SURE, to_come

WINDOW = timedelta(days=28)
MIN_AUDITS = 20  # audits without which nothing is believed


def forecast_of(period: BudgetPeriod, *, now: datetime) -> dict[str, Any]:
    """Return the believed error of decisions to come, by audits since what decides has last changed.

    An answer that is not final counts by what was said; what nobody has said anything of counts for nothing
    here, and as wrong in what is proved.
    """
    since = max(period.begins_at, now - WINDOW, _changed(period, now))
    rows = draws.delivered(period.workflow_id, since=since, until=now)
    drawn = draws.drawn_after(rows, None, until=now, now=now)[:MAX_DRAWN]
    said = [(one.loss if one.is_final else one.hint, one) for one in drawn]
    known = [(loss, one) for loss, one in said if loss is not None]
    losses = np.array([loss * period.costs.get(one.predicted, 1.0) for loss, one in known])
    weights = np.array([1 / (one.audit_rate or one.inclusion_probability) for _, one in known])
    audits = float(weights.sum() ** 2 / (weights @ weights)) if known else 0.0  # Kish's effective number
    wrong = audits * float(weights @ losses / weights.sum()) if known else 0.0
    believed = to_come(wrong, audits, target=period.target)
    return asdict(believed) | {"wrong": wrong, "audits": audits, "since": since.isoformat()}


def is_too_high(forecast: dict[str, Any]) -> bool:
    """Tell whether it is nearly sure that decisions to come exceed the target."""
    return bool(forecast["audits"] >= MIN_AUDITS and forecast["above"] >= SURE)


def _changed(period: BudgetPeriod, now: datetime) -> datetime:
    sets = CutoffSet.objects.filter(workflow_id=period.workflow_id, in_force_from__lte=now)
    last = sets.order_by("-in_force_from").values_list("in_force_from", flat=True).first()
    return last or period.begins_at
