"""Accept the suggestion for the unread cases of a batch, after reading some of them.

Each gets a review and a decision of its own, and can be taken back by itself. None gets a label: what nobody
has read is the model's own opinion, so it trains nothing, tunes nothing, and proves nothing of the model
(ADR 0039).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from hitl.audit.log import record
from hitl.flow.settling.answer import answer_batch, locked, record_for
from hitl.flow.settling.decide import NewAnswer, decide
from hitl.flow.settling.undo import undo_review
from hitl.shared.actor import Actor
from hitl.shared.errors import HitlError
from policy.types import DecisionReason
from reviews.models import ReviewBatch
from reviews.services.answers import Answer
from reviews.services.batches import (
    BatchGone,
    Progress,
    close_batch,
    given_with,
    is_open,
    progress_of,
    require_batcher,
)
from reviews.services.leases import give_back
from reviews.types import ReviewBatchStatus


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the cases of a batch that nobody has read."""

    accepted: int
    passed_by: int


@transaction.atomic
def answer_one(
    *,
    batch: ReviewBatch,
    task_id: UUID,
    label: str,
    seconds: float,
    seen: Mapping[str, Any],
    flags: Sequence[Any],
    actor: Actor,
    now: datetime,
) -> Progress:
    """Record what the person says of a case of their batch that they have read.

    It is an answer like any other in sight of the suggestion. One that differs dissolves the batch, as does
    any other answer that a case of it got elsewhere. `seen` is what of the evidence they saw.

    Raises:
        NotAllowed: the person may not.
        BatchGone: the batch is over, or the case went to somebody else.
        UnknownLabel, Invalid: the answer does not fit the case.
    """
    require_batcher(actor)
    batch = _locked_batch(batch, now)
    before = progress_of(batch, actor=actor, now=now)
    if task_id not in before.rest:
        raise BatchGone("Somebody else has answered this case meanwhile. Go on with the next one.")
    last = max([batch.opened_at, *(review.submitted_at for review in before.read)])
    shown = {**seen, "suggestion": True, "batch": str(batch.pk), "read": True}
    answer = Answer(label, seconds=seconds, shown=shown, flags=flags)
    if answer_batch(by_task={task_id: answer}, actor=actor, since=last, now=now).passed_by:
        raise BatchGone("Somebody else has answered this case meanwhile. Go on with the next one.")
    after = progress_of(batch, actor=actor, now=now)
    if not after.is_agreed:
        close_batch(batch, ReviewBatchStatus.DISSOLVED, now=now)
    return after


@transaction.atomic
def accept_rest(*, batch: ReviewBatch, actor: Actor, now: datetime) -> Accepted:
    """Answer everything of a batch that still waits with its suggestion, unread.

    What somebody else has answered or is answering meanwhile is passed by. Done twice, the second time finds
    the batch over.

    Raises:
        NotAllowed: the person may not.
        BatchGone: the batch is over, a case of it got another answer, or too little of it was read.
    """
    require_batcher(actor)
    batch = _locked_batch(batch, now)
    progress = progress_of(batch, actor=actor, now=now)
    if not progress.is_agreed:
        raise BatchGone("A case of this batch got another answer: the others are answered one by one.")
    if not progress.may_accept:
        raise BatchGone("Too little of this batch was read, or nothing of it waits any more.")
    answer = Answer(batch.suggestion, shown={"suggestion": True, "batch": str(batch.pk), "read": False})
    waiting = locked(list(progress.rest), actor, now)
    given = record_for(waiting, dict.fromkeys(progress.rest, answer), actor=actor, since=now, now=now)
    unread = [
        NewAnswer(one.case, one.review.label, DecisionReason.BATCHED, review_id=one.review.pk)
        for one in given
    ]
    decide(unread, actor=actor, now=now)
    close_batch(batch, ReviewBatchStatus.ACCEPTED, now=now)
    record(
        action="batch.accepted",
        actor=actor,
        now=now,
        about=batch,
        detail={
            "workflow": batch.workflow.slug,
            "label": batch.suggestion,
            "read": len(progress.read),
            "accepted": len(given),
            "most_wrong": progress.most_wrong,
        },
    )
    return Accepted(len(given), len(progress.rest) - len(given))


def take_back(*, lease_token: UUID, actor: Actor, now: datetime) -> None:
    """Take back one answer of a batch inside the undo window; its case goes back to the queue.

    Raises:
        NothingToUndo, UndoTooLate, HandsFull: as `undo_review` says.
    """
    with transaction.atomic():
        lease = undo_review(lease_token=lease_token, actor=actor, now=now)
        give_back(lease_token=lease, actor=actor, now=now)


def take_all_back(*, batch: ReviewBatch, actor: Actor, now: datetime) -> tuple[int, int]:
    """Take back every answer of a batch that nobody has read; return how many came back, and how many stayed.

    Each by itself: one that somebody has built on meanwhile does not keep the others.
    """
    tokens = list(given_with(batch).filter(shown__read=False).values_list("lease_token", flat=True))
    back = 0
    for token in tokens:
        try:
            take_back(lease_token=token, actor=actor, now=now)
        except HitlError:
            continue
        back += 1
    return back, len(tokens) - back


def _locked_batch(batch: ReviewBatch, now: datetime) -> ReviewBatch:
    """Lock the batch: two pages of one person answer it one after the other."""
    there = ReviewBatch.objects.select_related("workflow").select_for_update(of=("self",), no_key=True)
    batch = there.get(pk=batch.pk)
    if not is_open(batch, now=now):
        raise BatchGone()
    return batch
