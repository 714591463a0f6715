"""Void a person's answers since a given time: labels, cases, decisions and news follow, step by step.

    fence (take the leases away) -> for each case: answer taken back -> label superseded -> asked again, blind

Each step is a transaction over a few cases; what is done is seen by the rows themselves, so that a worker
that died is followed by another and nothing is done twice. Certificates and monitors are computed anew from
the labels that stand (`monitoring.watch`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from cases.locking import lock_case
from cases.models import Case, Label, Voiding
from cases.services.labels import NewLabel, record_labels, supersede_labels
from cases.types import CaseStatus, Purpose
from hitl.accounts.models import User
from hitl.accounts.types import SUPERVISING
from hitl.audit.log import record
from hitl.flow.settling.answers import Answers
from hitl.flow.settling.decide import set_status, tell
from hitl.flow.settling.judged import judged_in
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from hitl.shared.given_reason import reason_problem
from hitl.shared.jobs import enqueue
from hitl.shared.words import Words
from policy.models import Decision
from policy.services.decisions import NewDecision, append_decisions
from policy.types import DecisionReason
from reviews.consensus import Settled
from reviews.models import Review, Task
from reviews.selectors import answers_that_stand
from reviews.services.voiding import (
    ask_again,
    last_answer_at,
    standing_in,
    take_leases_away,
)
from reviews.types import TaskStatus

MAY_VOID = SUPERVISING
JOB = "hitl.flow.void_answers"
CHUNK = 50


@dataclass(frozen=True, slots=True)
class Touched:
    """What a voiding would touch, before it is done."""

    answers: int
    known: int
    cases: int
    automatic: int
    labels: int
    leased: int

    @property
    def of_people(self) -> int:
        """Cases that people decide."""
        return self.cases - self.automatic


def preview_voiding(*, reviewer_id: int, workflow_id: UUID | None, since: datetime, now: datetime) -> Touched:
    """Count what `void_answers` would touch; labels that others' answers carry as well are counted, too."""
    all_given = standing_in(reviewer_id=reviewer_id, workflow_id=workflow_id, since=since, until=now)
    cases = all_given.exclude(task__purpose=Purpose.KNOWN_ANSWER).values("case_id").distinct()
    routed = Decision.objects.filter(case_id__in=cases, sequence=0, route="auto")
    leased = Task.objects.filter(leased_to_id=reviewer_id, status="leased")
    return Touched(
        answers=all_given.count(),
        known=all_given.filter(task__purpose=Purpose.KNOWN_ANSWER).count(),
        cases=cases.count(),
        automatic=routed.values("case_id").distinct().count(),
        labels=Label.objects.filter(case_id__in=cases, superseded_at=None).count(),
        leased=(leased if workflow_id is None else leased.filter(workflow_id=workflow_id)).count(),
    )


def void_answers(
    *, reviewer_id: int, workflow_id: UUID | None, since: datetime, reason: str, actor: Actor, now: datetime
) -> Voiding:
    """Void a person's answers since a moment, all of it at once; return the row that counts what was done.

    As `begin_voiding` and `continue_voiding` together, without a worker.
    """
    voiding = begin_voiding(
        reviewer_id=reviewer_id, workflow_id=workflow_id, since=since, reason=reason, actor=actor, now=now
    )
    return continue_voiding(voiding_id=voiding.pk, now=now)


@transaction.atomic
def begin_voiding(
    *, reviewer_id: int, workflow_id: UUID | None, since: datetime, reason: str, actor: Actor, now: datetime
) -> Voiding:
    """Write down that a person's answers are void, take their leases away and ring for a worker.

    An answer that is being recorded at this moment is waited for and falls under it; one sent later is
    refused with its lease. Asked for twice while it runs, the first is returned.

    Raises:
        NotAllowed: the actor may not.
        NotFound: there is no such person.
        Invalid: no reason is given, it is too long, or the moment lies in the future.
        Conflict: another voiding of this person is still being worked through.
    """
    if not actor.has(*MAY_VOID):
        raise NotAllowed()
    reviewer = User.objects.filter(pk=reviewer_id).first()
    if reviewer is None:
        raise NotFound()
    _check(reason, since, now)
    running = Voiding.objects.filter(reviewer=reviewer, finished_at=None).first()
    if running is not None:
        if (running.workflow_id, running.since) == (workflow_id, since):
            return running
        raise Conflict("Other answers of this person are being voided just now. Wait until that is done.")
    take_leases_away(reviewer_id=reviewer_id, workflow_id=workflow_id)
    try:
        with transaction.atomic():
            voiding = Voiding.objects.create(
                reviewer=reviewer,
                workflow_id=workflow_id,
                since=since,
                at=max(now, last_answer_at(reviewer_id) or now),
                reason=reason.strip(),
                asked_by=actor.name,
                asked_by_id=actor.id,
            )
    except IntegrityError as error:
        raise Conflict("Answers of this person are being voided just now. Wait until it is done.") from error
    record(action="answers.voided", actor=actor, now=now, about=reviewer, detail=_detail(voiding))
    enqueue(JOB, str(voiding.pk))
    return voiding


def _check(reason: str, since: datetime, now: datetime) -> None:
    problems = []
    if problem := reason_problem(reason, fix=Words("Say why these answers do not count.")):
        problems.append(problem)
    if since > now:
        fix = Words("Name a moment that has passed.")
        problems.append(Problem(field="since", error="lies in the future", fix=fix))
    if problems:
        raise Invalid(problems)


def _detail(voiding: Voiding) -> dict[str, object]:
    return {
        "voiding": str(voiding.pk),
        "workflow": str(voiding.workflow_id) if voiding.workflow_id else None,
        "since": voiding.since.isoformat(),
        "until": voiding.at.isoformat(),
        "reason": voiding.reason,
    }


