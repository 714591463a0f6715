"""What is known of a case for which a blind label was drawn, from its labels, answers and tasks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from cases.models import Label
from cases.types import NOT_LIVE, Purpose
from reviews.models import Review, Task
from reviews.models.answers import said_unseen
from reviews.types import TaskStatus

PATIENCE = timedelta(days=7)  # past its deadline, for which the monitor holds an audit nobody has answered
_CLOSED = (TaskStatus.DONE, TaskStatus.DROPPED)


class Truth(StrEnum):
    """What is known of a case for which a blind label was drawn."""

    FINAL = "final"  # answered, nobody is asked any more, and past taking back
    OPEN = "open"  # somebody is still asked
    OVERDUE = "overdue"  # somebody was to answer by now
    UNSETTLED = (
        "unsettled"  # the same, and there are answers that settle nothing, or it was waited for enough
    )
    LOST = "lost"  # nobody is asked any more, and no blind answer stands: withdrawn, abstained, void


@dataclass(slots=True)
class Known:
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

        For a monitor, a dispute past its deadline counts against the model: there may be no third person. One
        who agreed stands, though a second was to read the case. Where nobody has said anything, it waits: a
        long weekend is no evidence. It does not wait for ever: one forgotten audit would blind it for good.
        """
        if now < due_at:
            return Truth.OPEN, 1.0
        if hint is not None:
            return Truth.UNSETTLED, hint
        return (Truth.UNSETTLED if now >= due_at + PATIENCE else Truth.OVERDUE), 1.0


def known_of(case_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """Return what people have said of each case, and whether somebody is still asked."""
    known = {case_id: Known() for case_id in case_ids}
    if not known:
        return known
    reviews = _reviews_of(case_ids)
    void = {review_id for review_id, (_, _, is_void, _) in reviews.items() if is_void}
    labels = Label.objects.filter(case_id__in=case_ids).exclude(purpose__in=NOT_LIVE).order_by("at", "id")
    for case_id, label, is_blind, at, ended, review_id in labels.values_list(
        "case_id", "label", "is_blind", "at", "superseded_at", "review_id"
    ):
        of = known[case_id]
        if is_blind and review_id not in void:
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
    for case_id, label, is_void, is_blind in reviews.values():
        if is_blind and not is_void:
            known[case_id].said.append(label)
    return known


def _reviews_of(case_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str, bool, bool]]:
    """Return by answer: its case, what was said unseen or else in sight, whether it is void, and if blind."""
    reviews = Review.objects.filter(case_id__in=case_ids).exclude(task__purpose=Purpose.KNOWN_ANSWER)
    found = {}
    for pk, case_id, label, first, undone_at, mode in reviews.order_by("submitted_at").values_list(
        "pk", "case_id", "label", "first_label", "undone_at", "mode"
    ):
        unseen = said_unseen(mode, label, first)
        found[pk] = (case_id, unseen or label, undone_at is not None, unseen is not None)
    return found
