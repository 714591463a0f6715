"""Count new routings with their contents, each once, some thousand at a time."""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.db import connection, transaction

from cases.models import Case, Workflow
from hitl.shared.months import month_of
from hitl.shared.statements import statements_beside
from models_store.models import Release
from models_store.selectors import champion
from monitoring.counts.binning import BinsInUse, bins_in_use, files_of, make_baseline
from monitoring.counts.horizon import DATED_BEFORE, dated_from, horizon, kept_marks
from monitoring.counts.months import COUNTS
from monitoring.counts.outputs import Routed, count_outputs
from monitoring.models import CountCursor
from monitoring.types import CountFamily
from science.decision_terms import Route
from science.drift.counting import Content, add

CHUNK = 5_000
AGAIN_WITHIN = timedelta(minutes=10)
_DAWN = datetime(2000, 1, 1, tzinfo=UTC)

CountKey = tuple[
    datetime, str, str, str, UUID | None, UUID | None
]  # hour, family, field, measure, release, bins

_SQL = statements_beside(__file__)


def fold_counts(workflow_id: UUID, *, now: datetime, seconds: float = 20.0, chunk: int = CHUNK) -> int:
    """Count what came in since the last time, for at most so many seconds; return how many routings.

    Each chunk is one transaction with the cursor behind it: a worker that is killed in it leaves nothing, and
    the next one begins there. A second worker finds the cursor taken.
    """
    workflow = Workflow.objects.get(pk=workflow_id)
    used = bins_in_use(workflow, now=now)
    if used is None:
        return 0
    release = champion(workflow_id)
    if release is not None:
        make_baseline(used, release, now=now)
    CountCursor.objects.get_or_create(workflow_id=workflow_id)
    end, counted = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        n = _fold_chunk(used, now=now, chunk=chunk)
        if n is None:
            break
        counted += n
    return counted


@transaction.atomic
def _fold_chunk(used: BinsInUse, *, now: datetime, chunk: int) -> int | None:
    """Count the next routings; None when there are none, or another worker is at it."""
    cursors = CountCursor.objects.select_for_update(no_key=True, skip_locked=True)
    cursor = cursors.filter(workflow_id=used.binning.workflow_id).first()
    if cursor is None:
        return None
    there = horizon()
    if cursor.to_xid is None:
        if cursor.from_xid > there.coming:  # another cluster, whose transactions began anew: go by dates
            cursor.from_xid = 0
            cursor.marks = [[((cursor.read_at or now) + DATED_BEFORE).isoformat(), 0]]
        if there.ended <= cursor.from_xid:
            return None
        cursor.to_xid = there.ended
        cursor.marks = [*cursor.marks, [now.isoformat(), there.coming]]
    rows = _new_rows(cursor, there.coming, chunk)
    _write(used, rows)
    cursor.counted += len(rows)
    cursor.read_at = now
    if len(rows) < chunk:  # the pass is over
        cursor.from_xid, cursor.to_xid, cursor.place_at, cursor.place_case = cursor.to_xid, None, None, None
        cursor.marks = kept_marks(cursor.marks, cursor.from_xid)
    else:
        cursor.place_case, cursor.place_at = rows[-1][0], rows[-1][1]
    cursor.save()
    return len(rows) if rows else None


def _new_rows(cursor: CountCursor, now_xid: int, most: int) -> list[tuple[Any, ...]]:
    asked: dict[str, Any] = {
        "workflow": cursor.workflow_id,
        "dated_from": dated_from(cursor.marks, cursor.from_xid) or _DAWN,
        "place_at": cursor.place_at or _DAWN,
        "place_case": cursor.place_case or UUID(int=0),
        "from_xid": cursor.from_xid,
        "to_xid": cursor.to_xid,
        "now_xid": now_xid,
        "most": most,
    }
    with connection.cursor() as db:
        db.execute(_SQL["new_routings"].text, asked)
        return list(db.fetchall())


def _write(used: BinsInUse, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    again = _sent_again(used.binning.workflow_id, rows)
    inputs: dict[tuple[datetime, UUID | None], list[Content]] = defaultdict(list)
    outputs: dict[tuple[datetime, UUID | None], list[Routed]] = defaultdict(list)
    for case_id, at, release_id, route, predicted, score, confidence, content, version, *_ in rows:
        place = at.replace(minute=0, second=0, microsecond=0), release_id
        if version == used.binning.schema_version:
            inputs[place].append(orjson.loads(content))
        is_automatic = route == Route.AUTO
        outputs[place].append(
            Routed(case_id, at, release_id, is_automatic, predicted, score, confidence, case_id in again)
        )
    counts: dict[CountKey, np.ndarray] = {}
    files = files_of((content for some in inputs.values() for content in some), used.schema)
    for (hour, release_id), contents in inputs.items():
        for (field, measure), counted in used.bins.count(used.schema, contents, files).items():
            key = hour, CountFamily.INPUT.value, field, measure, release_id, used.binning.pk
            add(counts, {key: counted})
    labels = dict(Release.objects.filter(pk__in={key[1] for key in outputs}).values_list("id", "labels"))
    for (hour, release_id), routed in outputs.items():
        for (field, measure), counted in count_outputs(
            routed, labels.get(release_id or UUID(int=0), [])
        ).items():
            add(counts, {(hour, CountFamily.OUTPUT.value, field, measure, release_id, None): counted})
    add_counts(used.binning.workflow_id, counts)


def _sent_again(workflow_id: UUID, rows: Sequence[tuple[Any, ...]]) -> set[UUID]:
    """Return the cases whose content came in already within the minutes before, or earlier in their batch."""
    first, last = min(row[0] for row in rows), max(row[0] for row in rows)
    since = min(row[10] for row in rows) - AGAIN_WITHIN
    floor = UUID(int=max(0, int(since.timestamp() * 1000)) << 80)
    near = Case.objects.filter(workflow_id=workflow_id, id__gte=min(floor, first), id__lte=last)
    seen: dict[bytes, list[tuple[datetime, UUID]]] = defaultdict(list)
    found = near.order_by("received_at", "id")
    for digest, received_at, case_id in found.values_list("content_sha256", "received_at", "id"):
        seen[bytes(digest)].append((received_at, case_id))
    again = set()
    for row in rows:
        arrivals = seen[bytes(row[9])]
        before = bisect_left(arrivals, (row[10], row[0]))
        if before and arrivals[before - 1][0] >= row[10] - AGAIN_WITHIN:
            again.add(row[0])
    return again


def add_counts(workflow_id: UUID, counts: Mapping[CountKey, np.ndarray]) -> None:
    """Add counts to the hours, in an order that all writers keep."""
    ordered = sorted(counts.items(), key=lambda item: tuple(map(str, item[0])))
    COUNTS.make({month_of(key[0]) for key in counts})
    names = ("workflow", "hour", "family", "field", "measure", "release", "bins", "counts")
    values: list[Any] = [
        dict(zip(names, (workflow_id, *key, counted.tolist()), strict=True)) for key, counted in ordered
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_SQL["add_hour_count"].text, values)
