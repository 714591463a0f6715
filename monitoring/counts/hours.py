"""Count what people did, hour by hour; the latest hours anew each time, because answers are taken back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from cases.types import Purpose
from hitl.shared.months import month_of
from hitl.shared.statements import statements_beside
from monitoring.counts.months import COUNTS
from monitoring.types import CountFamily
from policy.models import Decision
from reviews.models import KnownAnswerCase, Review
from science.drift.cells import CategoryCells, Cells, NumberCells
from science.drift.counting import Key, add
from science.drift.measures import Measure

HOURS_ANEW = 3

_SECONDS = (1, 2, 3, 5, 8, 12, 18, 25, 35, 50, 70, 100, 150, 220, 320, 480, 700, 1_000, 1_500, 2_500, 3_600)
_MINUTES = (1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 720, 1_440, 2_880, 4_320, 7_200, 10_080, 20_160)
SECONDS = NumberCells(tuple(float(cut) for cut in _SECONDS))
MINUTES = NumberCells(tuple(float(cut) for cut in _MINUTES))
AS_THE_MODEL, OTHERWISE = gettext_noop("as the model"), gettext_noop("otherwise")
OVERRIDES = CategoryCells((gettext_noop("kept"), gettext_noop("changed")))
BLIND = CategoryCells((AS_THE_MODEL, OTHERWISE))
KNOWN = CategoryCells((gettext_noop("right"), gettext_noop("wrong")))
SECONDS_OF, WAITED, OVERRIDE, BLIND_ANSWER, KNOWN_ANSWER = "seconds", "waited", "override", "blind", "known"

MEASURES = (
    Measure(OVERRIDE, gettext_noop("suggestions changed"), is_ordered=False),
    Measure(BLIND_ANSWER, gettext_noop("blind answers otherwise than the model"), is_ordered=False),
    Measure(KNOWN_ANSWER, gettext_noop("known answers missed"), is_ordered=False),
    Measure(SECONDS_OF, gettext_noop("time for an answer"), "s"),
    Measure(WAITED, gettext_noop("wait until the answer"), "min"),
)
CELLS: dict[str, Cells] = {
    OVERRIDE: OVERRIDES,
    BLIND_ANSWER: BLIND,
    KNOWN_ANSWER: KNOWN,
    SECONDS_OF: SECONDS,
    WAITED: MINUTES,
}

_SQL = statements_beside(__file__)


@transaction.atomic
def count_people(workflow_id: UUID, *, now: datetime, hours: int = HOURS_ANEW) -> int:
    """Count the answers of the last hours, in place of what was counted of them before; return how many."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    counts: dict[datetime, dict[Key, np.ndarray]] = defaultdict(dict)
    n = 0
    for hour, values in _answers(workflow_id, first, now).items():
        n += len(values[SECONDS_OF])
        for measure, seen in values.items():
            add(counts[hour], {("", measure): CELLS[measure].count(seen)})
    rows: list[Any] = [
        {
            "workflow": workflow_id,
            "hour": hour,
            "family": CountFamily.PEOPLE.value,
            "measure": measure,
            "counts": counted.tolist(),
        }
        for hour, some in sorted(counts.items())
        for (_, measure), counted in sorted(some.items())
    ]
    COUNTS.make({month_of(hour) for hour in counts})
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM monitoring_hourcount"
            " WHERE workflow_id = %s AND family = %s AND hour >= %s AND NOT hour = ANY(%s)",
            [workflow_id, CountFamily.PEOPLE.value, first, sorted(counts)],
        )
        cursor.executemany(_SQL["put_hour_count"].text, rows)
    return n


def _answers(workflow_id: UUID, first: datetime, now: datetime) -> dict[datetime, dict[str, list[Any]]]:
    given = Review.objects.filter(
        task__workflow_id=workflow_id, submitted_at__gte=first, submitted_at__lte=now, undone_at=None
    )
    reviews = list(given.select_related("task").order_by("id"))
    known, predicted = _known(reviews), _predicted(reviews)
    found: dict[datetime, dict[str, list[Any]]] = defaultdict(lambda: {name: [] for name in CELLS})
    for review in reviews:
        task = review.task
        of = found[review.submitted_at.replace(minute=0, second=0, microsecond=0)]
        of[SECONDS_OF].append(review.seconds)
        of[WAITED].append((review.submitted_at - task.created_at).total_seconds() / 60)
        unseen = review.said_unseen
        if task.purpose == Purpose.KNOWN_ANSWER:
            if truth := known.get(review.case_id):
                of[KNOWN_ANSWER].append("right" if unseen == truth else "wrong")
        elif task.suggestion is not None and unseen is None:
            of[OVERRIDE].append("kept" if review.label == task.suggestion else "changed")
        elif unseen is not None and (said := predicted.get(review.case_id)) is not None:
            of[BLIND_ANSWER].append(AS_THE_MODEL if unseen == said else OTHERWISE)
    return found


def _known(reviews: Sequence[Review]) -> dict[UUID, str]:
    asked = [review.case_id for review in reviews if review.task.purpose == Purpose.KNOWN_ANSWER]
    return dict(KnownAnswerCase.objects.filter(case_id__in=asked).values_list("case_id", "truth"))


def _predicted(reviews: Sequence[Review]) -> dict[UUID, str | None]:
    rows = Decision.objects.filter(case_id__in=[review.case_id for review in reviews], sequence=0)
    return dict(rows.order_by("epoch").values_list("case_id", "predicted"))
