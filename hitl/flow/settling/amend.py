"""Change an answer after it has gone out: everything keeps its history, subscribers are told."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from cases.locking import lock_case
from cases.models import Case, Label
from cases.selectors import labelled_by_hand
from cases.services.labels import NewLabel, record_labels, supersede_labels
from cases.types import CaseStatus, Purpose
from hitl.accounts.types import SUPERVISING
from hitl.audit.log import record
from hitl.flow.settling.decide import NewAnswer, decide, require_decided
from hitl.flow.settling.settle import Given, settle
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.shared.given_reason import checked_reason
from hitl.shared.words import Words
from policy.types import DecisionReason
from reviews.errors import UnknownLabel
from reviews.models import Review, Task
from reviews.selectors import label_names_of
from reviews.services.answers import check_answer

MAY_AMEND = SUPERVISING


@transaction.atomic
def amend_answer(*, case_id: UUID, label: str, reason: str, actor: Actor, now: datetime) -> Case:
    """Change the answer of a case; return the case.

    Leads and operators decide a decided case anew: their label is not blind and certifies nothing. A reviewer
    changes the answer they gave themselves, with everything that follows from it, as if they had said so at
    once; also while others are asked, and where nothing follows any more since a lead has decided anew or the
    case was withdrawn, so that nothing tells them what became of it.

    Raises:
        NotFound: there is no such case, or the actor has no say in it.
        Conflict: a lead or operator changes a case that has no answer yet, or was withdrawn.
        UnknownLabel, Invalid: the label is no label of the case or is its answer already; no reason is given.
    """
    case = lock_case(case_id)
    if case is None:
        raise NotFound()
    own = _own_answer(case, actor)
    if not actor.has(*MAY_AMEND) and own is None:
        raise NotFound()
    if actor.has(*MAY_AMEND):
        require_decided(case)
    _check(case, label, reason, already=own.label if own and not actor.has(*MAY_AMEND) else case.answer)
    before = case.answer
    if actor.has(*MAY_AMEND):
        _decide_anew(case, label, actor, now)
    elif own is not None:
        _answer_anew(case, own, label, reason.strip(), actor, now)
    detail = {"before": before, "after": case.answer, "said": label, "reason": reason.strip()}
    record(action="answer.amended", actor=actor, now=now, about=case, detail=detail)
    return case


def _own_answer(case: Case, actor: Actor) -> Review | None:
    mine = Review.objects.filter(case_id=case.pk, epoch=case.epoch, undone_at=None, reviewer_id=actor.user_id)
    return mine.first() if actor.user_id is not None else None


def _check(case: Case, label: str, reason: str, *, already: str | None) -> None:
    known = label_names_of(case.workflow_id, case.schema_version)
    if label not in known:
        raise UnknownLabel(label, known)
    if label == already:
        raise Invalid([Problem(field="label", error="is the answer already", fix="Choose another label.")])
    checked_reason(reason, fix=Words("Say why the answer changes."))


def _decide_anew(case: Case, label: str, actor: Actor, now: datetime) -> None:
    current = Label.objects.filter(case=case, superseded_at=None).first()
    supersede_labels({case.pk: None}, now=now)
    anew = NewLabel(
        case=case,
        schema_version=case.schema_version,
        label=label,
        purpose=current.purpose if current else Purpose.REVIEW,
        is_blind=False,
        inclusion_probability=current.inclusion_probability if current else None,
        labelled_by_id=actor.user_id,
        seconds=None,
    )
    record_labels([anew], now=now)
    decide([NewAnswer(case, label, DecisionReason.AMENDED)], actor=actor, now=now)


def _answer_anew(case: Case, own: Review, label: str, comment: str, actor: Actor, now: datetime) -> None:
    """The first answer no longer stands, the new one takes its place, and the same rules follow from it."""
    task = (
        Task.objects.select_related("workflow__review_rules")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=own.task_id)
    )
    check_answer(task, label, comment)
    Review.objects.filter(pk=own.pk).update(undone_at=now)
    review = Review.objects.create(
        task=task,
        case_id=case.pk,
        epoch=own.epoch,
        reviewer_id=own.reviewer_id,
        label=label,
        comment=comment,
        mode=own.mode,
        shown=own.shown,
        lease_token=uuid4(),
        started_at=own.started_at,
        submitted_at=now,
        seconds=own.seconds,
    )
    if case.status == CaseStatus.WITHDRAWN or labelled_by_hand([case.pk]):
        return  # what they say is kept; nothing follows from it
    if settle([Given(case, task, review)], actor=actor, now=now)[task.pk] is None:
        supersede_labels({case.pk: review.pk}, now=now)  # until the others have answered, nothing is settled
