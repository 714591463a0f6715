"""The one reader of evidence: cases for which a blind label was drawn, in the order they were decided.

Whatever proves, watches or reports starts from draws, which were made before anybody answered, and never from
the labels that happen to exist: an answer that agrees is a label at once, one that disagrees becomes none
until others have spoken, and some answers never come. What comes in first is on the model's side, and so is
what is never settled (ADR 0046).

So a draw that is open holds back everything behind it (see `science.guarantee.blocks`), and one that is late
or lost is counted on the side that the reader must not favour: as wrong in what speaks for the model, as
right in what speaks against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q, QuerySet

from cases.models import Case, Label, Voiding
from cases.types import NOT_LIVE, Purpose
from monitoring.watch.truth import Truth, known_of
from policy.models import Decision
from policy.proof.live_tests import Block
from reviews.models import Review
from science.decision_terms import Route

MAX_DRAWN = 2_000  # labelled cases looked at in one go
MAX_CASES = 50_000  # cases counted in one go

_DRAWN = Q(is_audited=True) | Q(is_blind=True)

Cursor = tuple[datetime, UUID] | None  # of a decision, in the order of evidence; None is before the first


@dataclass(frozen=True, slots=True)
class Drawn:
    """One case for which a blind label was drawn.

    Attributes:
        loss: 1 where the people's answer is not the model's; where nothing is final, what a monitor counts.
        hint: 1 where any answer given so far is not the model's; None when there is none.
        uniform: the draw that it was drawn by.
        audit_rate: chance with which it was audited, given that the model decided it; None where people did.
        group: equal in cases that belong together.
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
    uniform: float | None = None
    audit_rate: float | None = None
    group: int | None = None

    @property
    def place(self) -> Cursor:
        """Its place in the order of evidence."""
        return self.at, self.case_id

    @property
    def is_open(self) -> bool:
        """Whether it holds back everything behind it."""
        return self.truth is Truth.OPEN

    @property
    def is_final(self) -> bool:
        """Whether people have settled it."""
        return self.truth is Truth.FINAL

    @property
    def is_held(self) -> bool:
        """Whether a monitor waits for it: a long weekend is no evidence against a model."""
        return self.truth in (Truth.OPEN, Truth.OVERDUE)

    @property
    def highest_loss(self) -> float:
        """What it counts in what speaks for the model: wrong unless people have settled that it is right."""
        return self.loss if self.is_final else 1.0

    @property
    def lowest_loss(self) -> float:
        """What it counts in what speaks against the model: right unless people have settled otherwise."""
        return self.loss if self.is_final else 0.0


def scored(workflow_id: UUID, release_id: UUID, *, reasons: Sequence[str]) -> QuerySet[Decision]:
    """Return the routings by a release that gave a usable score, for these reasons, in their order."""
    rows = Decision.objects.filter(workflow_id=workflow_id, sequence=0, release_id=release_id)
    rows = rows.filter(
        reason__in=reasons, score__isnull=False, predicted__isnull=False, inclusion_probability__isnull=False
    )
    return rows.order_by("decided_at", "case_id")


def delivered(workflow_id: UUID, *, since: datetime, until: datetime) -> QuerySet[Decision]:
    """Return what the model decided from `since` to before `until`, whatever it rested on, in its order.

    Every release, arm, provisional certificate and cutoff set by hand counts, for ever: what was recalled or
    amended later was delivered all the same.
    """
    rows = Decision.objects.filter(workflow_id=workflow_id, sequence=0, route=Route.AUTO)
    return rows.filter(decided_at__gte=since, decided_at__lt=until).order_by("decided_at", "case_id")


def place_to_json(place: Cursor) -> list[str] | None:
    """Return a place as JSON values."""
    return None if place is None else [place[0].isoformat(), str(place[1])]


def place_from_json(kept: Sequence[str] | None) -> Cursor:
    """Return the place that `place_to_json` wrote."""
    return None if kept is None else (datetime.fromisoformat(kept[0]), UUID(kept[1]))


def after(rows: QuerySet[Decision], place: Cursor, *, until: datetime | None = None) -> QuerySet[Decision]:
    """Return the decisions behind a place."""
    if place is not None:
        at, case_id = place
        rows = rows.filter(Q(decided_at__gt=at) | Q(decided_at=at, case_id__gt=case_id), decided_at__gte=at)
    return rows if until is None else rows.filter(decided_at__lte=until)


