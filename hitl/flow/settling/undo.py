"""Take an answer back inside the undo window, with everything it brought about."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from cases.locking import lock_case
from cases.models import Case, Label
from cases.services.labels import take_back_label
from cases.types import CaseStatus, Purpose
from hitl.flow.settling.decide import set_status
from hitl.outbox.taking_back import take_back_news
from hitl.shared.actor import Actor
from policy.models import Decision
from policy.services.decisions import NewDecision, append_decisions
from policy.types import DecisionReason
from reviews.errors import LeaseExpired, NothingToUndo, UndoTooLate
from reviews.models import Review, Task
from reviews.services.asking import drop_tasks, reopen
from reviews.services.leases import give_back


@transaction.atomic
def undo_review(*, lease_token: UUID, actor: Actor, now: datetime, holding: UUID | None = None) -> UUID:
    """Take an answer back inside the undo window; return the new lease on its task, in the same hands.

    `holding` is the lease of the case on the page meanwhile: it is given back to the queue. Done twice, the
    second time returns the lease of the first.

    Inside the window it works whatever has become of the case, and the one refusal has one sentence: else
    undo would tell a case that somebody else was asked about, as of an audit that contradicts the model. What
    another person has answered stands, and waits for the new answer; so does what a lead has decided anew.

    Raises:
        NothingToUndo: the actor gave no answer under this lease.
        UndoTooLate: the window has closed, or the news of what was settled has left.
        HandsFull: the actor holds as many cases as one person may.
    """
    given = Review.objects.filter(lease_token=lease_token, reviewer_id=actor.user_id)
    review = given.select_related("task").first()
    if review is None:
        raise NothingToUndo()
    case = lock_case(review.case_id)
    tasks = list(
        Task.objects.select_related("workflow__review_rules")
        .filter(case_id=review.case_id, epoch=review.epoch)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    review.refresh_from_db()
    task = next(task for task in tasks if task.pk == review.task_id)
    if review.undone_at is not None:
        return _lease_again(task, actor, now)
    if (
        case is None
        or case.epoch != review.epoch
        or now >= review.submitted_at + timedelta(seconds=settings.UNDO_SECONDS)
    ):
        raise UndoTooLate()
    if task.purpose == Purpose.KNOWN_ANSWER:
        Review.objects.filter(pk=review.pk).update(undone_at=now)
        return _hand_back(task, holding, actor, now)
    tasks = [other for other in tasks if other.purpose != Purpose.KNOWN_ANSWER]
    Review.objects.filter(pk=review.pk).update(undone_at=now)
    drop_tasks(Task.objects.filter(pk__in=[t.pk for t in tasks if t.slot > task.slot]), now=now)
    _undo_outcome(case, actor, now)
    return _hand_back(task, holding, actor, now)


def _hand_back(task: Task, holding: UUID | None, actor: Actor, now: datetime) -> UUID:
    if holding is not None:
        give_back(lease_token=holding, actor=actor, now=now)
    return reopen(task=task, actor=actor, now=now)


def _lease_again(task: Task, actor: Actor, now: datetime) -> UUID:
    is_held = task.lease_until is not None and task.lease_until > now and task.leased_to_id == actor.user_id
    if task.lease_token is None or not is_held:
        raise LeaseExpired()
    return task.lease_token


def _undo_outcome(case: Case, actor: Actor, now: datetime) -> None:
    """Take back label, decision, status and news that people's answers have brought about in this epoch.

    Usually those of the answer undone; of a later one, where somebody else has answered since and it was
    settled with theirs. Its window is still open, so its news has not left either.
    """
    settled_by = _settled_by(case)
    if settled_by is None:
        return  # others are still asked, or the case is what a lead has made of it
    take_back_label(case_id=case.pk, review_id=settled_by, now=now)
    decisions = Decision.objects.filter(case_id=case.pk, epoch=case.epoch)
    if not decisions.filter(review_id=settled_by).exists():
        return  # an audit agreed: nothing had been decided
    last, before_it = decisions.order_by("-sequence")[:2]
    if last.review_id != settled_by or not take_back_news(subject_id=case.pk, review_id=settled_by):
        raise UndoTooLate()
    before = before_it.label if last.reason == DecisionReason.AMENDED else None
    undone = NewDecision(
        case.pk, case.epoch, DecisionReason.UNDONE, before, after=last.sequence, review_id=settled_by
    )
    append_decisions([undone], actor=actor, now=now)
    set_status({case: before}, CaseStatus.DECIDED if before else CaseStatus.WAITING, now=now)


def _settled_by(case: Case) -> UUID | None:
    """Return the answer of this epoch that the case stands by; None where it stands by none.

    It made the current label; or it was accepted unread with others, which decides and makes no label.
    """
    current = Label.objects.filter(case_id=case.pk, superseded_at=None).values_list("review_id", flat=True)
    of_epoch = Review.objects.filter(pk__in=current, epoch=case.epoch)
    found: UUID | None = of_epoch.values_list("pk", flat=True).first()
    if found is not None:
        return found
    last = Decision.objects.filter(case_id=case.pk, epoch=case.epoch).order_by("-sequence").first()
    return last.review_id if last is not None and last.reason == DecisionReason.BATCHED else None
