"""Cases that wait for the score of a model elsewhere: asked for in batches by workers, never in a request.

    submit -> written without a routing -> asked for -> routed, as if it had come in with its score
                                             └ not by its deadline -> routed to a person, with the reason

That a case waits is a row of its score that says `scoring`. Score and routing are written in one transaction:
a worker that dies leaves the row, and the next one asks again (ADR 0073).
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from cases.models import Case
from cases.services.status import move_cases
from cases.types import CaseStatus
from hitl.flow.intake.copy_batch import pass_gate, pass_stop
from hitl.flow.intake.decide import route_scored
from hitl.flow.intake.in_force import WorkflowInForce, forget, workflow_in_force
from hitl.flow.intake.quoting import quote_for_people
from hitl.flow.intake.rows import DECISION_COLUMNS, TASK_COLUMNS
from hitl.flow.intake.scores import Heard
from hitl.flow.intake.sql_intake import Stale
from hitl.flow.intake.types import Checked
from hitl.outbox.events import News, emit
from hitl.shared.copying import copy_rows
from hitl.shared.jobs import enqueue
from models_store.doors import DoorFault
from models_store.models import Source, SourceScore
from models_store.services.remote import ask_around, batch_of, read
from models_store.services.source_trials import AGAIN, NO_TROUBLE, in_trouble, try_remote
from models_store.services.sparing import spared
from models_store.source_answers import said_of
from models_store.types import Door
from policy.models import Decision
from science.decision_terms import Reason
from science.serving import SourceAnswer

log = logging.getLogger(__name__)

_KEEP = """UPDATE models_store_sourcescore s SET proba=v.p, unusable=v.why, milliseconds=v.ms, cost=v.cost
FROM json_to_recordset(%s) AS v(case_id uuid, p float8[], why text, ms float8, cost float8)
WHERE s.source_id = %s AND s.case_id = v.case_id AND s.unusable = 'scoring'"""
JOB = "hitl.flow.fetch_scores"
LEASE = timedelta(minutes=5)  # a worker that holds a source longer is taken for dead
TRIES = 6
SECONDS = 60.0  # of one job; the sweep goes on


def sweep_scores(*, now: datetime) -> int:
    """Start a job for each source that somebody waits for; return for how many."""
    waits = SourceScore.objects.filter(source=OuterRef("pk"), unusable=Reason.SCORING)
    free = Source.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now)).exclude(door=Door.SCORE_IN)
    untried = Q(tried={}, retired_at=None)
    found = list(free.filter(Exists(waits) | untried).values_list("pk", flat=True))
    for source_id in found:
        enqueue(JOB, str(source_id))
    return len(found)


def fetch_scores(*, source_id: UUID, now: datetime) -> int:
    """Ask a source about the cases that wait for it; return how many were settled. One worker at a time."""
    free = Source.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), pk=source_id)
    if not free.update(busy_until=now + LEASE):
        return 0
    source = Source.objects.select_related("workflow").get(pk=source_id)
    if not source.tried and source.retired_at is None:
        is_done = try_remote(source, now=now)
        Source.objects.filter(pk=source_id).update(busy_until=None if is_done else now + AGAIN)
        return 0
    try:
        settled, end = 0, time.monotonic() + SECONDS
        while True:
            n, goes_on = _batch(source, now)
            settled += n
            if not goes_on or time.monotonic() > end:
                quote_for_people(source, now=now, until=end)
                return settled
    finally:
        Source.objects.filter(pk=source_id).update(busy_until=None)


def _batch(source: Source, now: datetime) -> tuple[int, bool]:
    """Settle the next few cases; return how many, and whether there may be more."""
    rows = SourceScore.objects.filter(source=source, unusable=Reason.SCORING).select_related("case")
    found = list(rows.order_by("at", "case_id")[: batch_of(source)])
    if not found:
        return 0, False
    if not source.is_in_use:
        return _settle(source, [_unsaid(one, Reason.SOURCE_UNREGISTERED) for one in found], now), True
    needless = spared(source, [one.case for one in found], waiting=_unrouted(found))
    if needless:
        some = [_unsaid(one, Reason.SOURCE_SPARED) for one in found if one.case_id in needless]
        return _settle(source, some, now), True
    late = [one for one in found if now >= one.at + timedelta(seconds=source.deadline_seconds)]
    if late:
        return _settle(source, [_unsaid(one, _why_late(source, one)) for one in late], now), True
    try:
        answered = ask_around(source, [one.case.content for one in found])
    except DoorFault as fault:
        facts = {"source": str(source.pk), "reason": fault.reason.value, "why": fault.words}
        log.warning("no scores from a model elsewhere", extra=facts)  # untranslated: a log
        Source.objects.filter(pk=source.pk).update(**in_trouble(fault.reason, fault.words, now))
        return 0, False
    Source.objects.filter(pk=source.pk, trouble_at__isnull=False).update(**NO_TROUBLE)
    for one, sent in zip(found, answered.sent, strict=True):
        said = read(source, sent)
        one.proba = None if said.proba is None else list(said.proba)
        one.unusable = said.unusable or ""
        one.milliseconds, one.cost = answered.milliseconds, answered.cost
    settled = [one for one in found if one.unusable != Reason.SCORING]
    return _settle(source, settled, now), len(found) == batch_of(source)


def _unrouted(scores: Sequence[SourceScore]) -> set[UUID]:
    """Return the cases that wait for their score to be routed."""
    ids = {one.case_id for one in scores}
    return ids - set(Decision.objects.filter(case_id__in=ids, sequence=0).values_list("case_id", flat=True))


def _unsaid(score: SourceScore, reason: Reason) -> SourceScore:
    score.unusable = reason
    return score


def _why_late(source: Source, score: SourceScore) -> Reason:
    """Say why a case has no score by its deadline: the trouble since it came in, if there was any."""
    since = source.trouble_at is not None and source.trouble_at >= score.at
    return Reason(source.trouble) if since else Reason.SOURCE_LATE


def _settle(source: Source, scores: Sequence[SourceScore], now: datetime) -> int:
    """Keep these scores, and route the cases that waited for them."""
    for _ in range(TRIES):
        if not scores:
            return 0
        current = workflow_in_force(source.workflow.slug)
        try:
            return _write(current, scores, now)
        except Stale:
            forget(source.workflow.slug)
    return 0  # the rules keep changing: the next job asks again


@transaction.atomic
def _write(current: WorkflowInForce, scores: Sequence[SourceScore], now: datetime) -> int:
    """Write scores and routings together.

    Raises:
        Stale: the rules have changed since they were read; nothing is written.
    """
    pass_gate(workflow_id=current.workflow_id, policy_version=current.policy_version, stopped=current.stopped)
    ids = [one.case_id for one in scores]
    routed = Decision.objects.filter(case_id=OuterRef("pk"), sequence=0)
    waiting = Case.objects.filter(~Exists(routed), pk__in=ids, status=CaseStatus.WAITING).order_by("pk")
    cases = list(waiting.select_for_update(of=("self",), no_key=True))
    _keep(scores)
    _route(current, cases, now)
    pass_stop(stopped=current.stopped)
    return len(scores)


def _keep(scores: Sequence[SourceScore]) -> None:
    """Write what was said of these cases, all of one source, in one statement."""
    said = [
        {
            "case_id": one.case_id,
            "p": one.proba,
            "why": one.unusable,
            "ms": one.milliseconds,
            "cost": one.cost,
        }
        for one in scores
    ]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [orjson.dumps(said).decode(), scores[0].source_id])


def _route(current: WorkflowInForce, cases: Sequence[Case], now: datetime) -> None:
    """Route the cases as intake does, now that their scores are known. The caller holds them locked."""
    if not cases:
        return
    said = said_of([case.pk for case in cases], current.workflow_id)
    items = [_item(place, case, said.get(case.pk, {})) for place, case in enumerate(cases)]
    rows = route_scored(current, items, now, arrived=[case.received_at for case in cases])
    copy_rows("policy_decision", DECISION_COLUMNS, (row.decision for row in rows))
    copy_rows("reviews_task", TASK_COLUMNS, (row.task for row in rows if row.task is not None))
    answers = {row.item.case_id: row.outcome.label for row in rows if row.outcome.is_automatic}
    if answers:
        move_cases(answers, to=CaseStatus.DECIDED, now=now)
    news = []
    for row in rows:
        if row.outcome.is_automatic:
            thin = {
                "id": str(row.item.case_id),
                "workflow": current.slug,
                "reference": row.item.reference,
                "status": CaseStatus.DECIDED.value,
                "answer": row.outcome.label,
            }
            news.append(News("case.decided", row.item.case_id, current.workflow_id, now, thin))
    emit(news)


def _item(place: int, case: Case, said: dict[str, SourceAnswer]) -> Checked:
    return Checked(
        index=place,
        case_id=case.pk,
        content=case.content,
        content_json="",
        content_sha256=bytes(case.content_sha256),
        reference=case.reference,
        entity=case.entity,
        heard=Heard(said, {}, None),
    )
