"""Batches at the desk: cases with one suggestion of one release that the model finds alike.

A batch is drawn and kept when it is opened, so that loading the page again draws nothing anew. It holds no
leases: an open page never keeps a case from others. Nor does it tell who is asked blind: only cases that are
shown with their suggestion anyway can be in one (ADR 0039).
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import SystemRandom
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from cases.models import Case, SchemaVersion, Workflow
from cases.types import Purpose
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotAllowed
from hitl.shared.transitions import move
from models_store.rows import rows_for
from models_store.serving import served_model
from reviews.access import person_id
from reviews.models import Review, ReviewBatch, ReviewRules, Task
from reviews.selectors import claimable_tasks
from reviews.types import (
    BATCH_LASTS,
    BATCH_TRANSITIONS,
    MAX_LOOKED_AT,
    MIN_ALIKE,
    READ_ALONE,
    READ_FIRST,
    Mode,
    ReviewBatchStatus,
)
from science.explain.clusters import clusters
from science.serving import own_model
from science.spot_check import most_wrong

log = logging.getLogger(__name__)


class BatchGone(Conflict):
    """This batch is over, or its cases were answered meanwhile. Choose another."""

    code = "batch_gone"


@dataclass(frozen=True, slots=True)
class Alike:
    """Waiting tasks that can be opened as a batch; the first leads: the others are like it."""

    workflow: Workflow
    release_id: UUID
    suggestion: str
    task_ids: Sequence[UUID]

    def __len__(self) -> int:
        return len(self.task_ids)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is with a batch.

    Attributes:
        read: their answers to cases of it that they have read, the first first.
        next_task: what they read next; None when nothing of it waits.
        rest: the tasks of it that still wait.
        is_agreed: every answer that counts, whoever gave it and wherever, is the suggestion.
    """

    read: Sequence[Review]
    next_task: Task | None
    rest: Sequence[UUID]
    is_agreed: bool

    @property
    def to_read(self) -> int:
        """How many are to be read before the others can be accepted."""
        return max(0, READ_FIRST - len(self.read))

    @property
    def may_accept(self) -> bool:
        """True when the others can be accepted unread."""
        return self.is_agreed and not self.to_read and bool(self.rest)

    @property
    def most_wrong(self) -> int:
        """The most that may be wrong among the rest, with 95 % confidence, after what was read."""
        return most_wrong(len(self.read), len(self.rest))


def require_batcher(actor: Actor) -> None:
    """Refuse whoever may not accept cases unread.

    Raises:
        NotAllowed: the person has not the role.
    """
    if not (actor.has(Role.REVIEWER) and actor.has(Role.BATCHER)):
        raise NotAllowed(
            "Accepting alike cases together is not part of your role. An administrator can grant it."
        )


def can_be_batched(actor: Actor, *, now: datetime) -> QuerySet[Task]:
    """Return the waiting tasks open to the person that may be answered with others like them, in no order."""
    return (
        claimable_tasks(actor, now=now)
        .filter(
            purpose=Purpose.REVIEW,
            slot=1,
            mode__in=[Mode.ASSISTED, Mode.ON_DEMAND],
            suggestion__isnull=False,
            release__isnull=False,
            for_adjudicator=False,
            escalated_at=None,
            first_label=None,
        )
        .filter(Q(workflow__review_rules=None) | Q(workflow__review_rules__reviews_required=1))
        .exclude(reasons__overlap=READ_ALONE)
        .exclude(workflow_id__in=_asking_for_reasons())
    )


def _asking_for_reasons() -> list[UUID]:
    """Return the workflows in which some label must be given with a reason: they are answered one by one."""
    rules = ReviewRules.objects.exclude(reason_codes={}).values_list("workflow_id", "reason_codes")
    return [
        workflow_id
        for workflow_id, codes in rules
        if any(code.get("required") for listed in codes.values() for code in listed)
    ]


def groups_waiting(actor: Actor, *, now: datetime, workflow_ids: list[UUID] | None = None) -> list[Alike]:
    """Return the groups of alike cases that the person may open as a batch, the largest of a workflow first.

    Of each workflow the next `MAX_LOOKED_AT` tasks are looked at. What somebody else has open in a batch is
    left to them.
    """
    waiting = can_be_batched(actor, now=now)
    if workflow_ids is not None:
        waiting = waiting.filter(workflow_id__in=workflow_ids)
    flows = Workflow.objects.filter(pk__in=waiting.values("workflow_id")).order_by("name")
    return [group for flow in flows for group in _groups_in(flow, waiting, actor, now)]


def _groups_in(workflow: Workflow, waiting: QuerySet[Task], actor: Actor, now: datetime) -> list[Alike]:
    next_ones = waiting.filter(workflow=workflow).exclude(pk__in=_taken_by_others(workflow.pk, actor, now))
    tasks = list(next_ones.select_related("case").order_by("-priority", "goes_at", "id")[:MAX_LOOKED_AT])
    alike: defaultdict[tuple[UUID, str, int], list[Task]] = defaultdict(list)
    for task in tasks:
        if task.release_id is not None and task.suggestion is not None:
            alike[task.release_id, task.suggestion, task.schema_version].append(task)
    found = [
        Alike(workflow, release_id, suggestion, [some[place].pk for place in group])
        for (release_id, suggestion, version), some in alike.items()
        if len(some) >= MIN_ALIKE
        for group in _grouped(workflow.pk, release_id, version, some)
    ]
    return sorted(found, key=lambda group: -len(group))


