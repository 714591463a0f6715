"""The rows that record a decided case: the case, its routing decision and perhaps a review task.

Both ways of writing take these: one statement for one case (`sql_intake`), COPY for a batch (`copy_batch`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hitl.flow.intake.in_force import WorkflowInForce
from hitl.flow.intake.types import Checked, Intake
from reviews.order import blind_value, head_start, value
from reviews.review_chances import decides_first
from science.decide import Outcome, Reason, Route

CASE_COLUMNS = {
    "id": "uuid",
    "workflow_id": "uuid",
    "schema_version": "int",
    "content": "jsonb",
    "content_sha256": "bytea",
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
    "inclusion_probability": "float8",
    "reference_rate": "float8",
    "uniform": "float8",
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

_WHY_A_PERSON = {
    Reason.HUMAN_ONLY: "degree",
    Reason.SHADOW: "degree",
    Reason.ASSIST: "degree",
    Reason.NO_RULE: "no_model",
    Reason.NO_MODEL: "no_model",
    Reason.NO_SCORE: "no_model",
    Reason.SCHEMA_MISMATCH: "no_model",
    Reason.BREAKER: "breaker",
    Reason.UNFIT_INPUT: "unfit",
    Reason.BAD_SCORE: "unfit",
}


def case_row(item: Checked, outcome: Outcome, current: WorkflowInForce, intake: Intake) -> tuple[Any, ...]:
    """Return the values of `CASE_COLUMNS`."""
    is_auto = outcome.route is Route.AUTO
    return (
        item.case_id,
        current.workflow_id,
        current.schema_version,
        item.content_json,
        item.content_sha256,
        "decided" if is_auto else "waiting",
        outcome.label if is_auto else None,
        1,
        intake.origin,
        item.reference,
        intake.key.id if intake.key else None,
        intake.idempotency_key,
        item.index if intake.is_batch else None,
        intake.request_sha256 if intake.idempotency_key else None,
        intake.now,
        intake.now,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """The mode in which a person is asked about a case, and the probability of a blind label from it.

    An answer given before the suggestion is shown is blind, so that the chance of a blind label is that of
    either draw; both have salts of their own.
    """

    mode: str
    inclusion_probability: float
    is_blind: bool


def asked(item: Checked, outcome: Outcome, current: WorkflowInForce) -> Asked:
    """Draw the mode of a case's first answer. It stays when the case is skipped or asked again."""
    rules = current.review_rules
    is_shown = not outcome.blind and outcome.label is not None
    share = rules.decide_first_share if rules.reviews_required == 1 else 0.0
    # A case that is held back or let through by the ramp is answered blind for certain; so is a hidden one.
    is_drawn = outcome.route is not Route.AUTO and outcome.reason is not Reason.RAMP and outcome.pi < 1
    inclusion_probability = outcome.pi + (1 - outcome.pi) * share if is_drawn else outcome.pi
    if not is_shown or outcome.route is Route.AUTO:
        return Asked("blind", inclusion_probability, outcome.blind)
    if decides_first(item.case_id, 1, share):
        return Asked("decide_first", inclusion_probability, True)
    return Asked("on_demand" if rules.on_demand else "assisted", inclusion_probability, False)


def decision_row(
    item: Checked,
    outcome: Outcome,
    current: WorkflowInForce,
    *,
    proba: Sequence[float] | None,
    uniform: float,
    now: datetime,
) -> tuple[Any, ...]:
    """Return the values of `DECISION_COLUMNS` for the routing (sequence 0)."""
    is_auto = outcome.route is Route.AUTO
    person = asked(item, outcome, current)
    return (
        item.case_id,
        1,
        0,
        current.workflow_id,
        outcome.route.value,
        outcome.reason.value,
        outcome.label if is_auto else None,
        outcome.label,
        outcome.score,
        outcome.confidence,
        outcome.cutoff,
        proba,
        current.release_id if proba is not None else None,
        current.cutoff_set_id if proba is not None else None,
        current.certificate_id if proba is not None else None,
        person.inclusion_probability,
        outcome.pi_ref or None,
        uniform,
        outcome.audited,
        person.is_blind,
        current.policy_version,
        "system",
        current.release_name or "rule",
        current.release_name or "rule",
        now,
        now,
    )


def task_row(
    task_id: UUID,
    item: Checked,
    outcome: Outcome,
    current: WorkflowInForce,
    *,
    runner_up: str | None,
    now: datetime,
) -> tuple[Any, ...]:
    """Return the values of `TASK_COLUMNS`. A blind task holds nothing of the model."""
    person = asked(item, outcome, current)
    is_shown = person.mode != "blind"
    return (
        task_id,
        item.case_id,
        current.workflow_id,
        current.schema_version,
        1,
        1,
        "waiting",
        "audit" if outcome.audited else "review",
        ["audit"] if outcome.audited else [_WHY_A_PERSON.get(outcome.reason, "uncertain")],
        person.mode,
        person.inclusion_probability,
        outcome.label if is_shown else None,
        outcome.confidence if is_shown else None,
        runner_up if is_shown else None,
        current.release_id if is_shown else None,
        0,
        head_start(
            current.review_rules,
            due_after=current.due_after,
            worth=value(outcome.confidence, outcome.label, current.costs)
            if person.mode in ("assisted", "on_demand") and outcome.label and outcome.confidence is not None
            else blind_value(task_id),
        ),
        now,
        now + current.due_after,
    )
