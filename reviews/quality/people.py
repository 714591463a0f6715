"""How much, how fast and how often right each person answers, with intervals, where there is enough data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from hitl.shared.named_rows import fetch_named
from reviews.quality.sql_quality import BY_LABEL, BY_PERSON, CONFUSED, SECONDS, UNREAD
from reviews.quality.window import Window
from science.agreement.confusion import Confusion, confusion_of
from science.agreement.pace import Pace, pace_of
from science.agreement.rubber_stamp import RubberStamp, rubber_stamp_index
from science.agreement.shares import Share, TooFew, share

MIN_CASES = 5
"""Compared answers below which no share is shown."""

_PACED = 500

Estimate = Share | TooFew


def rows_of(statement: str, params: dict[str, Any]) -> list[Any]:
    """Run one of the statements of this package; its rows have the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return fetch_named(cursor)


def paces(window: Window) -> dict[UUID, Pace]:
    """Return how long answers take in each workflow, from everybody's newest answers of the window."""
    everybody = Window(window.since, window.until, window.workflow_id, most=_PACED)
    seconds: dict[UUID, list[float]] = {}
    for workflow_id, _, taken in rows_of(SECONDS, everybody.params()):
        seconds.setdefault(workflow_id, []).append(taken)
    return {workflow_id: pace_of(np.array(taken)) for workflow_id, taken in seconds.items()}


@dataclass(frozen=True, slots=True)
class PersonQuality:
    """One person's answers of a window.

    `agreement` is with what the case counts as, where somebody else answered it as well; `blind` and `shown`
    are its parts without and with the suggestion in sight. `overturned` is the share of disputed answers
    that an adjudicator did not follow. `known` is of known-answer cases. Seconds are active ones. `unread`
    counts what they accepted in batches without reading it, which is none of the `answers`.
    """

    person_id: int
    username: str
    first_name: str
    answers: int
    median: float
    p90: float
    active_seconds: float
    last_at: datetime
    too_fast: Estimate
    agreement: Estimate
    blind: Estimate
    shown: Estimate
    overturned: Estimate
    known: Estimate
    rubber_stamp: RubberStamp | TooFew
    unread: int

    @property
    def per_hour(self) -> float | None:
        """Answers an active hour; None where no active time was measured."""
        return 3600 * self.answers / self.active_seconds if self.active_seconds > 0 else None

    @property
    def needs_a_look(self) -> bool:
        """True when something about these answers is unlikely to be chance."""
        stamps = isinstance(self.rubber_stamp, RubberStamp) and self.rubber_stamp.is_raised
        hasty = isinstance(self.too_fast, Share) and self.too_fast.low > 0.05
        return stamps or hasty


def people(window: Window, *, limits: dict[UUID, Pace] | None = None) -> list[PersonQuality]:
    """Return everybody who answered in the window, the busiest first."""
    limits = paces(window) if limits is None else limits
    paced = {"paced": list(limits), "below": [pace.too_fast_below for pace in limits.values()]}
    unread = dict(rows_of(UNREAD, window.params()))
    return [_person(row, unread) for row in rows_of(BY_PERSON, window.params() | paced)]


def _person(row: Any, unread: Mapping[int, int]) -> PersonQuality:
    """Read a row of `sql_quality.BY_PERSON`."""
    return PersonQuality(
        person_id=row.person_id,
        username=row.username,
        first_name=row.first_name,
        answers=row.answers,
        median=row.median,
        p90=row.p90,
        active_seconds=row.active_seconds,
        last_at=row.last_at,
        too_fast=share(row.too_fast, row.answers, least=MIN_CASES),
        agreement=share(row.agreed, row.compared, least=MIN_CASES),
        blind=share(row.blind_agreed, row.blind_compared, least=MIN_CASES),
        shown=share(row.shown_agreed, row.shown_compared, least=MIN_CASES),
        overturned=share(row.overturned, row.disputed, least=MIN_CASES),
        known=share(row.known_right, row.known, least=MIN_CASES),
        rubber_stamp=rubber_stamp_index(
            shown_agreed=row.mistakes_shown_repeated,
            shown_n=row.mistakes_shown,
            blind_agreed=row.mistakes_unseen_repeated,
            blind_n=row.mistakes_unseen,
            least=MIN_CASES,
        ),
        unread=unread.get(row.person_id, 0),
    )


@dataclass(frozen=True, slots=True)
class LabelQuality:
    """What people's answers of one label of a workflow are worth.

    `kept` is the share of these answers that the case came to count as; `found` the share of the cases that
    count as it whose answers said so.
    """

    workflow_id: UUID
    label: str
    answers: int
    median: float
    p90: float
    kept: Estimate
    found: Estimate
    overturned: Estimate


def labels(window: Window) -> list[LabelQuality]:
    """Return every label that was given in the window, the most frequent first."""
    said, true, right = _margins(rows_of(CONFUSED, window.params()))
    found = []
    for workflow_id, label, n, median, p90, disputed, overturned in rows_of(BY_LABEL, window.params()):
        key = (workflow_id, label)
        found.append(
            LabelQuality(
                workflow_id,
                label,
                n,
                median,
                p90,
                kept=share(right.get(key, 0), said.get(key, 0), least=MIN_CASES),
                found=share(right.get(key, 0), true.get(key, 0), least=MIN_CASES),
                overturned=share(overturned, disputed, least=MIN_CASES),
            )
        )
    return found


_Counts = dict[tuple[UUID, str], int]


def _margins(cells: Sequence[Any]) -> tuple[_Counts, _Counts, _Counts]:
    said: _Counts = {}
    true: _Counts = {}
    right: _Counts = {}
    for workflow_id, truth, label, n in cells:
        said[workflow_id, label] = said.get((workflow_id, label), 0) + n
        true[workflow_id, truth] = true.get((workflow_id, truth), 0) + n
        if truth == label:
            right[workflow_id, label] = n
    return said, true, right


@dataclass(frozen=True, slots=True)
class Table:
    """A confusion table with the names of its rows and columns."""

    workflow_id: UUID
    labels: list[str]
    confusion: Confusion


def confusions(window: Window, *, order: dict[UUID, list[str]]) -> list[Table]:
    """Return what was said where the answer is known or others answered too, a table a workflow.

    `order` holds the labels of each workflow in the order of its schema; labels that are gone come after
    them.
    """
    cells: dict[UUID, dict[tuple[str, str], int]] = {}
    for workflow_id, truth, label, n in rows_of(CONFUSED, window.params()):
        cells.setdefault(workflow_id, {})[truth, label] = n
    tables = []
    for workflow_id, counted in cells.items():
        known = order.get(workflow_id, [])
        names = known + sorted({name for cell in counted for name in cell} - set(known))
        counts = [[counted.get((truth, label), 0) for label in names] for truth in names]
        tables.append(Table(workflow_id, names, confusion_of(np.array(counts))))
    return tables


def seconds_of(window: Window) -> np.ndarray:
    """Return the active seconds of each answer of the window, (n_answers,)."""
    return np.array([taken for _, _, taken in rows_of(SECONDS, window.params())], dtype=np.float64)
