"""Which alarms there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from hitl.audit.models import Entry
from hitl.shared.errors import NotFound
from monitoring.models import Alarm
from monitoring.types import AlarmStatus, CountFamily, MetricKey, Reference, Verdict

_ORDER = (AlarmStatus.OPEN, AlarmStatus.ACKNOWLEDGED, AlarmStatus.SILENCED, AlarmStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class NewNormal:
    """The window that somebody said is how it is now."""

    window_from: datetime
    window_until: datetime


def alarms_of(workflows: Iterable[UUID]) -> QuerySet[Alarm]:
    """Return alarms, open ones first, then by how soon to look, then the newest."""
    places = [When(status=status, then=Value(place)) for place, status in enumerate(_ORDER)]
    rows = Alarm.objects.filter(workflow_id__in=workflows).select_related("workflow")
    return rows.annotate(place=Case(*places, output_field=IntegerField())).order_by(
        "place", "severity", "-raised_at", "-id"
    )


def alarm_of(alarm_id: UUID) -> Alarm:
    """Return an alarm with its workflow.

    Raises:
        NotFound: there is none.
    """
    found = Alarm.objects.select_related("workflow").filter(pk=alarm_id).first()
    if found is None:
        raise NotFound("There is no such alarm.")
    return found


def of_metric(workflow_id: UUID, key: MetricKey, reference: Reference) -> list[Alarm]:
    """Return all alarms there were of a metric, oldest first."""
    rows = Alarm.objects.filter(workflow_id=workflow_id, reference=reference, **key._asdict())
    return list(rows.order_by("raised_at", "id"))


def alarms_by_metric(workflow_id: UUID) -> dict[MetricKey, Alarm]:
    """Return the alarms that are not closed, by metric; of two the one raised last."""
    rows = Alarm.objects.filter(workflow_id=workflow_id, closed_at=None).order_by("raised_at", "id")
    return {key_of(row): row for row in rows}


def n_not_closed(workflow_id: UUID) -> int:
    """Return how many alarms of a workflow nobody has closed."""
    return Alarm.objects.filter(workflow_id=workflow_id, closed_at=None).count()


def counts_not_closed(workflow_ids: Iterable[UUID]) -> list[tuple[UUID, str, str, int]]:
    """Return how many alarms there are by workflow, status and severity, closed ones left out."""
    rows = Alarm.objects.filter(workflow_id__in=workflow_ids, closed_at=None)
    named = rows.order_by().values_list("workflow_id", "status", "severity")
    return list(named.annotate(n=Count("id")))


def key_of(alarm: Alarm) -> MetricKey:
    """Return the name of an alarm's metric."""
    return MetricKey(alarm.family, alarm.field, alarm.measure)


def history_of(alarm: Alarm) -> list[Entry]:
    """Return what was done about an alarm, from the audit log, oldest first."""
    entries = Entry.objects.filter(about_type=alarm._meta.label_lower, about_id=str(alarm.pk))
    return list(entries.order_by("number"))


def holding(workflow_id: UUID, *, since: datetime) -> list[Alarm]:
    """Return the alarms of inputs and outputs that were raised since a moment and that hold a canary.

    One that has passed, that somebody silenced or closed holds nothing.
    """
    standing = Alarm.objects.filter(
        workflow_id=workflow_id,
        family__in=(CountFamily.INPUT, CountFamily.OUTPUT),
        raised_at__gte=since,
        cleared_at=None,
        status__in=(AlarmStatus.OPEN, AlarmStatus.ACKNOWLEDGED),
    )
    return list(standing.order_by("raised_at", "id"))


def standing(workflow_id: UUID) -> set[tuple[MetricKey, Reference]]:
    """Return the metrics whose alarm is not closed and has not passed."""
    rows = Alarm.objects.filter(workflow_id=workflow_id, closed_at=None, cleared_at=None)
    named = rows.values_list("family", "field", "measure", "reference")
    return {(MetricKey(*key), Reference(reference)) for *key, reference in named}


def new_normals(workflow_id: UUID) -> dict[tuple[MetricKey, Reference], NewNormal]:
    """Return, of each metric whose difference was expected, the window of it: how it is from then on."""
    closed = Alarm.objects.filter(workflow_id=workflow_id, verdict=Verdict.EXPECTED)
    return {
        (key_of(row), Reference(row.reference)): NewNormal(row.window_from, row.window_until)
        for row in closed.order_by("closed_at", "id")
    }
