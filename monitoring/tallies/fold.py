"""Fold new decisions into hourly tallies, so that no page counts the large tables."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
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
    "replaced",
)

Key = tuple[datetime, int, str, str, str, UUID | None]


class Tally(NamedTuple):
    """Decisions of one key: how many were made, audited, and replaced by a later routing of their cases."""

    made: int = 0
    audited: int = 0
    replaced: int = 0

    def __add__(self, other: "Tally") -> "Tally":  # type: ignore[override]  # as numbers, not as a tuple
        return Tally(*(one + more for one, more in zip(self, other, strict=True)))


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
    return sum(tally.made for tally in counts.values())


def fold_all(*, now: datetime) -> int:
    """Fold the decisions of every workflow."""
    ids = Workflow.objects.values_list("id", flat=True)
    return sum(fold_decisions(workflow_id=workflow_id, now=now) for workflow_id in ids)


def count_decisions(*, workflow_id: UUID, since: datetime, until: datetime) -> dict[Key, Tally]:
    """Return the decisions in (since, until] by hour, step, route, reason, label and release.

    A case that was looked at again has two routings. Both were decisions; the earlier one, whenever it was,
    is counted as replaced, so that cases can be counted once.
    """
    counts: defaultdict[Key, Tally] = defaultdict(Tally)
    within = {"decided_at__gt": since, "decided_at__lte": until}
    made = Decision.objects.filter(workflow_id=workflow_id, **within)
    for key, n, audited in _counted(made):
        counts[key] += Tally(n, audited)
    again = Decision.objects.filter(
        workflow_id=workflow_id,
        case_id=OuterRef("case_id"),
        epoch=OuterRef("epoch") + 1,
        sequence=0,
        **within,
    )
    rerouted = _routed_again(workflow_id, **within)
    if rerouted:
        before = Decision.objects.filter(workflow_id=workflow_id, case_id__in=rerouted, sequence=0)
        for key, n, _ in _counted(before.filter(Exists(again))):
            counts[key] += Tally(replaced=n)
    return dict(counts)


def _routed_again(workflow_id: UUID, **within: datetime) -> list[UUID]:
    """Return the cases that were routed another time in a window; mostly none."""
    later = Decision.objects.filter(workflow_id=workflow_id, epoch__gt=1, sequence=0, **within)
    return list(later.values_list("case_id", flat=True))


def _counted(decisions: QuerySet[Decision]) -> Iterator[tuple[Key, int, int]]:
    rows = decisions.values(
        "sequence",
        "route",
        "reason",
        "release_id",
        hour=TruncHour("decided_at"),
        word=Coalesce("label", "predicted"),
    ).annotate(n=Count("case_id"), audited=Count("case_id", filter=Q(is_audited=True)))
    for row in rows:
        step, word = min(row["sequence"], 1), row["word"] or ""
        key = (row["hour"], step, row["route"], row["reason"], word, row["release_id"])
        yield key, row["n"], row["audited"]


def _add(workflow_id: UUID, counts: dict[Key, Tally]) -> None:
    rows = [dict(zip(_COLUMNS, (workflow_id, *key, *tally), strict=True)) for key, tally in counts.items()]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"rows": orjson.dumps(rows).decode()})
