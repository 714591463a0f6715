"""What is said of an error budget: on the promise page, the overview, over REST and in the metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, OuterRef
from django.utils.translation import gettext

from cases.models import Label
from monitoring.models import BudgetPeriod, BudgetVerdict
from monitoring.watch.budget.advice import advice
from monitoring.watch.budget.feed import cursor, delivered_in, up_to
from monitoring.watch.budget.plan import expected_decisions
from monitoring.watch.budget.unit_view import UnitView
from monitoring.watch.budget.units import budgets_of, terms_of
from monitoring.watch.rate_reason import rate_reason
from policy.models import Policy, RecalledCase
from policy.types import LossKind
from science.guarantee.budget_course import ToCome, to_come

_WEEK = timedelta(days=7)

_TONES = {
    BudgetVerdict.KEPT: ("good", "shield-check"),
    BudgetVerdict.BROKEN: ("bad", "circle-x"),
    BudgetVerdict.NOT_DECIDED: ("neutral", "scale"),
    BudgetVerdict.NOTHING: ("neutral", "circle"),
}


@dataclass(frozen=True)
class BudgetView:
    """One period at one moment."""

    period: BudgetPeriod
    policy: Policy
    now: datetime

    @property
    def is_over(self) -> bool:
        """Whether no decision falls into it any more."""
        return self.now >= self.period.ends_at

    @property
    def is_closed(self) -> bool:
        """Whether it has its verdict."""
        return self.period.closed_at is not None

    @property
    def last_day(self) -> datetime:
        """A moment of its last day."""
        return self.period.ends_at - timedelta(microseconds=1)

    @property
    def words(self) -> str:
        """Its state, in the words of the verdict; before there is one, it is too early to say."""
        return (
            str(BudgetVerdict(self.period.verdict).label) if self.is_closed else gettext("Too early to say")
        )

    @property
    def tone(self) -> str:
        """The tone of its state."""
        if not self.is_closed:
            return "warn" if self.is_overspending else "neutral"
        return _TONES[BudgetVerdict(self.period.verdict)][0]

    @property
    def icon(self) -> str:
        """The icon of its state."""
        return _TONES[BudgetVerdict(self.period.verdict)][1] if self.is_closed else "clock"

    @property
    def is_overspending(self) -> bool:
        """Whether decisions to come look too wrong."""
        return self.period.overspends_since is not None

    @property
    def counts(self) -> bool:
        """Whether every mistake counts the same."""
        return self.period.loss == LossKind.ERRORS

    @cached_property
    def expected(self) -> int:
        """Decisions that the whole period will have: those so far, and more at last week's pace."""
        rest = max(timedelta(0), self.period.ends_at - max(self.now, self.period.begins_at)) / _WEEK
        if not rest:
            return self.period.n_decisions
        return round(self.delivered + expected_decisions(self.period.workflow_id, rest, now=self.now))

    @cached_property
    def delivered(self) -> int:
        """Decisions so far, those included that wait for the audit of one before them."""
        if self.is_closed:
            return self.period.n_decisions
        return delivered_in(self.period).filter(decided_at__lte=self.now).order_by().count()

    @property
    def counted(self) -> int:
        """Decisions that are taken in: what is said of the budget is about them."""
        return self.period.n_decisions

    @property
    def waits(self) -> int:
        """Decisions that are not taken in yet, because the audit of one before them is open."""
        return max(0, self.delivered - self.counted)

    @cached_property
    def units(self) -> list[UnitView]:
        """The units of its promise."""
        period, budgets = self.period, budgets_of(self.period)
        whole = sum(one.decisions for one in budgets)
        results = period.results or [None] * len(budgets)
        return [
            UnitView(
                label,
                terms,
                budget,
                plan,
                result,
                self._coming,
                round(self.expected * (budget.decisions / whole if whole else 1 / len(budgets))),
                self.mended if label is None else self._mended_of(label),
                self._recalled_of(label),
            )
            for label, terms, budget, plan, result in zip(
                period.units, terms_of(period), budgets, period.plan["units"], results, strict=True
            )
        ]

    @cached_property
    def _coming(self) -> ToCome:
        known = {name: self.period.forecast.get(name) for name in ("error", "low", "high", "above")}
        if None in known.values():
            return to_come(0, 0, target=self.period.target)
        return ToCome(**known)

    @property
    def doubt(self) -> float:
        """Probability at most with which either end is ever wrong."""
        return max(max(one.terms.delta_kept, one.terms.delta_broken) for one in self.units)

    @property
    def declared(self) -> int:
        """Decisions that the period was planned for, from below."""
        return sum(one.terms.decisions for one in self.units)

    @property
    def helps(self) -> list[str]:
        """What would help to prove the promise kept, most pressing first; nothing once it is over."""
        return [] if self.is_over or not self.delivered else advice(self.period, self.unanswered)

    @property
    def audits(self) -> int:
        """Audits taken in."""
        return sum(one.budget.audits for one in self.units)

    @property
    def unanswered(self) -> int:
        """Audits of them that nobody answered in time."""
        return sum(one.budget.unanswered for one in self.units)

    @cached_property
    def mended(self) -> int:
        """Audited decisions whose answer is no longer the model's."""
        return int(self._wrong_audits().count())

    def _mended_of(self, label: str) -> int:
        return int(self._wrong_audits().filter(predicted=label).count())

    def _wrong_audits(self) -> Any:
        audited = delivered_in(self.period).filter(is_audited=True, case__answer__isnull=False)
        return audited.exclude(case__answer=F("label")).order_by()

    def _recalled_of(self, label: str | None) -> float:
        """Loss of those, of the decisions taken in, that a recall found wrong and mended, and no audit."""
        costs = self.period.costs
        return float(
            sum(n * costs.get(one, 1.0) for one, n in self._recalled.items() if label in (None, one))
        )

    @cached_property
    def _recalled(self) -> dict[str, int]:
        end = cursor(self.period)
        if end is None:
            return {}
        asked = RecalledCase.objects.filter(
            case_id=OuterRef("case_id"), epoch=OuterRef("epoch"), asked_at__isnull=False
        )
        blind = Label.objects.filter(case_id=OuterRef("case_id"), superseded_at=None, is_blind=True)
        rows = up_to(delivered_in(self.period), end).filter(Exists(asked), Exists(blind), is_audited=False)
        mended = rows.exclude(case__answer=F("label")).order_by().values("predicted")
        counted = mended.annotate(n=Count("case_id")).values_list("predicted", "n")
        return {predicted or "": n for predicted, n in counted}

    @cached_property
    def late(self) -> int:
        """Audits of a closed period that were answered, or answered otherwise, after it was closed."""
        if self.period.closed_at is None:
            return 0
        after = Label.objects.filter(
            case_id=OuterRef("case_id"), at__gt=self.period.closed_at, superseded_at=None
        )
        rows = delivered_in(self.period).filter(Exists(after), is_audited=True)
        return rows.order_by().count()

    @property
    def rate_now(self) -> float:
        """Share of automatic decisions that is audited now."""
        return self.policy.audit_rate

    @property
    def rate_least(self) -> float:
        """The share below which it does not fall in this period."""
        return max(one.terms.rate for one in self.units)

    @property
    def rate_why(self) -> str:
        """Why it is audited as often as it is now."""
        return rate_reason(self.policy, now=self.now)

    def to_json(self) -> dict[str, Any]:
        """As the API says it."""
        period = self.period
        body = {
            "id": str(period.pk),
            "begins_at": period.begins_at,
            "ends_at": period.ends_at,
            "frozen_at": period.frozen_at,
            "state": period.verdict or "too_early",
            "scope": period.scope,
            "loss": period.loss,
            "target": period.target,
            "confidence": period.confidence,
            "decisions": self.delivered,
            "units": [one.to_json() for one in self.units],
        }
        if self.is_closed:
            evidence = f"/api/v1/workflows/{period.workflow.slug}/budget/{period.pk}"
            late = {"closed_at": period.closed_at, "sha256": period.sha256, "late_answers": self.late}
            return body | late | {"evidence": evidence}
        return body | {
            "expected": self.expected,
            "waits_for_audits": self.waits,
            "overspends_since": period.overspends_since,
            "audit_rate": {"now": self.rate_now, "least": self.rate_least, "why": self.rate_why},
        }


def evidence_of(period: BudgetPeriod) -> dict[str, Any]:
    """Return a closed period with all that `docs/reference/recompute_budget.py` computes it again from."""
    facts = ("begins_at", "ends_at", "frozen_at", "closed_at", "scope", "loss", "target", "confidence")
    return {
        "id": str(period.pk),
        "workflow": period.workflow.slug,
        **{name: getattr(period, name) for name in facts},
        "verdict": period.verdict,
        "results": period.results,
        "plan": period.plan,
        "costs": period.costs,
        "sha256": period.sha256,
        "units": period.evidence,
    }
