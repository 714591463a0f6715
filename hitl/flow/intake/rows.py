"""The rows that record a decided case: the case, its routing decision and perhaps a review task.

Both ways of writing take these: one statement for one case (`sql_intake`), COPY for a batch (`copy_batch`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hitl.flow.intake.in_force import Decider, WorkflowInForce
from hitl.flow.intake.types import Checked, Intake, Row
from reviews.order import blind_value, head_start, value
from reviews.review_chances import decides_first
from reviews.types import TaskReason
from science.decision_terms import OF_SOURCES, Reason, Route
from science.draws import chance_of_either
from science.outcomes import Outcome

FIRST_EPOCH = 1

CASE_COLUMNS = {
    "id": "uuid",
    "workflow_id": "uuid",
    "schema_version": "int",
    "content": "jsonb",
    "content_sha256": "bytea",
    "entity": "text",
    "group_key": "bigint",
    "status": "text",
    "answer": "text",
    "epoch": "smallint",
    "origin": "text",
    "reference": "text",
    "key_id": "uuid",
    "idempotency_key": "text",
    "batch_index": "int",
    "request_sha256": "bytea",
    "received_at": "timestamptz",
    "changed_at": "timestamptz",
}
DECISION_COLUMNS = {
    "case_id": "uuid",
    "epoch": "smallint",
    "sequence": "smallint",
    "workflow_id": "uuid",
    "route": "text",
    "reason": "text",
    "label": "text",
    "predicted": "text",
    "score": "float8",
    "confidence": "float8",
    "cutoff": "float8",
    "proba": "float8[]",
    "release_id": "uuid",
    "cutoff_set_id": "uuid",
    "certificate_id": "uuid",
    "arm": "smallint",
    "inclusion_probability": "float8",
    "reference_rate": "float8",
    "uniform": "float8",
    "audit_rate": "float8",
    "is_audited": "bool",
    "is_blind": "bool",
    "policy_version": "int",
    "actor_kind": "text",
    "actor_id": "text",
    "actor_name": "text",
    "arrived_at": "timestamptz",
    "decided_at": "timestamptz",
}
TASK_COLUMNS = {
    "id": "uuid",
    "case_id": "uuid",
    "workflow_id": "uuid",
    "schema_version": "int",
    "epoch": "smallint",
    "slot": "smallint",
    "status": "text",
    "purpose": "text",
    "reasons": "text[]",
    "mode": "text",
    "inclusion_probability": "float8",
    "suggestion": "text",
    "confidence": "float8",
    "runner_up": "text",
    "release_id": "uuid",
    "priority": "smallint",
    "head_start": "float8",
    "created_at": "timestamptz",
    "due_at": "timestamptz",
}

WHY_A_PERSON = {
    Reason.BELOW_CUTOFF: TaskReason.UNCERTAIN,
    Reason.NO_CUTOFF: TaskReason.UNCERTAIN,
    Reason.LABEL_NOT_AUTOMATED: TaskReason.UNCERTAIN,
    Reason.UNKNOWN_LABEL: TaskReason.UNCERTAIN,
    Reason.RAMP: TaskReason.UNPROVED,
    Reason.NOT_CERTIFIED: TaskReason.UNPROVED,
    Reason.CERTIFICATE_EXPIRED: TaskReason.UNPROVED,
    Reason.HUMAN_ONLY: TaskReason.DEGREE,
    Reason.SHADOW: TaskReason.DEGREE,
    Reason.ASSIST: TaskReason.DEGREE,
    Reason.NO_RULE: TaskReason.NO_MODEL,
    Reason.NO_MODEL: TaskReason.NO_MODEL,
    Reason.NO_SCORE: TaskReason.NO_MODEL,
    Reason.SCHEMA_MISMATCH: TaskReason.NO_MODEL,
    Reason.BREAKER: TaskReason.BREAKER,
    Reason.STOPPED: TaskReason.STOPPED,
    Reason.UNFIT_INPUT: TaskReason.UNFIT,
    Reason.UNFAMILIAR: TaskReason.UNFAMILIAR,
    Reason.BAD_SCORE: TaskReason.UNFIT,
    **dict.fromkeys(OF_SOURCES, TaskReason.UNSAID),
}
"""Why a person is asked about a case that the rule does not automate: every reason but the one that does."""


def case_row(item: Checked, outcome: Outcome | None, current: WorkflowInForce, intake: Intake) -> Row:
    """Return the values of `CASE_COLUMNS`; without an outcome it waits for a score."""
    is_auto = outcome is not None and outcome.route is Route.AUTO
    return {
        "id": item.case_id,
        "workflow_id": current.workflow_id,
        "schema_version": current.schema_version,
        "content": item.content_json,
        "content_sha256": item.content_sha256,
        "entity": item.entity,
        "group_key": item.group_key,
        "status": "decided" if is_auto else "waiting",
        "answer": outcome.label if outcome is not None and is_auto else None,
        "epoch": FIRST_EPOCH,
        "origin": intake.origin,
        "reference": item.reference,
        "key_id": intake.key.id if intake.key else None,
        "idempotency_key": intake.idempotency_key,
        "batch_index": item.index if intake.is_batch else 0 if intake.idempotency_key else None,
        "request_sha256": intake.request_sha256 if intake.idempotency_key else None,
        "received_at": intake.now,
        "changed_at": intake.now,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """The mode in which a person is asked about a case, and the probability of a blind label from it.

    An answer given before the suggestion is shown is blind, so that the chance of a blind label is that of
    either draw; both have salts of their own.
    """

    mode: str
    inclusion_probability: float
    is_blind: bool


def asked(item: Checked, outcome: Outcome, current: WorkflowInForce, *, epoch: int) -> Asked:
    """Draw the mode of a case's first answer. It stays when the case is skipped or asked again."""
    rules = current.review_rules
    is_shown = not outcome.blind and outcome.label is not None
    share = rules.decide_first_share if rules.reviews_required == 1 else 0.0
    # A case that is held back or let through by the ramp is answered blind for certain; so is a hidden one.
    is_drawn = outcome.route is not Route.AUTO and outcome.reason is not Reason.RAMP and outcome.pi < 1
    inclusion_probability = chance_of_either(outcome.pi, share) if is_drawn else outcome.pi
    if not is_shown or outcome.route is Route.AUTO:
        return Asked("blind", inclusion_probability, outcome.blind)
    if decides_first(item.case_id, epoch, share):
        return Asked("decide_first", inclusion_probability, True)
    return Asked("on_demand" if rules.on_demand else "assisted", inclusion_probability, False)


