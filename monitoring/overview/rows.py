"""Where each workflow stands, in a fixed number of queries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext

from cases.models import Workflow
from hitl.audit.changes import n_changes
from hitl.shared.numbers import number
from models_store.models import Release
from models_store.selectors import champions_of
from monitoring.alarms.selectors import counts_not_closed
from monitoring.models import BudgetPeriod, EarlySign, LiveFigures
from monitoring.overview.figures import figures_of
from monitoring.tallies.traffic import Queue, Traffic, queues, tallied
from monitoring.types import AlarmStatus, Severity
from policy.in_force.status import PromiseStatus, statuses_now
from policy.models import Policy
from policy.types import PromiseState

DAY = timedelta(days=1)
STALE = timedelta(minutes=15)  # figures that old are shown with their age


@dataclass(frozen=True, slots=True)
class Row:
    """One workflow.

    Attributes:
        figures: error and budget as last computed; None before the first time, or of another champion.
        alarms, urgent: alarms that nobody has closed; of these, open ones to be looked at today.
        changes: since yesterday, at this time.
    """

    workflow: Workflow
    policy: Policy
    status: PromiseStatus
    champion: Release | None
    traffic: Traffic
    queue: Queue
    figures: LiveFigures | None
    alarms: int
    urgent: int
    has_sign: bool
    is_overspending: bool
    changes: int

    @property
    def used(self) -> float | None:
        """How much of the error budget is used; None where it is not known."""
        return self.figures.budget_used if self.figures else None

    @property
    def promises(self) -> bool:
        """Whether anything is automated under a promise, or would be if nothing stood in the way."""
        return self.status.state not in (PromiseState.OFF, PromiseState.BY_HAND)


@dataclass(frozen=True, slots=True)
class Strip:
    """All workflows in one line."""

    kept: int
    promises: int
    automatic: int
    total: int
    waiting: int
    late: int
    changes: int
    fullest: Row | None

    @property
    def automation_rate(self) -> float | None:
        """Share of all cases of the last 24 hours that a model decided."""
        return self.automatic / self.total if self.total else None

    @property
    def of_words(self) -> str:
        """Of how many."""
        return gettext("of %(n)s") % {"n": number(self.promises)}

    @property
    def total_words(self) -> str:
        """How many of the cases that came in models decided."""
        return automatic_of_all(self.automatic, self.total)

    @property
    def late_words(self) -> str:
        """How many of what waits is late."""
        if not self.late:
            return gettext("none of them late")
        return gettext("%(n)s of them late") % {"n": number(self.late)}


def automatic_of_all(automatic: int, total: int) -> str:
    """Say how many of the cases that came in were decided by models."""
    return gettext("%(automatic)s of %(total)s cases") % {
        "automatic": number(automatic),
        "total": number(total),
    }


def rows_now(*, now: datetime) -> list[Row]:
    """Return where each live workflow stands, by name."""
    policies = Policy.objects.select_related("workflow").filter(workflow__archived_at=None)
    by_workflow = {policy.workflow_id: policy for policy in policies.order_by("workflow__name")}
    ids = list(by_workflow)
    statuses = statuses_now(by_workflow.values(), now=now)
    champions, traffic = champions_of(ids), tallied(ids, now=now)
    waiting, figures = queues(ids, now=now), figures_of(ids)
    alarms, urgent = _alarms(ids)
    signs = set(
        EarlySign.objects.filter(workflow__in=ids, ended_at=None).values_list("workflow_id", flat=True)
    )
    running = BudgetPeriod.objects.filter(workflow__in=ids, closed_at=None).exclude(overspends_since=None)
    overspending = set(running.values_list("workflow_id", flat=True))
    changes = n_changes(since=now - DAY)
    return [
        Row(
            workflow=policy.workflow,
            policy=policy,
            status=statuses[one],
            champion=champions.get(one),
            traffic=traffic[one],
            queue=waiting.get(one, Queue()),
            figures=_of_champion(figures.get(one), champions.get(one)),
            alarms=alarms.get(one, 0),
            urgent=urgent.get(one, 0),
            has_sign=one in signs,
            is_overspending=one in overspending,
            changes=changes.get(one, 0),
        )
        for one, policy in by_workflow.items()
    ]


def strip_of(rows: Collection[Row], *, now: datetime) -> Strip:
    """Return the line above them."""
    used = [row for row in rows if row.used is not None]
    return Strip(
        kept=sum(row.status.state == PromiseState.KEPT for row in rows),
        promises=sum(row.promises for row in rows),
        automatic=sum(row.traffic.automatic for row in rows),
        total=sum(row.traffic.total for row in rows),
        waiting=sum(row.queue.waiting for row in rows),
        late=sum(row.queue.late for row in rows),
        changes=sum(n_changes(since=now - DAY).values()),
        fullest=max(used, key=lambda row: row.used or 0.0, default=None),
    )


def _of_champion(figures: LiveFigures | None, champion: Release | None) -> LiveFigures | None:
    if figures is None or figures.release_id != (champion.pk if champion else None):
        return None
    return figures


def _alarms(ids: Collection[UUID]) -> tuple[dict[UUID, int], dict[UUID, int]]:
    every: dict[UUID, int] = {}
    urgent: dict[UUID, int] = {}
    for workflow_id, status, severity, n in counts_not_closed(ids):
        every[workflow_id] = every.get(workflow_id, 0) + n
        if status == AlarmStatus.OPEN and severity == Severity.HIGH:
            urgent[workflow_id] = urgent.get(workflow_id, 0) + n
    return every, urgent
