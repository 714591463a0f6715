"""Many answers of one person at once, with the outcome of claiming and answering the tasks one by one.

Every answer keeps its own review, label and decision, so that each can be taken back by itself. Answers that
settle their case for certain (a single review, an audit that agrees) are written set by set: the number of
statements does not grow with them. Every other answer goes through `settle.follow`, as it would alone.

A task is never seen leased: it is claimed and answered in one transaction, behind the locks of anybody
else's answer (cases first, then their tasks). What others hold or lock is passed by.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max

from cases.models import Case, Label
from cases.types import CASE_TRANSITIONS, CaseStatus, Purpose
from hitl.flow.settling.judged import judged_in
from hitl.flow.settling.settle import follow, news_about
from hitl.outbox.events import emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict
from hitl.shared.transitions import move
from policy.models import Decision
from reviews.access import person_id
from reviews.details import check_flags
from reviews.models import Review, Task
from reviews.review_chances import is_reread
from reviews.selectors import field_names_of, open_to
from reviews.services.answers import check_answer, rules_of
from reviews.types import Mode, TaskStatus

BLIND_MODES = (Mode.BLIND, Mode.DECIDE_FIRST)  # what a batch answers, it answers without a sight of the model


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One answer to give; active `seconds` cannot exceed the time since the person began.

    `shown` is what of the model the person saw, and `flags` what they said of its evidence; a blind task has
    neither.
    """

    task_id: UUID
    label: str
    comment: str = ""
    seconds: float = 0.0
    shown: Mapping[str, object] = field(default_factory=dict)
    flags: Sequence[Any] = ()


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


@dataclass(frozen=True, slots=True)
class Given:
    """A recorded answer with the rows it is about, locked."""

    case: Case
    task: Task
    review: Review


def offered(*, actor: Actor, workflow_ids: Sequence[UUID], now: datetime, most: int) -> list[Task]:
    """Return the tasks that the person would be given next, in the queue's order, with nothing taken."""
    waiting = open_to(actor, now=now, workflow_ids=workflow_ids)
    return list(waiting.order_by("-priority", "goes_at", "id")[:most])


@transaction.atomic
def answer_batch(
    *, answers: Sequence[BatchAnswer], actor: Actor, since: datetime, now: datetime
) -> BatchAnswered:
    """Record the answers of one person to waiting tasks, and do what follows from each.

    `since` is when the person began with them. What is not to be had any more is passed by, not refused:
    somebody else was faster.

    Raises:
        NotAllowed: the actor is no person.
        UnknownLabel, Invalid: an answer does not fit its case; nothing of the batch is written.
    """
    by_task = {answer.task_id: answer for answer in answers}
    held = locked(list(by_task), actor, now)
    for _, task in held:
        answer = by_task[task.pk]
        check_answer(task, answer.label, answer.comment)
        if answer.flags:
            fields = field_names_of(task.workflow_id, task.schema_version)
            check_flags(answer.flags, fields, sees_highlights=task.mode not in BLIND_MODES)
    given = write_reviews(held, by_task, actor, since, now)
    outcome = BatchAnswered(passed_by=[pk for pk in by_task if pk not in {one.task.pk for one in given}])
    plain = _plain(given)
    _settle([one for one in given if one.task.pk in plain], actor, now)
    for one in given:
        if one.task.pk in plain:
            outcome.labels[one.task.pk] = one.review.label
        else:
            outcome.labels[one.task.pk] = follow(
                case=one.case, task=one.task, review=one.review, actor=actor, now=now
            )
    return outcome


