"""`/metrics` for Prometheus: what the service decided and what waits, and what its web processes use.

Everything is read when it is asked for, from tallies and partial indexes, so that each of several web
processes says the same; nothing names a case or a person.
"""

import hmac
from collections.abc import Iterator
from uuid import UUID

import psutil
from django.conf import settings
from django.db.models import Min, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cases.models import IntakeBatch, Workflow
from cases.types import IntakeBatchStatus
from hitl.outbox.models import Delivery
from hitl.outbox.types import DeliveryStatus
from hitl.shared import clock
from hitl.shared.client_address import client_address, is_trusted
from hitl.shared.errors import NotFound
from hitl.stop.selectors import stop_in_force
from models_store.models import TrainingRun
from models_store.selectors import ACTIVE
from models_store.serving import champions, troubles
from monitoring.alarms.selectors import counts_not_closed
from monitoring.drift.selectors import last_checks, state_counts
from monitoring.models import HourTally
from monitoring.watch.budget.selectors import running
from monitoring.watch.budget.units import budgets_of
from policy.models import Policy
from reviews.models import Task
from reviews.types import TaskStatus

MAX_COUNTED = 100_000  # of what waits: beyond it the exact number costs more than it tells


class Service(Collector):
    """The figures of the whole service."""

    def collect(self) -> Iterator[Metric]:
        """Yield them, read now."""
        names = dict(Workflow.objects.filter(archived_at=None).values_list("id", "slug"))
        yield from self._decided(names)
        yield from self._waiting(names)
        yield from self._policies(names)
        yield from self._budgets(names)
        yield from _drift(names)
        yield _usable(names)
        yield _gauge("hitl_stopped", "1 while all automation is stopped.", float(stop_in_force() is not None))
        yield _gauge("hitl_webhooks_due", "Deliveries that wait to be sent.", _due())
        open_batches = IntakeBatch.objects.filter(
            status__in=[IntakeBatchStatus.QUEUED, IntakeBatchStatus.RUNNING]
        )
        yield _gauge("hitl_batches_open", "Batches that wait to be worked through.", open_batches.count())
        active = TrainingRun.objects.filter(status__in=ACTIVE)
        yield _gauge("hitl_training_runs_active", "Training runs that wait or run.", active.count())
        yield from self._processes()

    def _decided(self, names: dict[UUID, str]) -> Iterator[Metric]:
        decided = CounterMetricFamily(
            "hitl_decisions", "Decisions by route and reason.", labels=["workflow", "route", "reason"]
        )
        audited = CounterMetricFamily(
            "hitl_audits_drawn", "Automatic decisions drawn for an audit.", labels=["workflow"]
        )
        rows = HourTally.objects.filter(workflow__in=names).values("workflow_id", "route", "reason")
        drawn: dict[UUID, int] = dict.fromkeys(names, 0)
        for row in rows.annotate(counted=Sum("count"), drawn=Sum("audited")):
            decided.add_metric([names[row["workflow_id"]], row["route"], row["reason"]], row["counted"])
            drawn[row["workflow_id"]] += row["drawn"]
        for workflow_id, count in drawn.items():
            audited.add_metric([names[workflow_id]], count)
        yield decided
        yield audited

    def _waiting(self, names: dict[UUID, str]) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "hitl_tasks_waiting",
            f"Review tasks that wait; counted up to {MAX_COUNTED}.",
            labels=["workflow"],
        )
        overdue = GaugeMetricFamily(
            "hitl_tasks_overdue_seconds",
            "How far the oldest waiting task is past its time.",
            labels=["workflow"],
        )
        now = clock.now()
        for workflow_id, slug in names.items():
            tasks = Task.objects.filter(workflow_id=workflow_id, status=TaskStatus.WAITING)
            waiting.add_metric([slug], tasks.order_by()[:MAX_COUNTED].count())
            due = tasks.aggregate(first=Min("due_at"))["first"]
            overdue.add_metric([slug], max(0.0, (now - due).total_seconds()) if due else 0.0)
        leased = Task.objects.filter(status=TaskStatus.LEASED)
        yield waiting
        yield overdue
        yield _gauge("hitl_tasks_leased", "Review tasks that a reviewer holds.", leased.count())

    def _policies(self, names: dict[UUID, str]) -> Iterator[Metric]:
        tripped = GaugeMetricFamily(
            "hitl_breaker_tripped", "1 while the breaker has taken automation away.", labels=["workflow"]
        )
        degree = GaugeMetricFamily(
            "hitl_degree", "1 for the degree of automation in force.", labels=["workflow", "degree"]
        )
        for policy in Policy.objects.filter(workflow__in=names):
            slug = names[policy.workflow_id]
            tripped.add_metric([slug], float(policy.breaker_tripped_at is not None))
            degree.add_metric([slug, policy.degree], 1.0)
        yield tripped
        yield degree

    def _budgets(self, names: dict[UUID, str]) -> Iterator[Metric]:
        wrong = GaugeMetricFamily(
            "hitl_budget_wrong_decisions",
            "Wrong decisions delivered in the running period: estimate, low and high.",
            labels=["workflow", "label", "end"],
        )
        decided = GaugeMetricFamily(
            "hitl_budget_counted",
            "Decisions counted so far; those behind an open audit wait.",
            labels=["workflow", "label"],
        )
        overspends = GaugeMetricFamily(
            "hitl_budget_overspending", "1 while decisions to come look too wrong.", labels=["workflow"]
        )
        for workflow_id, slug in names.items():
            period = running(workflow_id, now=clock.now())
            if period is None:
                continue
            overspends.add_metric([slug], float(period.overspends_since is not None))
            for label, budget in zip(period.units, budgets_of(period), strict=True):
                spent = budget.spent()
                decided.add_metric([slug, label or ""], budget.decisions)
                for end in ("estimate", "low", "high"):
                    wrong.add_metric([slug, label or "", end], getattr(spent, end))
        yield wrong
        yield decided
        yield overspends

    def _processes(self) -> Iterator[Metric]:
        """All web processes together: the workers are children of one supervisor."""
        own = psutil.Process()
        family = [own]
        if own.ppid() > 1:
            family += [
                p for p in psutil.Process(own.ppid()).children() if p.pid != own.pid and _is_like(p, own)
            ]
        resident, seconds = 0, 0.0
        for process in family:
            try:
                resident += process.memory_info().rss
                times = process.cpu_times()
                seconds += times.user + times.system
            except psutil.Error:  # it has just ended
                continue
        yield _gauge("hitl_web_processes", "Web processes.", len(family))
        yield _gauge("hitl_web_resident_bytes", "Memory of the web processes.", resident)
        yield CounterMetricFamily("hitl_web_cpu_seconds", "CPU time of the web processes.", value=seconds)