def decision_row(
    item: Checked,
    outcome: Outcome,
    current: WorkflowInForce,
    decider: Decider,
    *,
    arm: int | None,
    proba: Sequence[float] | None,
    uniform: float,
    now: datetime,
    epoch: int = FIRST_EPOCH,
    arrived_at: datetime | None = None,
) -> Row:
    """Return the values of `DECISION_COLUMNS` for the routing (sequence 0); it arrived now, if not before."""
    is_auto = outcome.route is Route.AUTO
    person = asked(item, outcome, current, epoch=epoch)
    return {
        "case_id": item.case_id,
        "epoch": epoch,
        "sequence": 0,
        "workflow_id": current.workflow_id,
        "route": outcome.route.value,
        "reason": outcome.reason.value,
        "label": outcome.label if is_auto else None,
        "predicted": outcome.label,
        "score": outcome.score,
        "confidence": outcome.confidence,
        "cutoff": outcome.cutoff,
        "proba": proba,
        "release_id": decider.release_id if proba is not None else None,
        "cutoff_set_id": decider.cutoff_set_id if proba is not None else None,
        "certificate_id": decider.certificate_id if proba is not None else None,
        "arm": arm,
        "inclusion_probability": person.inclusion_probability,
        "reference_rate": outcome.reference_rate or None,
        "uniform": uniform,
        "audit_rate": decider.rule.audit_rate if is_auto else None,
        "is_audited": outcome.audited,
        "is_blind": person.is_blind,
        "policy_version": current.policy_version,
        "actor_kind": "system",
        "actor_id": decider.release_name or "rule",
        "actor_name": decider.release_name or "rule",
        "arrived_at": arrived_at or now,
        "decided_at": now,
    }


def task_row(
    task_id: UUID,
    item: Checked,
    outcome: Outcome,
    current: WorkflowInForce,
    decider: Decider,
    *,
    runner_up: str | None,
    now: datetime,
    epoch: int = FIRST_EPOCH,
) -> Row:
    """Return the values of `TASK_COLUMNS`. A blind task holds nothing of the model."""
    person = asked(item, outcome, current, epoch=epoch)
    is_shown = person.mode != "blind"
    return {
        "id": task_id,
        "case_id": item.case_id,
        "workflow_id": current.workflow_id,
        "schema_version": current.schema_version,
        "epoch": epoch,
        "slot": 1,
        "status": "waiting",
        "purpose": "audit" if outcome.audited else "review",
        "reasons": [TaskReason.AUDIT if outcome.audited else WHY_A_PERSON[outcome.reason]],
        "mode": person.mode,
        "inclusion_probability": person.inclusion_probability,
        "suggestion": outcome.label if is_shown else None,
        "confidence": outcome.confidence if is_shown else None,
        "runner_up": runner_up if is_shown else None,
        "release_id": decider.release_id if is_shown else None,
        "priority": 0,
        "head_start": head_start(
            current.review_rules,
            due_after=current.due_after,
            worth=value(outcome.confidence, outcome.label, current.costs)
            if person.mode in ("assisted", "on_demand") and outcome.label and outcome.confidence is not None
            else blind_value(task_id),
        ),
        "created_at": now,
        "due_at": now + current.due_after,
    }