def locked(task_ids: list[UUID], actor: Actor, now: datetime) -> list[tuple[Case, Task]]:
    """Lock the cases, then the tasks that the person may have, in the order asked for; one task a case."""
    wanted = open_to(actor, now=now).filter(pk__in=task_ids).values_list("case_id", flat=True)
    cases = {
        case.pk: case
        for case in Case.objects.select_related("workflow")
        .defer("content", "workflow__review_policy")
        .filter(pk__in=list(wanted))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
    }
    free = (
        open_to(actor, now=now)
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


def write_reviews(
    held: Sequence[tuple[Case, Task]],
    by_task: dict[UUID, BatchAnswer],
    actor: Actor,
    since: datetime,
    now: datetime,
) -> list[Given]:
    """Close the tasks and write the reviews, as `reviews.services.answers.record_answer` would."""
    most_seconds = (now - since).total_seconds()
    given = []
    for case, task in held:
        answer = by_task[task.pk]
        review = Review(
            task=task,
            case_id=task.case_id,
            epoch=task.epoch,
            reviewer_id=person_id(actor),
            label=answer.label,
            comment=answer.comment,
            first_label=answer.label if task.mode == Mode.DECIDE_FIRST else None,
            mode=task.mode,
            shown={} if task.mode == Mode.BLIND else dict(answer.shown),
            flags=list(answer.flags),
            lease_token=uuid4(),
            started_at=since,
            submitted_at=now,
            seconds=min(max(answer.seconds, 0.0), most_seconds),
        )
        given.append(Given(case, task, review))
    Task.objects.filter(pk__in=[task.pk for _, task in held]).update(
        status=TaskStatus.DONE, leased_to_id=actor.user_id, leased_at=since, closed_at=now
    )
    Review.objects.bulk_create([one.review for one in given])
    return given


def _plain(given: Iterable[Given]) -> set[UUID]:
    """Return the tasks whose answers settle their cases for certain: nobody else was asked, or is to be."""
    first = [one for one in given if one.task.slot == 1]
    others = Task.objects.filter(case_id__in=[one.case.pk for one in first], slot__gt=1)
    alone = {one.case.pk for one in first} - set(others.values_list("case_id", flat=True))
    judging = [
        one.case.pk for one in first if one.task.purpose == Purpose.AUDIT or one.task.mode == Mode.BLIND
    ]
    judged = judged_in(judging) if judging else {}

    def is_plain(one: Given) -> bool:
        if one.case.pk not in alone:
            return False
        said = judged.get((one.task.case_id, one.task.epoch))
        if one.task.purpose == Purpose.REVIEW:
            is_settled = said is None or said == one.review.label or one.task.mode != Mode.BLIND
            is_alone = rules_of(one.task).reviews_required == 1 and one.case.status == CaseStatus.WAITING
            return is_alone and is_settled
        is_confirmed = one.task.purpose == Purpose.AUDIT and said == one.review.label == one.case.answer
        return is_confirmed and not is_reread(one.case.pk, one.task.epoch, rules_of(one.task).reread_share)

    return {one.task.pk for one in first if is_plain(one)}


def _settle(given: Sequence[Given], actor: Actor, now: datetime) -> None:
    """As `settle.settle`: a plain review decides its case, a plain audit confirms what was decided."""
    audits = [one.case.pk for one in given if one.task.purpose == Purpose.AUDIT]
    if audits:
        Label.objects.filter(case_id__in=audits, superseded_at=None).update(superseded_at=now)
    Label.objects.bulk_create([_label(one, actor, now) for one in given])
    reviewed = [one for one in given if one.task.purpose == Purpose.REVIEW]
    if reviewed:
        decide_cases(reviewed, actor, now)


def decide_cases(given: Sequence[Given], actor: Actor, now: datetime, *, reason: str = "reviewed") -> None:
    """As `settle.decide` for cases that wait: each is decided with its answer, and subscribers are told.

    Raises:
        Conflict: a case does not wait any more; which cannot be while its lock and its open task are held.
    """
    _append_decisions(given, actor, now, reason)
    by_label = defaultdict(list)
    for one in given:
        by_label[one.review.label].append(one.case.pk)
        one.case.status, one.case.answer, one.case.changed_at = CaseStatus.DECIDED, one.review.label, now
    for label, ids in by_label.items():
        of_label = Case.objects.filter(pk__in=ids)
        moved = move(of_label, table=CASE_TRANSITIONS, to=CaseStatus.DECIDED, answer=label, changed_at=now)
        if moved != len(ids):
            raise Conflict(to=CaseStatus.DECIDED)
    emit(news_about(one.case, "case.decided", now=now) for one in given)


def _label(one: Given, actor: Actor, now: datetime) -> Label:
    return Label(
        case_id=one.case.pk,
        workflow_id=one.case.workflow_id,
        schema_version=one.task.schema_version,
        label=one.review.label,
        purpose=one.task.purpose,
        labelled_by_id=actor.user_id,
        is_blind=one.review.mode in BLIND_MODES,
        inclusion_probability=one.task.inclusion_probability,
        seconds=one.review.seconds,
        at=now,
    )


def _append_decisions(reviewed: Sequence[Given], actor: Actor, now: datetime, reason: str) -> None:
    """As `policy.services.decisions.append`; whoever else appends to these cases waits for their locks."""
    there = Decision.objects.filter(case_id__in=[one.case.pk for one in reviewed])
    last = (
        there.values("case_id", "epoch")
        .annotate(last=Max("sequence"))
        .values_list("case_id", "epoch", "last")
    )
    sequence = {(case_id, epoch): number for case_id, epoch, number in last}
    Decision.objects.bulk_create(
        [
            Decision(
                case_id=one.case.pk,
                epoch=one.case.epoch,
                sequence=1 + sequence.get((one.case.pk, one.case.epoch), 0),
                workflow_id=one.case.workflow_id,
                route="person",
                reason=reason,
                label=one.review.label,
                is_blind=one.review.mode in BLIND_MODES,
                policy_version=one.case.workflow.policy_version,
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name,
                arrived_at=one.case.received_at,
                decided_at=now,
            )
            for one in reviewed
        ]
    )
