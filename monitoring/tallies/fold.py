"""Fold new decisions into hourly tallies, so that no page counts the large tables."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce, TruncHour

from cases.models import Workflow
from hitl.shared.statements import statements_beside
from monitoring.models import Watermark
from policy.models import Decision

LAG = timedelta(seconds=60)  # a decision is dated before it commits: leave the youngest to the next fold
DAWN = datetime.fromisoformat("2000-01-01T00:00:00+00:00")

_ADD = statements_beside(__file__)["add_to_hours"].text
_COLUMNS = (
    "workflow_id",
    "hour",
    "sequence",
    "route",
    "reason",
    "label",
    "release_id",
    "count",
    "audited",
)

Key = tuple[datetime, int, str, str, str, UUID | None]


@transaction.atomic
def fold_decisions(*, workflow_id: UUID, now: datetime) -> int:
    """Count the decisions since the last fold into `HourTally`; return how many there were."""
    mark, _ = Watermark.objects.select_for_update(no_key=True).get_or_create(
        stream=f"decisions/{workflow_id}", defaults={"read_until": DAWN}
    )
    until = now - LAG
    if until <= mark.read_until:
        return 0
    counts = count_decisions(workflow_id=workflow_id, since=mark.read_until, until=until)
    _add(workflow_id, counts)
    Watermark.objects.filter(pk=mark.pk).update(read_until=until)
    return sum(count for count, _ in counts.values())


def fold_all(*, now: datetime) -> int:
    """Fold the decisions of every workflow."""
    ids = Workflow.objects.values_list("id", flat=True)
    return sum(fold_decisions(workflow_id=workflow_id, now=now) for workflow_id in ids)


def count_decisions(*, workflow_id: UUID, since: datetime, until: datetime) -> dict[Key, tuple[int, int]]:
    """Return (decisions, audited) in (since, until] by hour, step, route, reason, label and release."""
    rows = (
        Decision.objects.filter(workflow_id=workflow_id, decided_at__gt=since, decided_at__lte=until)
        .values(
            "sequence",
            "route",
            "reason",
            "release_id",
            hour=TruncHour("decided_at"),
            word=Coalesce("label", "predicted"),
        )
        .annotate(n=Count("case_id"), audited=Count("case_id", filter=Q(is_audited=True)))
    )
    counts: Counter[Key] = Counter()
    audited: Counter[Key] = Counter()
    for row in rows:
        key = (
            row["hour"],
            min(row["sequence"], 1),
            row["route"],
            row["reason"],
            row["word"] or "",
            row["release_id"],
        )
        counts[key] += row["n"]
        audited[key] += row["audited"]
    return {key: (counts[key], audited[key]) for key in counts}


def _add(workflow_id: UUID, counts: dict[Key, tuple[int, int]]) -> None:
    rows = [dict(zip(_COLUMNS, (workflow_id, *key, *both), strict=True)) for key, both in counts.items()]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"rows": orjson.dumps(rows).decode()})
