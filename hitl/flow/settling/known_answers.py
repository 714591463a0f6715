"""Known-answer cases: decided cases whose truth is sure, asked again among the blind ones.

They look like any other blind task, stand in the same order, are never offered to somebody who has answered
the case or marked it, and what is answered to them changes nothing but what is known of reviewers: no label
comes of it, so none is learnt from. Of those that the model gets wrong, the answers bound what people miss.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cases.locking import lock_case
from cases.models import Case, Label
from cases.types import CaseStatus, Purpose
from hitl.accounts.types import SUPERVISING
from hitl.audit.log import record
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, NotAllowed, NotFound
from hitl.shared.given_reason import checked_reason
from hitl.shared.ids import new_id
from hitl.shared.words import Words
from policy.models import Decision
from policy.services.known_answers import record_known_answer
from reviews.access import person_id
from reviews.errors import UnknownLabel
from reviews.models import KnownAnswerCase, Review, ReviewRules, Task
from reviews.review_chances import brings_known_answer
from reviews.selectors import label_names_of
from reviews.services.asking import drop_tasks
from reviews.services.order import blind_head_start
from reviews.types import OPEN, Mode, TaskReason

MAY_MARK = SUPERVISING
ACTIVE = timedelta(days=14)  # who answered in these days is a reviewer of the workflow
AT_ONCE = 1_000  # blind tasks looked at in one go
JUST_AFTER = timedelta(milliseconds=1)


def remember_known_answer(*, case: Case, review: Review, now: datetime) -> None:
    """Keep what somebody answered to a case whose truth was known."""
    known = KnownAnswerCase.objects.get(case_id=case.pk)
    record_known_answer(
        workflow_id=case.workflow_id,
        case_id=case.pk,
        reviewer_id=review.reviewer_id,
        truth=known.truth,
        predicted=known.predicted,
        answer=review.label,
        is_blind=review.mode == Mode.BLIND,
        is_found=_is_found(known),
        now=now,
    )


def _is_found(known: KnownAnswerCase) -> bool:
    """Whether reviewers had answered the case so before it was marked."""
    said = Review.objects.filter(case_id=known.case_id, undone_at=None, label=known.truth)
    return said.filter(submitted_at__lte=known.marked_at).exclude(task__purpose=Purpose.KNOWN_ANSWER).exists()


@transaction.atomic
def mark_known_answer(
    *, case_id: UUID, truth: str, reason: str, actor: Actor, now: datetime
) -> KnownAnswerCase:
    """Mark a decided case as one whose answer is known; its truth may differ from what it counts as.

    Raises:
        NotAllowed: the actor may not mark cases.
        NotFound: there is no such case.
        Conflict: the case has no answer, or somebody is still asked about it.
        UnknownLabel, Invalid: the truth is no label of the case; the reason is missing or too long.
    """
    if not actor.has(*MAY_MARK):
        raise NotAllowed()
    case = lock_case(case_id)
    if case is None:
        raise NotFound()
    labels = label_names_of(case.workflow_id, case.schema_version)
    if truth not in labels:
        raise UnknownLabel(truth, labels)
    reason = checked_reason(reason, fix=Words("Say how its answer is known."))
    is_asked = (
        Task.objects.filter(case_id=case_id, status__in=OPEN).exclude(purpose=Purpose.KNOWN_ANSWER).exists()
    )
    if case.status != CaseStatus.DECIDED or is_asked:
        raise Conflict("Somebody is still to answer this case. Mark it when it is decided.")
    routing = Decision.objects.filter(case_id=case_id, epoch=case.epoch, sequence=0).first()
    known, _ = KnownAnswerCase.objects.update_or_create(
        case_id=case_id,
        defaults={
            "workflow_id": case.workflow_id,
            "truth": truth,
            "predicted": routing.predicted if routing else None,
            "reason": reason,
            "marked_by_id": person_id(actor),
            "marked_at": now,
            "ended_at": None,
        },
    )
    detail = {"truth": truth, "predicted": known.predicted, "reason": reason}
    record(action="known_answer.marked", actor=actor, now=now, about=case, detail=detail)
    return known


@transaction.atomic
def end_known_answer(*, case_id: UUID, actor: Actor, now: datetime) -> None:
    """Ask nobody about a known-answer case any more; what was answered is kept.

    Raises:
        NotAllowed: the actor may not mark cases.
        NotFound: it is not one.
    """
    if not actor.has(*MAY_MARK):
        raise NotAllowed()
    case = lock_case(case_id)
    if case is None or not KnownAnswerCase.objects.filter(case_id=case_id, ended_at=None).update(
        ended_at=now
    ):
        raise NotFound("This is not a known-answer case, or no longer.")
    drop_tasks(Task.objects.filter(case_id=case_id, purpose=Purpose.KNOWN_ANSWER), now=now)
    record(action="known_answer.ended", actor=actor, now=now, about=case, detail={})


def candidates(workflow_id: UUID, *, most: int = 50) -> list[Case]:
    """Return cases that would do: the model was wrong, and several people said so; latest first.

    Their label is blind and was adjudicated, or settled by two people who agreed against the model.
    """
    wrong = Decision.objects.filter(
        case_id=OuterRef("pk"), epoch=OuterRef("epoch"), sequence=0, predicted__isnull=False
    ).exclude(predicted=OuterRef("answer"))
    people = Review.objects.filter(case_id=OuterRef("pk"), undone_at=None).exclude(
        task__purpose=Purpose.KNOWN_ANSWER
    )
    settled = people.order_by().values("case_id").annotate(n=Count("pk")).filter(n__gte=2)
    blind = Label.objects.filter(case_id=OuterRef("pk"), superseded_at=None, is_blind=True)
    open_tasks = Task.objects.filter(case_id=OuterRef("pk"), status__in=OPEN)
    found = Case.objects.filter(workflow_id=workflow_id, status=CaseStatus.DECIDED, known_answer=None)
    found = found.filter(Exists(wrong), Exists(settled.values("case_id")), Exists(blind), ~Exists(open_tasks))
    return list(found.order_by("-changed_at")[:most])


def sweep_known_answers(*, now: datetime) -> int:
    """Let known-answer cases stand among the blind ones that came in since the last time; return how many.

    Also drops those that nobody could be offered until they were due.
    """
    overdue = Task.objects.filter(purpose=Purpose.KNOWN_ANSWER, status__in=OPEN, due_at__lt=now)
    drop_tasks(overdue, now=now)
    workflows = ReviewRules.objects.filter(known_answer_rate__gt=0).values_list("workflow_id", flat=True)
    return sum(_seed(workflow_id, now) for workflow_id in workflows)


@transaction.atomic
def _seed(workflow_id: UUID, now: datetime) -> int:
    rules = ReviewRules.objects.select_for_update(no_key=True).get(workflow_id=workflow_id)
    since = rules.known_answers_until or now
    blind = Task.objects.filter(workflow_id=workflow_id, mode=Mode.BLIND, slot=1)
    blind = blind.exclude(purpose=Purpose.KNOWN_ANSWER).filter(created_at__gt=since, created_at__lte=now)
    places = list(blind.order_by("created_at", "pk").values_list("pk", "created_at")[:AT_ONCE])
    until = now if len(places) < AT_ONCE else places[-1][1]
    drawn = [at for task_id, at in places if brings_known_answer(task_id, rules.known_answer_rate)]
    chosen = _free(workflow_id, now)[: len(drawn)] if drawn else []
    tasks = [_task(known, rules, at + JUST_AFTER) for known, at in zip(chosen, drawn, strict=False)]
    Task.objects.bulk_create(tasks)
    ReviewRules.objects.filter(pk=rules.pk).update(known_answers_until=until)
    return len(tasks)


def _free(workflow_id: UUID, now: datetime) -> list[KnownAnswerCase]:
    """Return the known-answer cases that some reviewer has yet to answer, the least asked first.

    One is asked of one person at a time, so that nobody holds it twice.
    """
    tasks = Task.objects.filter(case_id=OuterRef("case_id"))
    open_tasks = tasks.filter(status__in=OPEN)
    running = KnownAnswerCase.objects.filter(workflow_id=workflow_id, ended_at=None).filter(
        ~Exists(open_tasks)
    )
    asked = Count("case__tasks", filter=Q(case__tasks__purpose=Purpose.KNOWN_ANSWER))
    running = running.annotate(asked=asked).select_related("case").order_by("asked", "marked_at", "pk")
    reviewers = set(_reviewers(workflow_id, now))
    answered: dict[UUID, set[int]] = {}
    said = Review.objects.filter(case_id__in=running.values("case_id"), undone_at=None)
    for case_id, reviewer_id in said.values_list("case_id", "reviewer_id"):
        answered.setdefault(case_id, set()).add(reviewer_id)
    return [
        known
        for known in running
        if reviewers - answered.get(known.case_id, set()) - {known.marked_by_id}
        and known.case.status == CaseStatus.DECIDED
    ]


def _reviewers(workflow_id: UUID, now: datetime) -> QuerySet[Review, int]:
    given = Review.objects.filter(task__workflow_id=workflow_id, submitted_at__gt=now - ACTIVE)
    return given.order_by().values_list("reviewer_id", flat=True).distinct()


def _task(known: KnownAnswerCase, rules: ReviewRules, at: datetime) -> Task:
    case, task_id, due_at = known.case, new_id(), at + timedelta(hours=rules.due_hours)
    slots = Task.objects.filter(case_id=case.pk, epoch=case.epoch, purpose=Purpose.KNOWN_ANSWER).count()
    return Task(
        id=task_id,
        case=case,
        workflow_id=case.workflow_id,
        schema_version=case.schema_version,
        epoch=case.epoch,
        slot=slots + 1,
        purpose=Purpose.KNOWN_ANSWER,
        reasons=[TaskReason.KNOWN_ANSWER],
        mode=Mode.BLIND,
        created_at=at,
        due_at=due_at,
        head_start=blind_head_start(rules, task_id=task_id, created_at=at, due_at=due_at),
    )