def continue_voiding(*, voiding_id: UUID, now: datetime) -> Voiding:
    """Work a voiding through to its end; return it. May be called again at any time, by several at once."""
    while step(voiding_id=voiding_id, now=now):
        pass
    return Voiding.objects.select_related("reviewer", "workflow").get(pk=voiding_id)


def unfinished() -> list[UUID]:
    """Return the voidings that are not worked through."""
    return list(Voiding.objects.filter(finished_at=None).values_list("pk", flat=True))


@transaction.atomic
def step(*, voiding_id: UUID, now: datetime) -> bool:
    """Void the answers to the next few cases; False when there is nothing left to do.

    Raises:
        NotFound: there is no such voiding.
    """
    voiding = Voiding.objects.select_for_update(no_key=True).filter(pk=voiding_id).first()
    if voiding is None:
        raise NotFound()
    if voiding.finished_at is not None:
        return False
    actor = Actor(kind="user", id=voiding.asked_by_id, name=voiding.asked_by)
    given = standing_in(
        reviewer_id=voiding.reviewer_id,
        workflow_id=voiding.workflow_id,
        since=voiding.since,
        until=voiding.at,
    )
    case_ids = list(given.order_by("case_id").values_list("case_id", flat=True).distinct()[:CHUNK])
    if not case_ids:
        Voiding.objects.filter(pk=voiding.pk).update(finished_at=now)
        counts = {name: getattr(voiding, name) for name in _COUNTS}
        detail = {"voiding": str(voiding.pk), **counts}
        record(action="answers.void", actor=actor, now=now, about=voiding.reviewer, detail=detail)
        return False
    done = dict.fromkeys(_COUNTS, 0)
    for case_id in case_ids:  # in the order of their keys, as everybody locks them
        for name in _void_in(case_id, voiding, actor, now):
            done[name] += 1
    Voiding.objects.filter(pk=voiding.pk).update(**{name: F(name) + n for name, n in done.items() if n})
    return True


_COUNTS = ("answers", "labels", "kept", "reopened", "reaudited")


def _void_in(case_id: UUID, voiding: Voiding, actor: Actor, now: datetime) -> list[str]:
    """Void the person's answers to one case; return what there is to count."""
    case = lock_case(case_id)
    if case is None:  # cases are not deleted
        raise NotFound()
    tasks = list(
        Task.objects.select_related("workflow__review_rules")
        .filter(case_id=case_id)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    given = standing_in(
        reviewer_id=voiding.reviewer_id, workflow_id=None, since=voiding.since, until=voiding.at
    )
    counted = []
    for review in given.filter(case_id=case_id).order_by("submitted_at"):
        Review.objects.filter(pk=review.pk).update(undone_at=voiding.at)
        counted += ["answers", *_follow(case, review, tasks, actor, now)]
    return counted


def _follow(case: Case, review: Review, tasks: list[Task], actor: Actor, now: datetime) -> list[str]:
    """Do what follows for the case, which is locked with its tasks."""
    task = next(task for task in tasks if task.pk == review.task_id)
    is_past = review.epoch != case.epoch or case.status == CaseStatus.WITHDRAWN
    if task.purpose == Purpose.KNOWN_ANSWER or is_past:
        return []
    tasks = [t for t in tasks if t.epoch == case.epoch and t.purpose != Purpose.KNOWN_ANSWER]
    tasks = sorted((t for t in tasks if t.status != TaskStatus.DROPPED), key=lambda t: t.slot)
    routing = Decision.objects.filter(case_id=case.pk, epoch=case.epoch, sequence=0).first()
    is_automatic = routing is not None and routing.route == "auto"
    judged = judged_in([case.pk]).get((case.pk, case.epoch))
    label = Label.objects.filter(case_id=case.pk, superseded_at=None).first()
    counted = []
    if label is not None:
        if label.review_id is None:
            return ["kept"]  # somebody decided the case anew since: the answer carries nothing
        left = Answers.of(tasks, answers_that_stand([case.pk]).get((case.pk, case.epoch), []))
        if left.reviews and left.next_step(judged) == Settled(label.label):
            if label.labelled_by_id == review.reviewer_id:
                by = [other for other in left.reviews if other.label == label.label][-1]
                _label_anew(case, label, by, now)
            return ["kept"]
        supersede_labels({case.pk: None}, now=now)
        counted.append("labels")
    rests_on_it = label is not None or _is_batched(case)
    if rests_on_it and case.status == CaseStatus.DECIDED and not is_automatic:
        undone = NewDecision(case.pk, case.epoch, DecisionReason.UNDONE, None, review_id=review.pk)
        append_decisions([undone], actor=actor, now=now)
        set_status({case: None}, CaseStatus.WAITING, now=now)
        tell(case, "decision.voided", now=now)
    ask_again(task=task, tasks=tasks, now=now)
    return [*counted, "reaudited" if is_automatic else "reopened"]


def _is_batched(case: Case) -> bool:
    """Tell whether the case was decided unread, in a batch: it has no label then."""
    decisions = Decision.objects.filter(case_id=case.pk, epoch=case.epoch).order_by("-sequence")
    return decisions.values_list("reason", flat=True).first() == DecisionReason.BATCHED


def _label_anew(case: Case, label: Label, by: Review, now: datetime) -> None:
    """Let the same label stand in the name of somebody whose answer counts."""
    supersede_labels({case.pk: None}, now=now)
    anew = NewLabel(
        case=case,
        schema_version=label.schema_version,
        label=label.label,
        purpose=label.purpose,
        is_blind=label.is_blind,
        inclusion_probability=label.inclusion_probability,
        labelled_by_id=by.reviewer_id,
        seconds=label.seconds,
        review_id=by.pk,
    )
    record_labels([anew], now=now)