def _usable(names: dict[UUID, str]) -> Metric:
    """Whether the model of each workflow that has one can be used; where it cannot, people decide."""
    usable = GaugeMetricFamily(
        "hitl_model_usable",
        "1 while the model in service can be used, 0 while people decide.",
        labels=["workflow"],
    )
    broken = {trouble.workflow_id for trouble in troubles()}
    for workflow_id in champions().values_list("workflow_id", flat=True):
        if workflow_id in names:
            usable.add_metric([names[workflow_id]], float(workflow_id not in broken))
    return usable


def _drift(names: dict[UUID, str]) -> Iterator[Metric]:
    """Yield where the metrics of each workflow stand by the last checks, and the alarms that wait."""
    states = GaugeMetricFamily(
        "hitl_drift_metrics",
        "Metrics by what is known of them: drifts, differs, calm, or unknown, of which too little is known.",
        labels=["workflow", "state"],
    )
    for workflow_id, counts in state_counts(names, now=clock.now()).items():
        for state, count in counts.items():
            states.add_metric([names[workflow_id], state], count)
    checked = GaugeMetricFamily(
        "hitl_drift_checked_timestamp_seconds",
        "End of the window that was checked for drift last.",
        labels=["workflow"],
    )
    for workflow_id, at in last_checks(names).items():
        checked.add_metric([names[workflow_id]], at.timestamp())
    alarms = GaugeMetricFamily(
        "hitl_alarms", "Alarms that are not closed.", labels=["workflow", "status", "severity"]
    )
    for workflow_id, status, severity, count in counts_not_closed(names):
        alarms.add_metric([names[workflow_id], status, severity], count)
    yield from (states, checked, alarms)


def _is_like(process: psutil.Process, own: psutil.Process) -> bool:
    try:
        return bool(process.name() == own.name() and process.cmdline()[:3] == own.cmdline()[:3])
    except psutil.Error:
        return False


def _due() -> int:
    due = Delivery.objects.filter(status=DeliveryStatus.DUE, endpoint__disabled_at=None)
    return due.order_by()[:MAX_COUNTED].count()


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def may_read(request: HttpRequest) -> bool:
    """Tell whether the caller holds the token; where none is set, whether it calls from this machine.

    Behind a proxy everybody seems to call from this machine: there the token is needed.
    """
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    if "X-Forwarded-For" in request.headers and not is_trusted(request.META.get("REMOTE_ADDR", "")):
        return False
    return client_address(request) in {"127.0.0.1", "::1"} and settings.SECURE_PROXY_SSL_HEADER is None


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures; to others the address is not there."""
    if not may_read(request):
        raise NotFound()
    registry = CollectorRegistry()
    registry.register(Service())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


urlpatterns = [path("metrics", metrics, name="metrics")]
