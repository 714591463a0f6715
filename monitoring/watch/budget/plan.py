"""What a period is held to, and how often it takes audits to prove it kept; settled before it begins."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from cases.models import SchemaVersion
from monitoring.models import BudgetPeriod
from monitoring.tallies.traffic import Traffic, traffic_of_week
from monitoring.watch.overdue_audits import audit_capacity
from policy.models import Policy
from policy.proof.terms import costs_of, misses
from policy.types import LossKind, Scope
from science.guarantee.audits import AuditPolicy
from science.guarantee.budget_plan import HEALTHY, POWER, BudgetPlan, chance_of_kept, plan_budget
from science.guarantee.budget_verdict import Terms
from science.guarantee.misses import correct_for_misses

FROM_BELOW = 0.8  # of the decisions expected are declared: a period with fewer is hard to prove
UNTIL_THEN = 0.5  # of the cases are taken to be automated, before anything is
SHORT = 0.1  # of the doubt is kept for periods with fewer decisions than declared
WORTH_IT = 0.5  # chance of a proof from which on it is worth more audits
NOTHING_KNOWN = 0.99  # bound of what reviewers miss, where it is to be allowed for and nothing bounds it
_WEEK = timedelta(days=7)
_MIN_RATE = 1e-4  # rate that is planned with where nobody answers audits
_FEW = 100  # audits from which on the share that nobody answered says something


@dataclass(frozen=True, slots=True)
class Planned:
    """Terms and plan of a period: what its row holds."""

    units: list[str | None]
    terms: list[Terms]
    costs: dict[str, float]
    plan: dict[str, Any]

    @property
    def rate(self) -> float:
        """The rate that is declared: no decision of the period is audited less often."""
        return max(one.rate for one in self.terms)


def plan_period(policy: Policy, *, begins_at: datetime, ends_at: datetime, now: datetime) -> Planned:
    """Settle the terms of a period from what is known before it.

    Audits are planned within the rate that is promised for doubtful times and within what reviewers do. Where
    even that gives no fair chance of a proof, audits stay as they are: more would cost people's time for
    nothing.
    """
    labels = _labels(policy.workflow_id)
    units: list[str | None] = [None] if policy.scope == Scope.OVERALL else list(labels)
    weeks = (ends_at - begins_at) / _WEEK
    week = traffic_of_week(policy.workflow_id, now=now)
    expected = weeks * _weekly(week)
    base = _base_terms(policy, len(units))
    wanted = [
        replace(base, decisions=max(1, math.floor(FROM_BELOW * n))) for n in _shared(expected, units, week)
    ]
    capacity = audit_capacity(policy.workflow_id, now=now)
    most = (
        policy.audit_amber
        if capacity is None
        else min(policy.audit_amber, capacity * weeks / max(1.0, expected))
    )
    unanswered = _unanswered(policy.workflow_id)
    plans = [_within(most, one, unanswered) for one in wanted]
    rate = AuditPolicy(base=policy.audit_base, amber=policy.audit_amber).floor(policy.audit_base)
    worth = [plan.terms.rate for plan in plans if plan.kept >= WORTH_IT]
    is_raised = policy.audits_for_budget and policy.loss == LossKind.ERRORS and bool(worth)
    if is_raised:
        rate = max(rate, *worth)
    terms = [replace(one, rate=rate) for one in wanted]
    plan = {
        "expected": round(expected),
        "is_raised": is_raised,
        "unanswered": unanswered,
        "capacity": None if capacity is None else round(capacity * weeks),
        "units": [_said(one, plan, unanswered) for one, plan in zip(terms, plans, strict=True)],
    }
    is_costly = policy.loss == LossKind.COSTS
    costs = dict(zip(labels, costs_of(policy, labels), strict=True)) if is_costly else {}
    return Planned(units, terms, costs, plan)


def _within(most: float, terms: Terms, unanswered: float) -> BudgetPlan:
    """Plan a unit with at most this rate; of few decisions a whole number of audits may be more than that."""
    plan = plan_budget(terms, unanswered=unanswered, capacity=max(1, math.floor(most * terms.decisions)))
    if plan.terms.rate <= most:
        return plan
    at_most = replace(plan.terms, rate=max(most, _MIN_RATE))
    kept = _chance(at_most, unanswered)
    return replace(plan, terms=at_most, kept=kept, is_enough=kept >= POWER)


def _chance(terms: Terms, unanswered: float) -> float:
    """Return the chance that a healthy period is proved kept."""
    healthy = {"error": HEALTHY * terms.target, "unanswered": unanswered}
    return float(chance_of_kept(terms, np.array([terms.rate]), **healthy)[0])


def _base_terms(policy: Policy, n_units: int) -> Terms:
    delta = (1 - policy.confidence) / n_units
    missed, kept = 0.0, delta
    if policy.corrects_misses:
        seen = misses(policy.workflow_id)
        try:
            corrected = correct_for_misses(seen.missed, seen.known, target=policy.target, delta=delta)
            missed, kept = min(corrected.miss_bound, NOTHING_KNOWN), corrected.delta
        except ValueError:
            missed = NOTHING_KNOWN
    return Terms(policy.target, 1, 1.0, kept, delta, missed, SHORT)


def _said(terms: Terms, plan: BudgetPlan, unanswered: float) -> dict[str, Any]:
    """Return what the plan of a unit says: with the rate that is declared, and with what it would take."""
    return {
        "audits": round(terms.rate * terms.decisions),
        "kept": _chance(terms, unanswered),
        "affordable_rate": plan.terms.rate,
        "affordable_kept": plan.kept,
        "is_enough": plan.is_enough,
        "wanted_rate": plan.wanted_rate,
        "wanted_audits": plan.wanted_audits,
        "longer": plan.longer,
        "looser": plan.looser,
    }


def expected_decisions(workflow_id: UUID, weeks: float, *, now: datetime) -> float:
    """Return how many decisions the model will make in so many weeks, by those of the last one."""
    return weeks * _weekly(traffic_of_week(workflow_id, now=now))


def _weekly(week: Traffic) -> float:
    return week.automatic or UNTIL_THEN * week.total


def _shared(expected: float, units: Sequence[str | None], week: Traffic) -> list[float]:
    """Share the decisions among the units as those of last week were; equally before there were any."""
    counts = [week.automatic if label is None else week.labels.get(label, 0) for label in units]
    whole = sum(counts)
    return [expected * count / whole if whole else expected / len(units) for count in counts]


def _labels(workflow_id: UUID) -> list[str]:
    version = SchemaVersion.objects.filter(workflow_id=workflow_id).order_by("-number").first()
    return version.label_names if version is not None else []


def _unanswered(workflow_id: UUID) -> float:
    """Return the share of audits that nobody answered in the last period that has enough of them."""
    closed = BudgetPeriod.objects.filter(workflow_id=workflow_id, closed_at__isnull=False)
    for results in closed.order_by("-begins_at").values_list("results", flat=True)[:4]:
        audits = sum(one["audits"] for one in results)
        if audits >= _FEW:
            return float(sum(one["unanswered"] for one in results) / audits)
    return 0.0


def as_columns(planned: Planned) -> dict[str, Any]:
    """Return the columns of a row that hold it."""
    return {
        "units": planned.units,
        "terms": [asdict(one) for one in planned.terms],
        "costs": planned.costs,
        "plan": planned.plan,
    }
