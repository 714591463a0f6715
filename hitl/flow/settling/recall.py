"""Ask people again about recalled decisions, blind, as many a day as the recall's budget allows.

    list (the most harmful first) -> for each case: asked -> answered, and mended where the answer differs
                                                                             -> all answered: report, closed

A recalled case keeps its answer until people have settled on another; the question is put and settled as an
audit is, so that nothing tells a reviewer one from the other (ADR 0060). Each case is asked about in one
transaction with its news, and rows say what is done: a worker that died is followed by another, and nothing
is told twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from cases.locking import lock_case
from cases.models import Case, Label
from cases.types import CaseStatus, Purpose
from hitl.accounts.automation import require_lowerer
from hitl.audit.log import record
from hitl.flow.settling.decide import news_about
from hitl.outbox.events import News, emit
from hitl.shared.actor import Actor, system
from hitl.shared.jobs import enqueue
from monitoring.watch.recalled import report_of
from policy.models import Recall, RecalledCase
from policy.services.recalls import JOB, list_cases, locked_recall
from reviews.models import Task
from reviews.services.asking import ask_audit
from reviews.services.rules import rules_of_workflow
from reviews.types import OPEN, TaskReason

ACTOR = system("recall")
DAY = timedelta(days=1)
CHUNK = 50


def sweep_recalls(*, now: datetime) -> int:
    """Ring for every open recall; return how many there are."""
    recalls = Recall.objects.filter(finished_at=None).values_list("pk", flat=True)
    for pk in recalls:
        enqueue(JOB, str(pk))
    return len(recalls)


def go_on(*, recall_id: UUID, now: datetime) -> Recall:
    """Do what can be done now: list, ask, take in answers, close. Done twice, the second changes nothing."""
    list_cases(recall_id=recall_id, now=now)
    while _ask_next(recall_id, now):
        pass
    while _take_in(recall_id, now):
        pass
    return _close(recall_id, now)


@transaction.atomic
def end_recall(*, recall_id: UUID, actor: Actor, now: datetime) -> Recall:
    """Ask about no further cases; those asked about already are answered still.

    Raises:
        NotFound, NotAllowed, Conflict: nothing is changed.
    """
    recall = locked_recall(recall_id)
    require_lowerer(actor)
    rest = RecalledCase.objects.filter(recall=recall, asked_at=None, passed_by=False)
    n_left = rest.count()
    rest.delete()  # nothing has been done about them; another recall may take them
    recall.ended_by = actor.name
    recall.save(update_fields=["ended_by"])
    detail = {"recall": str(recall.pk), "not_asked": n_left}
    record(action="recall.ended", actor=actor, now=now, about=recall.workflow, detail=detail)
    enqueue(JOB, str(recall.pk))
    return recall


def allowed_now(recall: Recall, now: datetime) -> int:
    """Return about how many more cases people may be asked in the present 24 hours."""
    asked = RecalledCase.objects.filter(recall=recall, asked_at__gt=now - DAY).count()
    return max(0, recall.per_day - asked)


@transaction.atomic
def _ask_next(recall_id: UUID, now: datetime) -> bool:
    """Ask about the next few; False when there are none, or the day's budget is used, or another is at it."""
    recall = (
        Recall.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("workflow")
        .filter(pk=recall_id, finished_at=None, listed_at__isnull=False)
        .first()
    )
    if recall is None:
        return False
    waiting = RecalledCase.objects.filter(recall=recall, asked_at=None, passed_by=False).order_by("place")
    rows = list(waiting[: min(CHUNK, allowed_now(recall, now))])
    rules = rules_of_workflow(recall.workflow_id)
    news = []
    for row in sorted(
        rows, key=lambda one: one.case_id
    ):  # in the order of their keys, as everybody locks them
        case = lock_case(row.case_id)
        if case is None or not _is_alone(case, row):
            RecalledCase.objects.filter(pk=row.pk).update(passed_by=True)
            continue
        after = list(Task.objects.filter(case_id=case.pk, epoch=case.epoch))
        ask_audit(
            case=case,
            rules=rules,
            after=after,
            inclusion_probability=None,
            now=now,
            reason=TaskReason.RECALLED,
        )
        RecalledCase.objects.filter(pk=row.pk).update(asked_at=now)
        news.append(_recalled(case, now))
    emit(news)
    return bool(rows)


