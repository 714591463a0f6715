"""Take what was delivered into the error budget, in decision order, up to the first audit that is open."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from monitoring.models import BudgetPeriod
from monitoring.watch import draws
from monitoring.watch.budget.units import (
    NONE,
    Audits,
    audits_of,
    budgets_of,
    fresh,
    is_too_rare,
    terms_of,
    too_rare,
)
from monitoring.watch.draws import MAX_DRAWN, Cursor, Drawn
from policy.models import Decision
from science.guarantee.budget import ErrorBudget

LAST_CASE = UUID(int=2**128 - 1)
_TICK = timedelta(microseconds=1)


def delivered_in(period: BudgetPeriod) -> QuerySet[Decision]:
    """Return all decisions of a period, in their order."""
    return draws.delivered(period.workflow_id, since=period.begins_at, until=period.ends_at)


def cursor(period: BudgetPeriod) -> Cursor:
    """Return how far decisions were taken in."""
    return (period.cursor_at, period.cursor_case) if period.cursor_at and period.cursor_case else None


def begin_again(period: BudgetPeriod) -> None:
    """Forget what was taken in, because an answer changed: the states are a cache of rows."""
    period.states = [one.to_json() for one in fresh(terms_of(period), period.loss)]
    period.cursor_at = period.cursor_case = None
    period.n_decisions = 0


def feed(period: BudgetPeriod, *, now: datetime, settle: timedelta) -> bool:
    """Take in what may be; return whether that is all of a period that is over.

    A draw that is open holds back everything behind it. What is late or lost is taken in without an answer:
    wrong in what speaks for the model, right in what speaks against it.
    """
    rows = delivered_in(period)
    if draws.has_changed(
        rows, workflow_id=period.workflow_id, since=period.read_at, margin=settle, until=cursor(period)
    ):
        begin_again(period)
    budgets = budgets_of(period)
    until = min(now - settle, period.ends_at - _TICK)
    is_all = False
    while not is_all:
        drawn = draws.drawn_after(rows, cursor(period), until=until, now=now)
        n_ready = next((i for i, one in enumerate(drawn) if one.is_open), len(drawn))
        ready = drawn[:n_ready]
        is_all = n_ready == len(drawn) < MAX_DRAWN
        end: Cursor = (until, LAST_CASE) if is_all else _before(drawn[n_ready:], ready)
        if end == cursor(period) or end is None or until < period.begins_at:
            break
        _take(period, budgets, rows, ready, end)
        if n_ready < len(drawn):
            break
    period.states = [one.to_json() for one in budgets]
    period.read_at = now
    return is_all and until >= period.ends_at - _TICK


def _before(waits: list[Drawn], ready: list[Drawn]) -> Cursor:
    """Return the place before the first draw that waits, or of the last that is ready."""
    if not waits:
        return ready[-1].place
    at, case_id = waits[0].at, waits[0].case_id
    return at, UUID(int=case_id.int - 1)


def _take(
    period: BudgetPeriod,
    budgets: list[ErrorBudget],
    rows: QuerySet[Decision],
    ready: list[Drawn],
    end: tuple[datetime, UUID],
) -> None:
    between = up_to(draws.after(rows, cursor(period)), end)
    counts = count_by_label(between, period)
    for label, budget, (n, n_rare) in zip(period.units, budgets, counts, strict=True):
        audits = audits_of(ready, label, period.costs, budget.rate) + too_rare(n_rare)
        budget.add_block(n, audits.losses, audits.pi, audits.draws, before=budget.decisions)
    period.n_decisions += between.order_by().count()
    period.cursor_at, period.cursor_case = end


def up_to(rows: QuerySet[Decision], end: tuple[datetime, UUID]) -> QuerySet[Decision]:
    """Return the decisions up to a place, with the one there."""
    at, case_id = end
    return rows.filter(Q(decided_at__lt=at) | Q(decided_at=at, case_id__lte=case_id), decided_at__lte=at)


def count_by_label(rows: QuerySet[Decision], period: BudgetPeriod) -> list[tuple[int, int]]:
    """Count for each unit its decisions, and those of them that were audited less often than declared."""
    rate = max(one.rate for one in terms_of(period))
    counted: dict[str, tuple[int, int]] = {}
    groups = rows.order_by().values("predicted", "audit_rate").annotate(n=Count("case_id"))
    for predicted, pi, n in groups.values_list("predicted", "audit_rate", "n"):
        all_of, rare = counted.get(predicted or "", (0, 0))
        is_rare = pi is not None and is_too_rare(pi, rate)
        counted[predicted or ""] = (all_of + n, rare + n * is_rare)
    whole = (sum(n for n, _ in counted.values()), sum(n for _, n in counted.values()))
    return [whole if label is None else counted.get(label, (0, 0)) for label in period.units]


def all_audits(period: BudgetPeriod, *, now: datetime) -> list[Audits]:
    """Return for each unit all audits that were taken in, as they stand in the period's evidence."""
    rows, found, place = delivered_in(period), [NONE] * len(period.units), None
    rates = [one.rate for one in terms_of(period)]
    while True:
        drawn = draws.drawn_after(rows, place, until=period.ends_at, now=now)
        if not drawn:
            break
        found = [
            audits + audits_of(drawn, label, period.costs, rate)
            for audits, label, rate in zip(found, period.units, rates, strict=True)
        ]
        place = drawn[-1].place
    rare = [n_rare for _, n_rare in count_by_label(rows, period)]
    return [audits + too_rare(n) for audits, n in zip(found, rare, strict=True)]
