"""Last step of intake: write the decided cases, tell subscribers, answer the submitter."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from hitl.flow.intake import replays
from hitl.flow.intake.check import taken
from hitl.flow.intake.copy_batch import write_batch
from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.receipts import SCORING, AnswerBody, DecisionFacts, case_body
from hitl.flow.intake.sql_intake import write_one
from hitl.flow.intake.types import Decided, Intake, ItemResult, Routed
from hitl.outbox.events import News, emit


class _Gate(TypedDict):
    """What the database compares before it writes."""

    workflow_id: UUID
    policy_version: int
    stopped: bool
    key_id: UUID | None
    key_version: int


def _gate(current: WorkflowInForce, intake: Intake) -> _Gate:
    return _Gate(
        workflow_id=current.workflow_id,
        policy_version=current.policy_version,
        stopped=current.stopped,
        key_id=intake.key.id if intake.key else None,
        key_version=intake.key.version if intake.key else 0,
    )


def write_single(current: WorkflowInForce, intake: Intake, row: Decided) -> ItemResult:
    """Write one case in one statement; answer for the case that is there already when it cannot be.

    Raises:
        sql_intake.Stale: it was decided under old rules; nothing is written.
    """
    if current.has_subscribers:
        with transaction.atomic():
            is_new = write_one(row, **_gate(current, intake))
            if is_new:
                _announce(current, [row], intake.now)
    else:
        is_new = _write_surely(current, intake, row)
    if is_new:
        return ItemResult(201, answer(current, row, intake.now))
    replayed = replays.single(intake, current.slug)
    return ItemResult(200, replayed) if replayed is not None else taken(row.item.reference)


def _write_surely(current: WorkflowInForce, intake: Intake, row: Decided) -> bool:
    """Write; where the database had closed the connection meanwhile, write again over a new one.

    The statement may have committed before the connection was lost: then the case is there, under the
    identifier that only this request knows.
    """
    # The statement is the check of the connection: asking first would cost a round trip a case.
    connection.health_check_done = True  # type: ignore[attr-defined]  # not in the stubs
    try:
        return write_one(row, **_gate(current, intake))
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return write_one(row, **_gate(current, intake)) or replays.was_written(row.item.case_id)


def write_many(current: WorkflowInForce, intake: Intake, rows: Sequence[Decided]) -> dict[int, ItemResult]:
    """Write a batch in one transaction; return results by place.

    Raises:
        sql_intake.Stale: the batch was decided under old rules; nothing is written.
        IntegrityError: a reference was taken in the meantime; nothing is written.
    """
    if not rows:
        return {}
    with transaction.atomic():
        write_batch(rows, **_gate(current, intake))
        if current.has_subscribers:
            _announce(current, rows, intake.now)
    return {row.item.index: ItemResult(201, answer(current, row, intake.now)) for row in rows}


def _announce(current: WorkflowInForce, rows: Sequence[Decided], now: datetime) -> None:
    news = []
    for row in rows:
        body = answer(current, row, now)
        thin = {name: body[name] for name in ("id", "workflow", "reference", "status", "answer")}
        news.append(News("case.submitted", row.item.case_id, current.workflow_id, now, thin))
        if row.routed is not None and row.routed.outcome.is_automatic:
            news.append(News("case.decided", row.item.case_id, current.workflow_id, now, thin))
    emit(news)


def answer(current: WorkflowInForce, row: Decided, now: datetime) -> AnswerBody:
    """Return what the submitter is told about a case just written."""
    routed = row.routed
    label = routed.outcome.label if routed is not None and routed.outcome.is_automatic else None
    facts = SCORING if routed is None else facts_of(routed, now)
    return case_body(
        case_id=row.item.case_id,
        workflow=current.slug,
        reference=row.item.reference,
        status="waiting" if label is None else "decided",
        answer=label,
        received_at=now,
        changed_at=now,
        decision=facts,
        now=now,
    )


def facts_of(routed: Routed, now: datetime) -> DecisionFacts:
    """Return what may be told of a routing just written."""
    outcome, decider = routed.outcome, routed.decider
    return DecisionFacts(
        route=outcome.route.value,
        reason=outcome.reason.value,
        label=outcome.label if outcome.is_automatic else None,
        confidence=outcome.confidence,
        release=decider.release_name,
        cutoff_set=decider.cutoff_set_id,
        certificate=decider.certificate_id,
        decided_at=now,
    )
