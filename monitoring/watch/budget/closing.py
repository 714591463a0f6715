"""Close a period: its verdict, the evidence it rests on, their hash in the signed audit log (ADR 0055)."""

from datetime import datetime
from typing import Any

from hitl.audit.log import checkpoint, record
from hitl.outbox.events import News, emit
from hitl.shared.canonical import canonical_json, sha256
from monitoring.models import BudgetPeriod, BudgetVerdict
from monitoring.watch.budget.feed import all_audits, count_by_label, delivered_in
from monitoring.watch.budget.periods import ACTOR
from monitoring.watch.budget.units import budgets_of, terms_of
from policy.types import LossKind
from science.guarantee.budget_evidence import period_evidence, verdict_json
from science.guarantee.budget_verdict import close


def is_complete(period: BudgetPeriod) -> bool:
    """Tell whether every decision of the period was taken in, and none twice: counted anew."""
    counted = [n for n, _ in count_by_label(delivered_in(period), period)]
    return [one.decisions for one in budgets_of(period)] == counted


def close_period(period: BudgetPeriod, *, now: datetime) -> None:
    """Give the verdict of a period that is all taken in; the caller has locked its row and saves it.

    What comes later, an answer or an amendment, does not change it.
    """
    terms, budgets = terms_of(period), budgets_of(period)
    verdicts = [close(one, budget) for one, budget in zip(terms, budgets, strict=True)]
    period.results = [
        {"label": label, **_without_terms(verdict_json(one))}
        for label, one in zip(period.units, verdicts, strict=True)
    ]
    period.evidence = [
        {"label": label, **_evidence(period, one, budget, audits)}
        for label, one, budget, audits in zip(
            period.units, terms, budgets, all_audits(period, now=now), strict=True
        )
    ]
    period.closed_at, period.overspends_since = now, None
    period.verdict = verdict_of(period)
    period.sha256 = sha256(canonical_json(period.evidence)).hex()
    period.save()
    facts = {
        "period": str(period.pk),
        "begins_at": period.begins_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "verdict": period.verdict,
        "decisions": period.n_decisions,
    }
    results = [{name: one[name] for name in ("label", "verdict", "spent")} for one in period.results]
    detail = facts | {"target": period.target, "results": results, "sha256": period.sha256}
    record(action="budget.closed", actor=ACTOR, now=now, about=period.workflow, detail=detail)
    checkpoint(now=now)
    emit([News("budget.period_closed", period.pk, period.workflow_id, now, facts)])


def verdict_of(period: BudgetPeriod) -> BudgetVerdict:
    """Return the verdict of all units: broken if one is, kept if all are."""
    if not period.n_decisions:
        return BudgetVerdict.NOTHING
    found = {
        one["verdict"]
        for one, budget in zip(period.results, budgets_of(period), strict=True)
        if budget.decisions
    }
    if BudgetVerdict.BROKEN in found:
        return BudgetVerdict.BROKEN
    return BudgetVerdict.KEPT if found == {"kept"} else BudgetVerdict.NOT_DECIDED


def _evidence(period: BudgetPeriod, terms: Any, budget: Any, audits: Any) -> dict[str, Any]:
    evidence = period_evidence(terms, budget, audits.losses, audits.pi, audits.draws)
    return evidence | {"counts": period.loss == LossKind.ERRORS}


def _without_terms(verdict: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in verdict.items() if name != "terms"}
