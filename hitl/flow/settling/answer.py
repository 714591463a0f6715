"""How people's answers come in: one to a leased task, or many to waiting tasks.

One transaction each:

    answer -> settle (ask another | label -> decision -> status -> news)

Locks are taken case first, then its tasks. An answer is final in the queue at once; the news of it waits
until nobody can take it back any more (ADR 0024).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from cases.models import Case
from hitl.flow.settling.settle import Given, settle
from hitl.shared.actor import Actor
from reviews.models import Review, Task
from reviews.selectors import claimable_tasks
from reviews.services.answers import Answer, locked_case, locked_task, record_answers, said_before


@dataclass(frozen=True, slots=True)
class Answered:
    """A recorded answer; `label` is what the case counts as now, None while others are still asked."""

    review: Review
    label: str | None
    is_replay: bool = False

    @property
    def undo_until(self) -> datetime:
        """Until when the answer can be taken back without a trace outside."""
        return self.review.submitted_at + timedelta(seconds=settings.UNDO_SECONDS)


@transaction.atomic
def submit_review(*, lease_token: UUID, answer: Answer, actor: Actor, now: datetime) -> Answered:
    """Record one reviewer's answer on the task they hold, and do what follows from it.

    Sent twice, it is recorded once: the lease's token is the idempotency key.

    Raises:
        LeaseExpired: the token is unknown or past its end; nothing is written.
        AlreadyAnswered: the token was used for another answer.
        UnknownLabel, Invalid: the answer does not fit the case.
    """
    case = locked_case(lease_token=lease_token)
    task = locked_task(lease_token=lease_token) if case else None
    if case is None or task is None:
        before = said_before(lease_token=lease_token, answer=answer, actor=actor)
        return Answered(before, None, is_replay=True)
    (review,) = record_answers([(task, answer)], actor=actor, now=now)
    return Answered(review, settle([Given(case, task, review)], actor=actor, now=now)[task.pk])


@dataclass(slots=True)
class BatchAnswered:
    """What became of the answers.

    Attributes:
        labels: by task, what its case counts as now; None while others are still asked.
        passed_by: tasks that were not to be had: answered, dropped or held meanwhile, skipped by the person,
            or about a case that they have answered before.
    """

    labels: dict[UUID, str | None] = field(default_factory=dict)
    passed_by: list[UUID] = field(default_factory=list)


def offered(*, actor: Actor, workflow_ids: Sequence[UUID], now: datetime, most: int) -> list[Task]:
    """Return the tasks that the person would be given next, in the queue's order, with nothing taken."""
    waiting = claimable_tasks(actor, now=now, workflow_ids=workflow_ids)
    return list(waiting.order_by("-priority", "goes_at", "id")[:most])


@transaction.atomic
def answer_batch(
    *, by_task: Mapping[UUID, Answer], actor: Actor, since: datetime, now: datetime
) -> BatchAnswered:
    """Record the answers of one person to waiting tasks, and do what follows from each.

    `since` is when the person began with them. What is not to be had any more is passed by, not refused:
    somebody else was faster.

    Raises:
        NotAllowed: the actor is no person.
        UnknownLabel, Invalid: an answer does not fit its case; nothing of the batch is written.
    """
    given = record_for(locked(list(by_task), actor, now), by_task, actor=actor, since=since, now=now)
    labels = settle(given, actor=actor, now=now)
    return BatchAnswered(labels, [task_id for task_id in by_task if task_id not in labels])


def record_for(
    locked_ones: Sequence[tuple[Case, Task]],
    by_task: Mapping[UUID, Answer],
    *,
    actor: Actor,
    since: datetime,
    now: datetime,
) -> list[Given]:
    """Record answers to locked tasks that wait; nothing follows from them yet."""
    pairs = [(task, by_task[task.pk]) for _, task in locked_ones]
    reviews = record_answers(pairs, actor=actor, now=now, since=since) if pairs else []
    return [Given(case, task, review) for (case, task), review in zip(locked_ones, reviews, strict=True)]


def locked(task_ids: list[UUID], actor: Actor, now: datetime) -> list[tuple[Case, Task]]:
    """Lock the cases, then the tasks that the person may have, in the order asked for; one task a case.

    What others hold or lock is passed by.
    """
    wanted = claimable_tasks(actor, now=now).filter(pk__in=task_ids).values_list("case_id", flat=True)
    cases = {
        case.pk: case
        for case in Case.objects.select_related("workflow")
        .defer("content", "workflow__review_policy")
        .filter(pk__in=list(wanted))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
    }
    free = (
        claimable_tasks(actor, now=now)
        .filter(pk__in=task_ids, case_id__in=list(cases))
        .select_related("workflow__review_rules")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
    )
    place = {task_id: i for i, task_id in enumerate(task_ids)}
    first_of_case: dict[UUID, Task] = {}
    for task in sorted(free, key=lambda task: place[task.pk]):
        first_of_case.setdefault(task.case_id, task)
    return [(cases[case_id], task) for case_id, task in first_of_case.items()]
