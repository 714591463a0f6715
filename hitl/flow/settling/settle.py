"""What answers do to cases: others are asked, or label, decision, status and news follow.

All in the transaction of the answers, and set by set: the number of statements does not grow with them. A
single answer is a batch of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.models import Case
from cases.selectors import labelled_by_hand
from cases.services.labels import NewLabel, record_labels, supersede_labels
from cases.types import CaseStatus, Purpose
from hitl.flow.settling.answers import Answers
from hitl.flow.settling.decide import NewAnswer, decide
from hitl.flow.settling.judged import judged_in
from hitl.flow.settling.known_answers import remember_known_answer
from hitl.shared.actor import Actor
from policy.types import DecisionReason
from reviews.consensus import Ask
from reviews.models import Review, Task
from reviews.selectors import answers_that_stand, tasks_of_cases
from reviews.services.asking import ask_another, drop_tasks
from reviews.types import TaskReason


@dataclass(frozen=True, slots=True)
class Given:
    """A recorded answer, and the locked rows it is about."""

    case: Case
    task: Task
    review: Review


@dataclass(frozen=True, slots=True)
class Answered:
    """A recorded answer with all that people have said of its case in this epoch."""

    given: Given
    answers: Answers

    @property
    def case(self) -> Case:
        """The case, locked."""
        return self.given.case

    @property
    def task(self) -> Task:
        """The task of the last answer, locked."""
        return self.given.task

    def changes(self, label: str) -> bool:
        """Tell whether the case gets another answer by this label than it has."""
        return self.case.status == CaseStatus.WAITING or self.case.answer != label


def settle(given: Sequence[Given], *, actor: Actor, now: datetime) -> dict[UUID, str | None]:
    """Do what follows from answers to different cases; return by task the label its case is settled with.

    None stands where others are asked. Cases and tasks are locked by the caller. What is answered to a
    known-answer case changes nothing, nor to one withdrawn since. What people say of a case that a lead has
    decided anew is kept as evidence, and leaves the lead's answer as it is.
    """
    labels: dict[UUID, str | None] = {}
    for one in given:
        if one.task.purpose == Purpose.KNOWN_ANSWER:
            remember_known_answer(case=one.case, review=one.review, now=now)
            labels[one.task.pk] = one.review.label
        elif one.case.status == CaseStatus.WITHDRAWN:
            labels[one.task.pk] = None
    counting = _with_earlier([one for one in given if one.task.pk not in labels])
    judged = judged_in([said.case.pk for said in counting if said.answers.may_judge])
    settled: list[tuple[Answered, str]] = []
    for said in counting:
        answers = said.answers
        judgement = judged.get((said.case.pk, said.task.epoch)) if answers.may_judge else None
        step = answers.next_step(judgement)
        if isinstance(step, Ask):
            labels[said.task.pk] = None
            if not answers.waits:
                reason = _why_another(answers, judgement)
                ask_another(after=answers.reviews[-1].task, purpose=step.purpose, reason=reason, now=now)
        else:
            settled.append((said, step.label))
            labels[said.task.pk] = step.label
    if settled:
        _record(settled, actor, now)
    return labels


def _with_earlier(given: Sequence[Given]) -> list[Answered]:
    """Return the answers with what others have said; who was the first to be asked has nobody before them."""
    others = [one.case.pk for one in given if not (one.task.is_alone and one.task.slot == 1)]
    said, asked = (answers_that_stand(others), tasks_of_cases(others)) if others else ({}, {})
    return [
        Answered(
            one,
            Answers.of(
                asked.get((one.case.pk, one.task.epoch), [one.task]),
                said.get((one.case.pk, one.task.epoch), [one.review]),
            ),
        )
        for one in given
    ]


def _why_another(answers: Answers, judged: Sequence[str] | None) -> TaskReason:
    """Say for leads why somebody else is asked: to agree, or because there is a disagreement."""
    differs = len({*answers.labels, *(judged or [])}) > 1
    return TaskReason.DISAGREEMENT if differs else TaskReason.SECOND


def _record(settled: Sequence[tuple[Answered, str]], actor: Actor, now: datetime) -> None:
    """Make these labels what the cases count as; decide the cases, or amend what was decided before."""
    decided = [said for said, _ in settled if said.case.status != CaseStatus.WAITING]
    by_hand = labelled_by_hand([said.case.pk for said in decided])
    ended = {said.case.pk: said.given.review.pk for said in decided if said.case.pk not in by_hand}
    if ended:
        supersede_labels(ended, now=now)
    labels = [_labels(said, label, actor, is_kept=said.case.pk in by_hand) for said, label in settled]
    record_labels([label for of_case in labels for label in of_case], now=now)
    _need_nobody(settled, now)
    changed = [(said, label) for said, label in settled if said.case.pk not in by_hand]
    decide([_answer(said, label) for said, label in changed if said.changes(label)], actor=actor, now=now)


def _answer(said: Answered, label: str) -> NewAnswer:
    waits = said.case.status == CaseStatus.WAITING
    reason = DecisionReason.REVIEWED if waits else DecisionReason.AMENDED
    return NewAnswer(said.case, label, reason, is_blind=said.answers.is_blind, review_id=said.given.review.pk)


def _labels(said: Answered, agreed: str, actor: Actor, *, is_kept: bool) -> list[NewLabel]:
    """Return the label that people settled on, behind the blind one that a single person changed.

    `is_kept`: it does not take the place of the one that the case has.
    """
    answers = said.answers
    kinds = [(agreed, answers.is_blind, is_kept)]
    if answers.said_first is not None:
        kinds.insert(0, (answers.said_first, True, True))
    return [
        NewLabel(
            case=said.case,
            schema_version=said.task.schema_version,
            label=label,
            purpose=answers.purpose,
            is_blind=is_blind,
            inclusion_probability=said.task.inclusion_probability,
            labelled_by_id=actor.user_id,
            seconds=sum(review.seconds for review in answers.reviews),
            review_id=said.given.review.pk,
            is_replaced=is_replaced,
        )
        for label, is_blind, is_replaced in kinds
    ]


def _need_nobody(settled: Sequence[tuple[Answered, str]], now: datetime) -> None:
    """Take those out of the queue who were asked about these cases as well."""
    by_epoch: dict[int, list[UUID]] = {}
    for said, _ in settled:
        if len(said.answers.reviews) > 1 or said.answers.purpose == Purpose.AUDIT:
            by_epoch.setdefault(said.task.epoch, []).append(said.case.pk)
    for epoch, case_ids in by_epoch.items():
        drop_tasks(Task.objects.filter(case_id__in=case_ids, epoch=epoch), now=now)
