"""People's blind answers to cases that a model scored, in the order in which the cases were decided.

Evidence must not know how an answer came out before it knows whether there is one: only disagreeing audits
wait for a second opinion, so the answers that are in first are the agreeing ones. Hence order, blocks and the
states below (see `science.guarantee.blocks`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Q, QuerySet

from cases.models import Case, Label
from cases.types import Purpose
from policy.models import Decision
from policy.proof.live import Block
from reviews.models import Review, Task
from reviews.types import Mode, TaskStatus

MAX_DRAWN = 2_000  # labelled cases looked at in one go
MAX_CASES = 50_000  # cases counted in one go
PATIENCE = timedelta(days=7)  # past its deadline, for which the monitor holds an audit nobody has answered

Cursor = tuple[datetime, UUID] | None  # of a decision, in the order of evidence; None is before the first


class Truth(StrEnum):
    """What is known of a case for which a blind label was drawn."""

    FINAL = "final"  # answered, nobody is asked any more, and past taking back
    OPEN = "open"  # somebody is still asked
    OVERDUE = "overdue"  # somebody was to answer by now
    UNSETTLED = "unsettled"  # the same, and the answers so far must do, or it was waited for long enough
    LOST = "lost"  # nobody will be asked any more: the case was withdrawn


@dataclass(frozen=True, slots=True)
class Drawn:
    """One case for which a blind label was drawn.

    Attributes:
        loss: 1 where the people's answer is not the model's, or where nobody has answered.
        hint: 1 where any answer given so far is not the model's; None when there is none.
    """

    at: datetime
    case_id: UUID
    score: float
    predicted: str
    inclusion_probability: float
    reference_rate: float
    truth: Truth
    loss: float
    hint: float | None
    group: int | None = None  # equal in cases that belong together

    @property
    def place(self) -> Cursor:
        """Its place in the order of evidence."""
        return self.at, self.case_id

    @property
    def is_known(self) -> bool:
        """Whether the loss is final, for certificates and monitors alike."""
        return self.truth in (Truth.FINAL, Truth.UNSETTLED)


def scored(workflow_id: UUID, release_id: UUID, *, reasons: Sequence[str]) -> QuerySet[Decision]:
    """Return the routings by a release that gave a usable score, for these reasons, in their order."""
    rows = Decision.objects.filter(workflow_id=workflow_id, sequence=0, release_id=release_id)
    rows = rows.filter(
        reason__in=reasons, score__isnull=False, predicted__isnull=False, inclusion_probability__isnull=False
    )
    return rows.order_by("decided_at", "case_id")


def after(rows: QuerySet[Decision], place: Cursor, *, until: datetime | None = None) -> QuerySet[Decision]:
    """Return the decisions behind a place."""
    if place is not None:
        at, case_id = place
        rows = rows.filter(Q(decided_at__gt=at) | Q(decided_at=at, case_id__gt=case_id), decided_at__gte=at)
    return rows if until is None else rows.filter(decided_at__lte=until)


def drawn_after(rows: QuerySet[Decision], place: Cursor, *, until: datetime, now: datetime) -> list[Drawn]:
    """Return the next cases whose blind labels were drawn, with what is known of them now."""
    drawn = after(rows, place, until=until).filter(Q(is_audited=True) | Q(is_blind=True))
    found = _columns(drawn, MAX_DRAWN)
    known = _known([row[1] for row in found], now)
    groups = {case.id: case.group for case in _groups([row[1] for row in found])}
    return [
        Drawn(
            at,
            case_id,
            score,
            predicted,
            inclusion_probability,
            reference_rate or inclusion_probability,
            *known[case_id].judge(predicted, now),
            groups[case_id],
        )
        for at, case_id, score, predicted, inclusion_probability, reference_rate in found
    ]


def _groups(case_ids: Sequence[UUID]) -> QuerySet[Case]:
    return Case.objects.filter(pk__in=case_ids).only("id", "group_key", "content_sha256")


def _columns(
    rows: QuerySet[Decision], most: int
) -> list[tuple[datetime, UUID, float, str, float, float | None]]:
    # `scored` leaves out the rows in which one of the first five is NULL, which their types do not say.
    columns: Any = rows.values_list(
        "decided_at", "case_id", "score", "predicted", "inclusion_probability", "reference_rate"
    )
    return list(columns[:most])


def all_between(
    rows: QuerySet[Decision], place: Cursor, drawn: Sequence[Drawn], costs: Mapping[str, float]
) -> tuple[Block, Cursor]:
    """Return every case behind `place` up to the last one drawn, and how far it was read.

    At most `MAX_CASES` are read at once; the caller asks again from there.
    """
    end_at, end_case = drawn[-1].at, drawn[-1].case_id
    read = after(rows, place, until=end_at)
    read = read.filter(Q(decided_at__lt=end_at) | Q(decided_at=end_at, case_id__lte=end_case))
    values = _columns(read, MAX_CASES)
    losses = {one.case_id: one.loss for one in drawn if one.is_known}
    block = _block(
        [
            (
                losses.get(case_id, np.nan) * costs[predicted],
                score,
                predicted,
                inclusion_probability,
                reference_rate,
            )
            for _, case_id, score, predicted, inclusion_probability, reference_rate in values
        ]
    )
    return block, (drawn[-1].place if len(values) < MAX_CASES else values[-1][:2])


def block_of(drawn: Sequence[Drawn], costs: Mapping[str, float]) -> Block:
    """Return drawn cases as a block of labels, with what each loss costs."""
    block = _block(
        [
            (
                one.loss * costs[one.predicted],
                one.score,
                one.predicted,
                one.inclusion_probability,
                one.reference_rate,
            )
            for one in drawn
        ]
    )
    return replace(block, groups=np.array([one.group for one in drawn], dtype=np.int64))


def _block(rows: Sequence[tuple[Any, ...]]) -> Block:
    """Return rows of (loss, score, predicted, inclusion_probability, reference_rate) as a block."""
    losses, scores, predicted, inclusion_probability, reference_rate = (
        zip(*rows, strict=True) if rows else ((), (), (), (), ())
    )
    chance = np.array(inclusion_probability, dtype=np.float64)
    reference = np.array(
        [a or b for a, b in zip(reference_rate, inclusion_probability, strict=True)], dtype=np.float64
    )
    return Block(
        scores=np.array(scores, dtype=np.float64),
        predicted=np.array(predicted, dtype=object),
        losses=np.array(losses, dtype=np.float64),
        inclusion_probability=chance,
        reference_rate=np.minimum(reference, 2 * chance),
    )


def has_changed(
    rows: QuerySet[Decision], *, workflow_id: UUID, since: datetime, margin: timedelta, until: Cursor
) -> bool:
    """Tell whether a label that was read already has been given, amended, voided or taken back since."""
    if until is None:
        return False
    labels = Label.objects.filter(workflow_id=workflow_id).exclude(purpose__in=_NOT_LIVE)
    given = labels.filter(at__gte=since).values("case_id")
    ended = labels.filter(superseded_at__gte=since - margin).values("case_id")
    return any(
        rows.filter(case_id__in=changed, decided_at__lte=until[0])
        .filter(Q(is_audited=True) | Q(is_blind=True))
        .exists()
        for changed in (given, ended)
    )


_NOT_LIVE = (Purpose.IMPORT, Purpose.KNOWN_ANSWER)
_CLOSED = (TaskStatus.DONE, TaskStatus.DROPPED)


@dataclass(slots=True)
class _Known:
    """Labels and tasks of one case."""

    blind: str | None = None  # the blind label that stands, or that an answer given in sight replaced
    blind_at: datetime | None = None
    current: str | None = None
    is_absolved: bool = False  # the current label was given in sight of the model's
    due_at: datetime | None = None  # of the last task that is open
    said: list[str] = field(default_factory=list)  # blind, by whoever was asked, while it is not settled

    def judge(self, predicted: str, now: datetime) -> tuple[Truth, float, float | None]:
        """Return what is known, the loss, and the loss by the first answer."""
        hint = float(any(label != predicted for label in self.said)) if self.said else None
        if self.due_at is not None:
            return (*self._waited_for(self.due_at, hint, now), hint)
        if self.blind is None or self.blind_at is None:
            return Truth.LOST, 1.0, hint
        if now < self.blind_at + timedelta(seconds=settings.UNDO_SECONDS):
            return Truth.OPEN, 1.0, hint
        # An answer given in sight of the model's may speak against the model, never for it.
        wrong = self.blind != predicted or (self.is_absolved and self.current != predicted)
        return Truth.FINAL, float(wrong), hint

    @staticmethod
    def _waited_for(due_at: datetime, hint: float | None, now: datetime) -> tuple[Truth, float]:
        """Return what is known while somebody is asked, and the loss that counts if it counts.

        Past its deadline a dispute counts against the model: there may be no third person. One who agreed
        stands, though a second was to read the case. Where nobody has said anything, the monitor waits: a
        long weekend is no evidence. It does not wait for ever: one forgotten audit would blind it for good.
        """
        if now < due_at:
            return Truth.OPEN, 1.0
        if hint is not None:
            return Truth.UNSETTLED, hint
        return (Truth.UNSETTLED if now >= due_at + PATIENCE else Truth.OVERDUE), 1.0


def _known(case_ids: Sequence[UUID], now: datetime) -> dict[UUID, _Known]:
    known = {case_id: _Known() for case_id in case_ids}
    if not known:
        return known
    labels = Label.objects.filter(case_id__in=case_ids).exclude(purpose__in=_NOT_LIVE).order_by("at", "id")
    for case_id, label, is_blind, at, ended in labels.values_list(
        "case_id", "label", "is_blind", "at", "superseded_at"
    ):
        of = known[case_id]
        if is_blind:
            of.blind, of.blind_at = label, at
        if ended is None:
            of.current, of.is_absolved = label, not is_blind
    for of in known.values():
        if of.current is None:  # taken back or voided: nobody has answered
            of.blind = of.blind_at = None
    tasks = (
        Task.objects.filter(case_id__in=case_ids)
        .exclude(status__in=_CLOSED)
        .exclude(purpose=Purpose.KNOWN_ANSWER)
    )
    for case_id, due_at in tasks.order_by("due_at").values_list("case_id", "due_at"):
        known[case_id].due_at = due_at
    asked = [case_id for case_id, of in known.items() if of.due_at is not None or of.current is None]
    reviews = Review.objects.filter(case_id__in=asked, undone_at=None, mode=Mode.BLIND)
    for case_id, label in reviews.exclude(task__purpose=Purpose.KNOWN_ANSWER).values_list("case_id", "label"):
        known[case_id].said.append(label)
    return known