def _grouped(workflow_id: UUID, release_id: UUID, version: int, tasks: Sequence[Task]) -> list[list[int]]:
    schema = SchemaVersion.objects.get(workflow_id=workflow_id, number=version).schema
    try:
        served = own_model(served_model(release_id))
        if served is None or served.schema_sha256 != schema.sha256():
            return []  # of what a model elsewhere looked at nothing is known here: no group is alike to it
        rows = rows_for([task.case.content for task in tasks], schema)
        return [group.tolist() for group in clusters(served, rows, least=MIN_ALIKE)]
    except Exception:
        log.exception("no groups of alike cases", extra={"release": str(release_id)})
        return []


def _taken_by_others(workflow_id: UUID, actor: Actor, now: datetime) -> list[UUID]:
    others = _open(now).filter(workflow_id=workflow_id).exclude(reviewer_id=actor.user_id)
    return [task_id for ids in others.values_list("task_ids", flat=True) for task_id in ids]


def _open(now: datetime) -> QuerySet[ReviewBatch]:
    return ReviewBatch.objects.filter(status=ReviewBatchStatus.OPEN, expires_at__gt=now)


def open_batches(actor: Actor, *, now: datetime) -> QuerySet[ReviewBatch]:
    """Return the batches that the person can go on with, the last opened first."""
    mine = _open(now).filter(reviewer_id=actor.user_id)
    return mine.select_related("workflow").order_by("-opened_at")


def open_batch(*, actor: Actor, leader: UUID, now: datetime) -> ReviewBatch:
    """Open the group that this task is in, in random order; the one they have open already stays as drawn.

    Raises:
        NotAllowed: the person may not.
        BatchGone: there is no such group any more, or somebody else has opened some of it.
    """
    require_batcher(actor)
    if (there := open_batches(actor, now=now).filter(task_ids__contains=[leader]).first()) is not None:
        return there
    flows = list(Task.objects.filter(pk=leader).values_list("workflow_id", flat=True))
    groups = groups_waiting(actor, now=now, workflow_ids=flows)
    # Cases come and go: the group may be led by another one than when the page was made.
    group = next((group for group in groups if leader in group.task_ids), None)
    if group is None:
        raise BatchGone()
    drawn = list(group.task_ids)
    SystemRandom().shuffle(drawn)
    return _opened(group, drawn, actor, now)


@transaction.atomic
def _opened(group: Alike, drawn: list[UUID], actor: Actor, now: datetime) -> ReviewBatch:
    """Keep the draw, unless a batch with some of it was opened while it was drawn."""
    workflow = Workflow.objects.select_for_update(no_key=True).get(pk=group.workflow.pk)
    for there in _open(now).filter(workflow=workflow, task_ids__overlap=drawn):
        if there.reviewer_id != actor.user_id:
            raise BatchGone("Somebody else has just opened these cases. Choose another batch.")
        return there
    return ReviewBatch.objects.create(
        workflow=workflow,
        release_id=group.release_id,
        suggestion=group.suggestion,
        reviewer_id=person_id(actor),
        task_ids=drawn,
        opened_at=now,
        expires_at=now + BATCH_LASTS,
    )


def batch_of(actor: Actor, batch_id: UUID) -> ReviewBatch:
    """Return a batch that the person opened.

    Raises:
        BatchGone: they have opened no such batch.
    """
    mine = ReviewBatch.objects.select_related("workflow").filter(reviewer_id=actor.user_id)
    batch = mine.filter(pk=batch_id).first()
    if batch is None:
        raise BatchGone()
    return batch


def progress_of(batch: ReviewBatch, *, actor: Actor, now: datetime) -> Progress:
    """Return what of a batch was read, and what still waits."""
    there = {task.pk: task for task in can_be_batched(actor, now=now).filter(pk__in=batch.task_ids)}
    waiting = [there[task_id] for task_id in batch.task_ids if task_id in there]
    otherwise = Case.objects.filter(tasks__in=batch.task_ids, answer__isnull=False)
    return Progress(
        read=list(given_with(batch).filter(shown__read=True).order_by("submitted_at")),
        next_task=waiting[0] if waiting else None,
        rest=[task.pk for task in waiting],
        is_agreed=not otherwise.exclude(answer=batch.suggestion).exists(),
    )


def given_with(batch: ReviewBatch) -> QuerySet[Review]:
    """Return the answers of a batch that count, in no order; `shown` says which were read."""
    return Review.objects.filter(
        task_id__in=batch.task_ids,
        reviewer_id=batch.reviewer_id,
        undone_at=None,
        shown__batch=str(batch.pk),
    )


def close_batch(batch: ReviewBatch, status: ReviewBatchStatus, *, now: datetime) -> bool:
    """End an open batch; False where it is over already. Whatever waits stays in the queue."""
    rows = ReviewBatch.objects.filter(pk=batch.pk)
    return move(rows, table=BATCH_TRANSITIONS, to=status, closed_at=now) == 1


def is_open(batch: ReviewBatch, *, now: datetime) -> bool:
    """Tell whether a batch can be gone on with."""
    return batch.status == ReviewBatchStatus.OPEN and batch.expires_at > now
