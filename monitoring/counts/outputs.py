"""What is counted of each routing: fixed cells, the same for every workflow and release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.utils.translation import gettext_noop

from science.drift.cells import CategoryCells, NumberCells
from science.drift.counting import Key
from science.drift.measures import Measure

_LOW = [round(0.025 * i, 3) for i in range(1, 36)]
_HIGH = [round(0.9 + 0.005 * i, 3) for i in range(20)]
SCORES = NumberCells((*_LOW, *_HIGH))
ROUTES = CategoryCells((gettext_noop("auto"), gettext_noop("human")))
YES_NO = CategoryCells((gettext_noop("no"), gettext_noop("yes")))
MICRO = 1_000_000

SCORE, LABEL, ROUTE, NULL, AGAIN, DOUBT = "score", "label", "route", "null", "again", "doubt"
OF_A_RELEASE = (SCORE, LABEL, NULL)
"""What a model says: another one says it otherwise, and is compared with itself alone."""
MEASURES = (
    Measure(SCORE, gettext_noop("score")),
    Measure(LABEL, gettext_noop("predicted label"), is_ordered=False),
    Measure(ROUTE, gettext_noop("who decides"), is_ordered=False),
    Measure(NULL, gettext_noop("cases without a usable answer"), is_ordered=False),
    Measure(AGAIN, gettext_noop("sent again within minutes"), is_ordered=False),
    # Not compared: automatic decisions, and the sum of their predicted errors in millionths.
    Measure(DOUBT, gettext_noop("predicted error of automatic decisions")),
)


@dataclass(frozen=True, slots=True)
class Routed:
    """One routing, as far as it is counted."""

    case_id: UUID
    at: datetime
    release_id: UUID | None
    is_automatic: bool
    predicted: str | None
    score: float | None
    confidence: float | None
    is_again: bool


def label_cells(labels: Sequence[str]) -> CategoryCells:
    """One cell for each label of a release."""
    return CategoryCells(tuple(labels))


def count_outputs(rows: Sequence[Routed], labels: Sequence[str]) -> Mapping[Key, np.ndarray]:
    """Count the routings of one release, by a field without a name and a measure."""
    sure = [row.confidence for row in rows if row.is_automatic and row.confidence is not None]
    doubt = sum(round((1 - confidence) * MICRO) for confidence in sure)
    return {
        ("", SCORE): SCORES.count(row.score for row in rows),
        ("", LABEL): label_cells(labels).count(row.predicted for row in rows),
        ("", ROUTE): ROUTES.count("auto" if row.is_automatic else "human" for row in rows),
        ("", NULL): YES_NO.count("yes" if row.score is None else "no" for row in rows),
        ("", AGAIN): YES_NO.count("yes" if row.is_again else "no" for row in rows),
        ("", DOUBT): np.array([len(sure), doubt], dtype=np.int64),
    }
