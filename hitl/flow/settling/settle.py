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
from hitl.flow.settling.decide import NewAnswer, decide
from hitl.flow.settling.judged import judged_in
from hitl.flow.settling.known_answers import remember_known_answer
from hitl.shared.actor import Actor
from policy.types import DecisionReason
from reviews.consensus import Ask, next_step
from reviews.models import Review, Task
from reviews.review_chances import is_read_twice
from reviews.selectors import answers_that_stand, has_anybody_else
from reviews.services.asking import ask_another, drop_tasks
from reviews.services.rules import rules_of
from reviews.types import Mode, TaskReason


@dataclass(frozen=True, slots=True)
class Given:
    """A recorded answer, and the locked rows it is about."""

    case: Case
    task: Task
    review: Review


@dataclass(frozen=True, slots=True)
class Answers:
    """An answer with everything that people have said about its case in this epoch, oldest first."""

    given: Given
    reviews: Sequence[Review]

    @property
    def case(self) -> Case:
        """The case, locked."""
        return self.given.case

    @property
    def task(self) -> Task:
        """The task of the last answer, locked."""
        return self.given.task

    @property
    def purpose(self) -> str:
        """Why the first person was asked."""
        return self.reviews[0].task.purpose

    @property
    def labels(self) -> list[str]:
        """What they said, in their order."""
        return [review.label for review in self.reviews]

    @property
    def is_blind(self) -> bool:
        """True when nobody saw anything of the model before they said this."""
        return all(
            review.mode == Mode.BLIND
            or (review.mode == Mode.DECIDE_FIRST and review.first_label == review.label)
            for review in self.reviews
        )

    @property
    def required(self) -> int:
        """How many people must agree on the case."""
        return rules_of(self.task).reviews_required if self.purpose == Purpose.REVIEW else 1

    @property
    def may_judge(self) -> bool:
        """Tell whether these answers may judge the model, whatever has become of the case since."""
        return self.purpose == Purpose.AUDIT or (self.required == 1 and self.reviews[0].mode == Mode.BLIND)

    def is_read_twice_by_chance(self, judged: Sequence[str] | None) -> bool:
        """Tell whether a second person reads this audit, though the first agrees with the model.

        Not where there is nobody else: what is never read would count as wrong in every proof.
        """
        share = rules_of(self.task).second_read_share
        if self.purpose != Purpose.AUDIT or not is_read_twice(self.case.pk, self.task.epoch, share):
            return False
        if len(self.labels) > 1 or judged is None or set(judged) != set(self.labels):
            return True
        but = [review.reviewer_id for review in self.reviews]
        return has_anybody_else(self.task.workflow_id, but=but)

    @property
    def said_first(self) -> str | None:
        """What a single person answered before they saw the suggestion, where they changed it then."""
        only = self.reviews[0] if len(self.reviews) == 1 else None
        return only.first_label if only is not None and only.first_label not in (None, only.label) else None

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
    judged = judged_in([said.case.pk for said in counting if said.may_judge])
    settled: list[tuple[Answers, str]] = []
    for said in counting:
        judgement = judged.get((said.case.pk, said.task.epoch)) if said.may_judge else None
        step = next_step(
            said.labels,
            required=said.required,
            judged=judgement,
            read_twice=said.is_read_twice_by_chance(judgement),
        )
        if isinstance(step, Ask):
            reason = _why_another(said, judgement)
            ask_another(after=said.reviews[-1].task, purpose=step.purpose, reason=reason, now=now)
            labels[said.task.pk] = None
        else:
            settled.append((said, step.label))
            labels[said.task.pk] = step.label
    if settled:
        _record(settled, actor, now)
    return labels


def _with_earlier(given: Sequence[Given]) -> list[Answers]:
    others = [one.case.pk for one in given if not one.task.is_alone]
    earlier = answers_that_stand(others) if others else {}
    return [
        Answers(one, _of_one_question(earlier.get((one.case.pk, one.task.epoch), [one.review])))
        for one in given
    ]


def _of_one_question(reviews: Sequence[Review]) -> Sequence[Review]:
    """Return the answers to be counted together.

    A case that a person has decided is audited where releases differ on it: those who audit it do so among
    themselves, whatever was answered before in sight of a suggestion.
    """
    if not any(review.task.purpose == Purpose.AUDIT for review in reviews):
        return reviews
    return [review for review in reviews if review.task.purpose != Purpose.REVIEW]


def _why_another(said: Answers, judged: Sequence[str] | None) -> TaskReason:
    """Say for leads why somebody else is asked: to agree, or because there is a disagreement."""
    differs = len({*said.labels, *(judged or [])}) > 1
    return TaskReason.DISAGREEMENT if differs else TaskReason.SECOND


def _record(settled: Sequence[tuple[Answers, str]], actor: Actor, now: datetime) -> None:
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


def _answer(said: Answers, label: str) -> NewAnswer:
    waits = said.case.status == CaseStatus.WAITING
    reason = DecisionReason.REVIEWED if waits else DecisionReason.AMENDED
    return NewAnswer(said.case, label, reason, is_blind=said.is_blind, review_id=said.given.review.pk)


def _labels(said: Answers, agreed: str, actor: Actor, *, is_kept: bool) -> list[NewLabel]:
    """Return the label that people settled on, behind the blind one that a single person changed.

    `is_kept`: it does not take the place of the one that the case has.
    """
    kinds = [(agreed, said.is_blind, is_kept)]
    if said.said_first is not None:
        kinds.insert(0, (said.said_first, True, True))
    return [
        NewLabel(
            case=said.case,
            schema_version=said.task.schema_version,
            label=label,
            purpose=said.purpose,
            is_blind=is_blind,
            inclusion_probability=said.task.inclusion_probability,
            labelled_by_id=actor.user_id,
            seconds=sum(review.seconds for review in said.reviews),
            review_id=said.given.review.pk,
            is_replaced=is_replaced,
        )
        for label, is_blind, is_replaced in kinds
    ]


def _need_nobody(settled: Sequence[tuple[Answers, str]], now: datetime) -> None:
    """Take those out of the queue who were asked about these cases as well."""
    by_epoch: dict[int, list[UUID]] = {}
    for said, _ in settled:
        if len(said.reviews) > 1 or said.purpose == Purpose.AUDIT:
            by_epoch.setdefault(said.task.epoch, []).append(said.case.pk)
    for epoch, case_ids in by_epoch.items():
        drop_tasks(Task.objects.filter(case_id__in=case_ids, epoch=epoch), now=now)