def _is_alone(case: Case, row: RecalledCase) -> bool:
    """Tell whether the decision stands, and nobody has said or is being asked anything about it."""
    if case.status != CaseStatus.DECIDED or case.epoch != row.epoch or case.answer != row.label:
        return False
    asked = Task.objects.filter(case_id=case.pk, status__in=OPEN).exclude(purpose=Purpose.KNOWN_ANSWER)
    return not asked.exists() and not Label.objects.filter(case_id=case.pk, superseded_at=None).exists()


def _recalled(case: Case, now: datetime) -> News:
    """Tell at once: there is nothing here that anybody could take back."""
    told = news_about(case, "decision.recalled", now=now)
    return News(told.kind, told.subject_id, told.workflow_id, told.at, told.payload)


@transaction.atomic
def _take_in(recall_id: UUID, now: datetime) -> bool:
    """Write down what people have settled on, of the next few; False when there is nothing new."""
    rows = _settled(recall_id, now)
    labels = dict(
        Label.objects.filter(case_id__in=[one.case_id for one in rows], superseded_at=None).values_list(
            "case_id", "label"
        )
    )
    withdrawn = Case.objects.filter(
        pk__in=[one.case_id for one in rows], status=CaseStatus.WITHDRAWN
    ).values_list("pk", flat=True)
    gone = set(withdrawn)
    for row in rows:
        found = RecalledCase.objects.filter(pk=row.pk, answered_at=None, passed_by=False)
        if row.case_id in gone:
            found.update(passed_by=True)
        else:
            found.update(answer=labels.get(row.case_id), answered_at=now)
    return bool(rows)


def _settled(recall_id: UUID, now: datetime) -> Sequence[RecalledCase]:
    """Return some that nobody is asked about any more: settled by people, or withdrawn meanwhile."""
    open_tasks = Task.objects.filter(case_id=OuterRef("case_id"), status__in=OPEN).exclude(
        purpose=Purpose.KNOWN_ANSWER
    )
    final = now - timedelta(seconds=settings.UNDO_SECONDS)
    label = Label.objects.filter(case_id=OuterRef("case_id"), superseded_at=None, at__lte=final)
    asked = RecalledCase.objects.filter(
        recall_id=recall_id, asked_at__isnull=False, answered_at=None, passed_by=False
    )
    gone = asked.filter(case__status=CaseStatus.WITHDRAWN)
    return [*asked.filter(Exists(label), ~Exists(open_tasks))[:500], *gone[:500]]


@transaction.atomic
def _close(recall_id: UUID, now: datetime) -> Recall:
    """Close a recall of which nothing is left to ask or to answer, with its report."""
    recall = (
        Recall.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workflow", "release")
        .get(pk=recall_id)
    )
    if recall.finished_at is not None or recall.listed_at is None:
        return recall
    if RecalledCase.objects.filter(recall=recall, answered_at=None, passed_by=False).exists():
        return recall
    recall.finished_at = now
    recall.report = report_of(recall, now=now).to_json()
    recall.save(update_fields=["finished_at", "report"])
    detail = {"recall": str(recall.pk), **recall.report}
    record(action="recall.closed", actor=ACTOR, now=now, about=recall.workflow, detail=detail)
    told = {"recall": str(recall.pk), "workflow": recall.workflow.slug, **recall.report}
    emit([News("recall.closed", recall.pk, recall.workflow_id, now, told)])
    return recall
