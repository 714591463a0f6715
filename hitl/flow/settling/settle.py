"""What people's answers do to a case: label, decision, status and news, in the transaction of the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from cases.models import Case
from cases.services.labels import record_label, supersede_label
from cases.services.status import move_case
from cases.types import CaseStatus, Purpose
from hitl.flow.settling.judged import judged_in
from hitl.flow.settling.known_answers import remember_known_answer
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict
from policy.models import Decision
from policy.services.decisions import append
from reviews.consensus import Ask, Settled, next_step
from reviews.models import Review, Task
from reviews.review_chances import is_reread
from reviews.services.answers import ask_another, drop_tasks, rules_of, standing_answers
from reviews.types import Mode, TaskReason

JUST_AFTER = timedelta(microseconds=1)  # an answer taken back brings back what it ended, not this


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything people have said about one case in one epoch, oldest first, and why the first was asked."""

    reviews: Sequence[Review]
    purpose: str

    @property
    def answers(self) -> list[str]:
        """The labels, in their order."""
        return [review.label for review in self.reviews]

    @property
    def is_blind(self) -> bool:
        """True when nobody saw anything of the model before they said this."""
        return all(
            review.mode == Mode.BLIND
            or (review.mode == Mode.DECIDE_FIRST and review.first_label == review.label)
            for review in self.reviews
        )


def follow(*, case: Case, task: Task, review: Review, actor: Actor, now: datetime) -> str | None:
    """Do what follows from an answer; return the label the case is settled with, None when others are asked.

    Case and task are locked by the caller. What is answered to a known-answer case changes nothing.
    """
    if task.purpose == Purpose.KNOWN_ANSWER:
        remember_known_answer(case=case, review=review, now=now)
        return review.label
    said = _answers(task, review)
    judged = _judged(task, said)
    step = next_step(
        said.answers,
        required=_required(task, said),
        judged=judged,
        reread=said.purpose == Purpose.AUDIT and is_reread(case.pk, task.epoch, rules_of(task).reread_share),
    )
    if isinstance(step, Ask):
        reason = _why_another(said, step, judged)
        ask_another(after=said.reviews[-1].task, purpose=step.purpose, reason=reason, now=now)
        return None
    settle(case=case, task=task, said=said, step=step, actor=actor, now=now)
    return step.label


def _answers(task: Task, review: Review) -> Answers:
    if task.is_alone:
        return Answers([review], task.purpose)
    reviews = standing_answers(task.case_id, task.epoch)
    return Answers(reviews, reviews[0].task.purpose)


def _why_another(said: Answers, step: Ask, judged: str | None) -> TaskReason:
    """Say for leads why somebody else is asked: to agree, or because there is a disagreement."""
    differs = len({*said.answers, *([judged] if judged is not None else [])}) > 1
    return TaskReason.DISAGREEMENT if differs else TaskReason.SECOND


def _required(task: Task, said: Answers) -> int:
    return rules_of(task).reviews_required if said.purpose == Purpose.REVIEW else 1


def _judged(task: Task, said: Answers) -> str | None:
    """Return the model's label where these answers judge it, whatever has become of the case since."""
    if said.purpose != Purpose.AUDIT and (_required(task, said) > 1 or said.reviews[0].mode != Mode.BLIND):
        return None
    return judged_in([task.case_id]).get((task.case_id, task.epoch))


def settle(*, case: Case, task: Task, said: Answers, step: Settled, actor: Actor, now: datetime) -> None:
    """Make the label what the case counts as; decide the case with it, or amend what was decided before."""
    if case.status != CaseStatus.WAITING:
        supersede_label(case_id=case.pk, now=now)
    first, is_blind = _first_of(said), said.is_blind
    if first is not None:  # blind; what was answered in sight of the suggestion takes its place at once
        label_of(case, task, said, first, is_blind=True, actor=actor, now=now)
        supersede_label(case_id=case.pk, now=now + JUST_AFTER)
    label_of(case, task, said, step.label, is_blind=is_blind, actor=actor, now=now)
    if len(said.reviews) > 1 or said.purpose == Purpose.AUDIT:
        of_case = Task.objects.filter(case_id=case.pk, epoch=task.epoch)
        drop_tasks(of_case, now=now)  # nobody need be asked any more
    if case.status == CaseStatus.WAITING:
        decide(case=case, reason="reviewed", label=step.label, is_blind=is_blind, actor=actor, now=now)
    elif case.answer != step.label:
        decide(case=case, reason="amended", label=step.label, is_blind=is_blind, actor=actor, now=now)


def _first_of(said: Answers) -> str | None:
    """Return what a single person answered before they saw the suggestion, where they changed it then."""
    only = said.reviews[0] if len(said.reviews) == 1 else None
    return only.first_label if only is not None and only.first_label not in (None, only.label) else None


def label_of(
    case: Case, task: Task, said: Answers, label: str, *, is_blind: bool, actor: Actor, now: datetime
) -> None:
    """Record a label that people's answers carry."""
    record_label(
        case=case,
        schema_version=task.schema_version,
        label=label,
        purpose=said.purpose,
        is_blind=is_blind,
        inclusion_probability=task.inclusion_probability,
        labelled_by_id=actor.user_id,
        seconds=sum(review.seconds for review in said.reviews),
        now=now,
    )


def decide(
    *, case: Case, reason: str, label: str, actor: Actor, now: datetime, is_blind: bool = False
) -> Decision:
    """Append a person's decision, give the case its answer and tell subscribers once nobody can undo it."""
    decision = append(
        case_id=case.pk,
        epoch=case.epoch,
        reason=reason,
        label=label,
        actor=actor,
        now=now,
        is_blind=is_blind,
    )
    set_status(case, CaseStatus.DECIDED, answer=label, now=now)
    tell(case, "case.decided" if reason == "reviewed" else "decision.amended", now=now)
    return decision


def set_status(case: Case, status: CaseStatus, *, answer: str | None, now: datetime) -> None:
    """Move the locked case along its transitions."""
    move_case(case.pk, to=status, answer=answer, now=now)
    case.status, case.answer, case.changed_at = status, answer, now


def tell(case: Case, kind: str, *, now: datetime) -> None:
    """Write the news about a case, to go out when the undo window has closed."""
    emit([news_about(case, kind, now=now)])


def news_about(case: Case, kind: str, *, now: datetime) -> News:
    """Return that news, unwritten."""
    thin = {
        "id": str(case.pk),
        "workflow": case.workflow.slug,
        "reference": case.reference,
        "status": case.status,
        "answer": case.answer,
    }
    not_before = now + timedelta(seconds=settings.UNDO_SECONDS)
    return News(kind, case.pk, case.workflow_id, now, thin, not_before)


def require_decided(case: Case) -> None:
    """Refuse what only makes sense once there is an answer.

    Raises:
        Conflict: the case waits, or was withdrawn.
    """
    if case.status != CaseStatus.DECIDED:
        raise Conflict("This case has no answer to change: it waits for one, or was withdrawn.")