def drawn_after(rows: QuerySet[Decision], place: Cursor, *, until: datetime, now: datetime) -> list[Drawn]:
    """Return the next cases whose blind labels were drawn, with what is known of them now."""
    drawn = after(rows, place, until=until).filter(_DRAWN)
    found = _columns(drawn, MAX_DRAWN)
    known = known_of([row[1] for row in found])
    groups = _groups([row[1] for row in found])
    return [
        Drawn(
            at,
            case_id,
            score,
            predicted,
            inclusion_probability,
            reference_rate or inclusion_probability,
            *known[case_id].judge(predicted, now),
            uniform,
            audit_rate,
            groups[case_id],
        )
        for (
            at,
            case_id,
            score,
            predicted,
            inclusion_probability,
            reference_rate,
            uniform,
            audit_rate,
        ) in found
    ]


def _groups(case_ids: Sequence[UUID]) -> dict[UUID, int]:
    cases = Case.objects.filter(pk__in=case_ids).only("id", "group_key", "content_sha256")
    return {case.id: case.group for case in cases}


def _columns(
    rows: QuerySet[Decision], most: int
) -> list[tuple[datetime, UUID, float, str, float, float | None, float | None, float | None]]:
    # `scored` leaves out the rows in which one of the first five is NULL, which their types do not say.
    columns: Any = rows.values_list(
        "decided_at",
        "case_id",
        "score",
        "predicted",
        "inclusion_probability",
        "reference_rate",
        "uniform",
        "audit_rate",
    )
    return list(columns[:most])


def all_between(
    rows: QuerySet[Decision], place: Cursor, drawn: Sequence[Drawn], costs: Mapping[str, float]
) -> tuple[Block, Cursor]:
    """Return every case behind `place` up to the last one drawn, and how far it was read.

    For monitors: held draws have no loss, unsettled and lost ones have theirs. At most `MAX_CASES` are read
    at once; the caller asks again from there.
    """
    end_at, end_case = drawn[-1].at, drawn[-1].case_id
    read = after(rows, place, until=end_at)
    read = read.filter(Q(decided_at__lt=end_at) | Q(decided_at=end_at, case_id__lte=end_case))
    values = _columns(read, MAX_CASES)
    losses = {one.case_id: one.loss for one in drawn if not one.is_held}
    block = _block(
        [
            (
                losses.get(case_id, np.nan) * costs[predicted],
                score,
                predicted,
                inclusion_probability,
                reference_rate,
            )
            for _, case_id, score, predicted, inclusion_probability, reference_rate, *_ in values
        ]
    )
    return block, (drawn[-1].place if len(values) < MAX_CASES else values[-1][:2])


def block_of(drawn: Sequence[Drawn], costs: Mapping[str, float]) -> Block:
    """Return drawn cases as a block that may prove something: what is not final counts as wrong."""
    return block_with([one.highest_loss for one in drawn], drawn, costs)


def block_with(losses: Sequence[float], drawn: Sequence[Drawn], costs: Mapping[str, float]) -> Block:
    """Return drawn cases as a block of these losses, in [0, 1], with what each costs."""
    block = _block(
        [
            (
                loss * costs[one.predicted],
                one.score,
                one.predicted,
                one.inclusion_probability,
                one.reference_rate,
            )
            for loss, one in zip(losses, drawn, strict=True)
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
    """Tell whether what people said of a draw that was read already has changed since.

    That is a label given, amended, voided or taken back, an answer that is no label yet, and one that was
    taken back while a label stood that did not rest on it.
    """
    if until is None:
        return False
    changed = changed_since(workflow_id, since=since, margin=margin)
    return any(rows.filter(_DRAWN, case_id__in=some, decided_at__lte=until[0]).exists() for some in changed)


def changed_since(workflow_id: UUID, *, since: datetime, margin: timedelta) -> tuple[QuerySet[Any, Any], ...]:
    """Return the cases of which people have said something since, or taken it back, as queries of their keys.

    Each is asked by itself: joined, none of them would be found by its index.
    """
    labels = Label.objects.filter(workflow_id=workflow_id).exclude(purpose__in=NOT_LIVE)
    reviews = Review.objects.filter(task__workflow_id=workflow_id).exclude(task__purpose=Purpose.KNOWN_ANSWER)
    return (
        labels.filter(at__gte=since).order_by().values("case_id"),
        labels.filter(superseded_at__gte=since - margin).order_by().values("case_id"),
        reviews.filter(submitted_at__gte=since).order_by().values("case_id"),
        reviews.filter(undone_at__gte=_voided_from(workflow_id, since - margin)).order_by().values("case_id"),
    )


def _voided_from(workflow_id: UUID, since: datetime) -> datetime:
    """Return from when on answers may have been taken back since: voiding dates them by when it was asked."""
    of_workflow = Q(workflow_id=workflow_id) | Q(workflow_id=None)
    under_way = Voiding.objects.filter(of_workflow, Q(finished_at=None) | Q(finished_at__gte=since))
    first = under_way.order_by("at").values_list("at", flat=True).first()
    return since if first is None else min(first, since)
