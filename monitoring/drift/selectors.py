"""What checks have read."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q

from monitoring.drift.examined import NAMES
from monitoring.models import DriftReading
from monitoring.types import MetricKey, Reference

RECENT = timedelta(days=8)  # an older reading says nothing of now
SHOWN = timedelta(days=28)
MAX_SHOWN = 400


def key_of(reading: DriftReading) -> MetricKey:
    """Return the name of a reading's metric."""
    return MetricKey(reading.family, reading.field, reading.measure)


def latest_readings(
    workflows: Iterable[UUID], *, now: datetime
) -> dict[UUID, dict[tuple[MetricKey, Reference], DriftReading]]:
    """Return the last reading of each metric, by workflow; one query."""
    named = ("workflow_id", "family", "field", "measure", "reference")
    rows = DriftReading.objects.filter(workflow_id__in=workflows, ended_at__gte=now - RECENT)
    found: dict[UUID, dict[tuple[MetricKey, Reference], DriftReading]] = defaultdict(dict)
    for row in rows.order_by(*named, "-ended_at").distinct(*named):
        found[row.workflow_id][key_of(row), Reference(row.reference)] = row
    return found


def courses(workflow_id: UUID, *, now: datetime) -> dict[MetricKey, list[DriftReading]]:
    """Return the readings of the last weeks against the weeks before them, by metric, oldest first.

    What is examined has one reference, whichever it is.
    """
    own = Q(reference=Reference.BEFORE) | Q(measure__in=NAMES)
    rows = DriftReading.objects.filter(own, workflow_id=workflow_id, ended_at__gte=now - SHOWN)
    found: dict[MetricKey, list[DriftReading]] = defaultdict(list)
    for row in rows.order_by("ended_at"):
        found[key_of(row)].append(row)
    return found


def course_of(workflow_id: UUID, key: MetricKey, reference: Reference) -> list[DriftReading]:
    """Return the latest readings of one metric, oldest first."""
    rows = DriftReading.objects.filter(workflow_id=workflow_id, reference=reference, **key._asdict())
    return list(rows.order_by("-ended_at")[:MAX_SHOWN])[::-1]


def reading_of(
    workflow_id: UUID, key: MetricKey, reference: Reference, ended_at: datetime
) -> DriftReading | None:
    """Return what was read of one metric in the window that ended then."""
    rows = DriftReading.objects.filter(workflow_id=workflow_id, reference=reference, **key._asdict())
    return rows.filter(ended_at=ended_at).first()


def last_checks(workflows: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return the end of the window that was checked last, by workflow."""
    rows = DriftReading.objects.filter(workflow_id__in=workflows).values("workflow_id")
    return {row["workflow_id"]: row["last"] for row in rows.annotate(last=Max("ended_at"))}


def state_counts(workflow_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, dict[str, int]]:
    """Return how many metrics are in which state, by workflow: of two references the worse counts."""
    order = ("drifts", "differs", "calm", "unknown")
    counts: dict[UUID, dict[str, int]] = {}
    for workflow_id, readings in latest_readings(workflow_ids, now=now).items():
        worst: dict[MetricKey, str] = {}
        for (key, _), row in readings.items():
            before = worst.get(key, "unknown")
            worst[key] = min(before, row.state, key=order.index)
        counts[workflow_id] = {state: list(worst.values()).count(state) for state in order}
    return counts
